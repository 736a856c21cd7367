import type { Diagnosis } from '../../../src/module/module.ts'
import { type DiagnosisRule, diagnoseBy } from '../../builtin/lib/diagnosis-rule.ts'
import { clusterRules } from './cluster-diagnoses.ts'
import { kuboRules } from './kubo-diagnoses.ts'

/** What Go says where kubo or ipfs-cluster is built from source. */
const goRules: DiagnosisRule[] = [
  {
    says: /(?:^|[ :])(?:\S+ )?requires go >= (\S+) \(running go (\S+?)[;)]/,
    means: (wanted, found) => ({
      cause: `Go ${found} is too old: what is to be built needs ${wanted}`,
      fix: `install it with go_install, version ${wanted} or newer`,
    }),
  },
]

/** How the unit that failed is run, where that was looked at: `runs: UNIT USER PROGRAM NAME=PATH…`. */
const surroundings = (text: string) => {
  const [, unit = 'ipfs', user, program, paths = ''] = /^runs: (\S+) (\S+) (\S+)((?: \S+)*)$/m.exec(text) ?? []
  const env = paths.trim() === '' ? '' : `env ${paths.trim()} `
  const become = user === undefined || user === 'root' ? env : `runuser -u ${user} -- ${env}`
  const pathIn = (name: string, otherwise: string): string =>
    paths
      .split(' ')
      .find(one => one.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? otherwise
  return {
    repo: pathIn('IPFS_PATH', '/var/lib/ipfs'),
    folder: pathIn('IPFS_CLUSTER_PATH', '/var/lib/ipfs-cluster'),
    ipfs: `${become}${program ?? 'ipfs'}`,
    user: user ?? 'ipfs',
    unit: unit.replace(/\.service$/, ''),
  }
}

const known = diagnoseBy([...kuboRules, ...clusterRules, ...goRules])

/**
 * What the output of kubo or ipfs-cluster, or the log of their daemons, means; undefined where nothing in it is known.
 */
export default (text: string): Diagnosis | undefined => {
  const found = known(text)
  if (!found) return undefined
  const at = surroundings(text)
  // The commands of a fix are to work as they are pasted: by whom, and on which repo.
  return {
    ...found,
    fix: found.fix.replace(/\{(ipfs|user|unit|repo|folder)\}/g, (_, name: keyof typeof at) => at[name]),
  }
}
