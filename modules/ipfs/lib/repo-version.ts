import type { FileAnswer, ServiceAnswer, Step } from '../../../src/module/module.ts'
import { exec, quoted, unitName } from '../../../src/module/module.ts'
import type { Obstacle } from '../../builtin/lib/paths.ts'
import { isOlderVersion, repoVersionOf } from './versions.ts'

type Place = { path: string; user: string; bin_dir: string; unit: string }
/** How far a repo is behind a kubo: both versions, and the programs of upstream's that bring it the way kubo cannot. */
export type RepoLag = { kubo: string; from: number; to: number; programs: string[] }

const versionIn = (found: FileAnswer): number | undefined => {
  const text = found.exists && found.kind === 'file' ? found.content.bytes.toString().trim() : ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** The version of the kubo that the link names; undefined where somebody else has put the program there. */
const linkedVersion = (program: FileAnswer): string | undefined =>
  program.exists && program.kind === 'link' ? /\/(v\d[^/]*)\/ipfs$/.exec(program.target)?.[1] : undefined

/** A repo that the kubo which is linked cannot open, whatever is done to it on this host alone. */
export const strangeRepo = (path: string, version: FileAnswer, program: FileAnswer): Obstacle | undefined => {
  const repo = versionIn(version)
  if (repo === undefined)
    return {
      why: `${path}/version ${version.exists ? 'holds no number' : 'is not there'}: kubo does not open a repo whose version it cannot tell`,
      fix: `restore ${path}/version from a backup of this host; \`ipfs repo version\` of the kubo that used it last tells the number`,
    }
  const kubo = linkedVersion(program)
  const known = kubo === undefined ? undefined : repoVersionOf(kubo)
  if (known === undefined || repo <= known) return undefined
  return {
    why: `${path} is a repo of version ${repo}, made or migrated by a newer kubo than ${kubo}, which knows ${known}`,
    fix: `stay with the newer kubo, or let that one take the repo back first: ipfs repo migrate --to=${known} --allow-downgrade`,
  }
}

/**
 * How far a repo is behind the kubo that is linked, where the daemon does not get it there by itself; else undefined.
 * kubo 0.37 and newer has the steps from 16 on within it, and `daemon --migrate` takes them without internet (measured on
 * 0.42). Two things it cannot: steps before 16, for which it asks public gateways unless upstream's program of that step
 * is in its PATH; and 16 to 17 under a private network, since that step writes `auto` into an empty Bootstrap, whatever
 * AutoConf says, and the same daemon then refuses it.
 */
export const repoLag = (version: FileAnswer, program: FileAnswer): RepoLag | undefined => {
  const [from, kubo] = [versionIn(version), linkedVersion(program)]
  const to = kubo === undefined ? undefined : repoVersionOf(kubo)
  if (from === undefined || kubo === undefined || to === undefined || from >= to) return undefined
  const isEmbedding = !isOlderVersion(kubo, '0.37')
  if (isEmbedding && from > 16) return undefined
  const end = isEmbedding ? 16 : to
  const programs = Array.from({ length: Math.max(0, end - from) }, (_, i) => `fs-repo-${from + i}-to-${from + i + 1}`)
  return { kubo, from, to, programs }
}

/** What keeps a repo from being brought up to date on this host, as it is now. */
export const lagObstacle = (
  { path, bin_dir, unit }: Place,
  { kubo, from, to, programs }: RepoLag,
  there: FileAnswer[],
  daemon: ServiceAnswer,
): Obstacle | undefined => {
  const lacking = programs.filter((_, i) => !there[i]?.exists)
  const needs = `${path} is a repo of version ${from}, and kubo ${kubo} works with version ${to}`
  if (lacking.length > 0)
    return {
      why: `${needs}: it would ask the public network for ${lacking.join(', ')} and not start without`,
      fix: `put ${lacking.join(', ')} into ${bin_dir} of this host, executable (upstream has each at ${lacking.map(name => `https://dist.ipfs.tech/${name}/`).join(', ')}), then \`systemctl stop ${unitName(unit)}\` and run this again: it migrates the repo. Or stay with the kubo that made it, by kubo_version`,
    }
  if (daemon.active === 'active' || daemon.active === 'activating')
    return {
      why: `${needs}: it is migrated while no kubo uses it, and ${unitName(unit)} is ${daemon.active}`,
      fix: `systemctl stop ${unitName(unit)}, then run this again: it migrates the repo and starts it`,
    }
  return undefined
}

/** The members of the config that upstream's steps rewrite, never the identity; and the version. */
export const migratedLabels = (path: string): string[] => [
  `path:${path}/version`,
  ...['AutoConf', 'Bootstrap', 'DNS', 'Ipns', 'Provide', 'Provider', 'Reprovider', 'Routing'].map(
    name => `member:${path}/config#${name}`,
  ),
]

/** Steps are made once each: kubo notes the version after every one, so what is cut off goes on where it stopped. */
export const migrationSteps = ({ path, user, bin_dir }: Place): Step[] => {
  const ipfs = (words: string[]): string => quoted([`${bin_dir}/ipfs`, ...words])
  return [
    exec(
      [
        'sh',
        '-c',
        `${ipfs(['repo', 'migrate'])} && case $(${ipfs(['config', 'Bootstrap'])}) in *auto*) ${ipfs(['config', '--json', 'Bootstrap', '[]'])} ;; esac`,
      ],
      { user, env: { HOME: path, IPFS_PATH: path, PATH: `${bin_dir}:/usr/local/bin:/usr/bin:/bin` } },
    ),
  ]
}
