import { notAnAnswer, Refusal } from '../../core/failure.ts'
import type { Output } from '../../core/transport.ts'
import type { Probe, Query } from '../query.ts'
import type { allSubsets, factsIn, gathered, gatheredAgain, gatheredBy, subsetFor } from './ansible-facts/gather.ts'

/** What is known of a host without asking for anything in particular. `facts` in expressions. */
export type Facts = {
  /** As the kernel names it (`x86_64`) and as Go, Debian and upstream archives do (`amd64`). */
  machine: string
  architecture: string
  system: string
  kernel: string
  hostname: string
  distribution: string
  distribution_version: string
  processors: number
  /** Who runs the machine's services: `systemd`, or where that does not run `portable`: runbook's own. */
  service_manager: 'systemd' | 'portable'
}

const names: Record<string, string> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  i686: '386',
  riscv64: 'riscv64',
}

/** Longer words than any kernel has for itself (`__NEW_UTS_LEN` is 64). */
const LONGEST = 256

/** No host says these of itself: a number that is none, words without end. */
const lieIn = ({ processors, machine, system, ...rest }: Facts, manager: string): string | undefined => {
  if (!Number.isInteger(processors) || processors < 1 || processors > 1e6) return 'its number of processors is none'
  if (machine === '' || system === '') return 'it does not say what machine it is'
  if (!/^(systemd|portable)$/.test(manager)) return 'it does not say who runs its services'
  const words = Object.entries({ machine, system, ...rest })
  return words
    .filter(([, value]) => value.length > LONGEST)
    .map(([name]) => `its ${name} is of ${LONGEST} letters and more`)[0]
}

/** Two processes; the rest are files and builtins of the shell. */
const factsProbe: Probe<Facts> = {
  kind: 'facts',
  side: 'host',
  sh: () =>
    `uname -msrn; nproc 2>/dev/null || echo 1; [ -d /run/systemd/system ] && echo systemd || echo portable; cat /etc/os-release 2>/dev/null`,
  read: ({ stdout }: Output) => {
    const [uname = '', processors = '1', manager = 'portable', ...release] = stdout.toString().split('\n')
    const [system = '', hostname = '', kernel = '', machine = ''] = uname.split(' ')
    const value = (key: string): string =>
      (release.find(l => l.startsWith(`${key}=`)) ?? '').slice(key.length + 1).replaceAll(/["']/g, '')
    const said: Facts = {
      machine,
      architecture: names[machine] ?? machine,
      system: system.toLowerCase(),
      kernel,
      hostname,
      distribution: value('ID'),
      distribution_version: value('VERSION_ID'),
      processors: Number(processors),
      service_manager: manager === 'systemd' ? 'systemd' : 'portable',
    }
    const lie = lieIn(said, manager)
    if (lie !== undefined) throw new Refusal(notAnAnswer('what the host says of itself is no answer', lie))
    return [said]
  },
}

export const facts: Query<Facts, false> = {
  key: 'facts',
  looks: [],
  probe: factsProbe,
  item: 'facts',
  facets: [],
  parse: (raw: Facts) => raw,
  only: true,
  subject: 'facts',
}

/** What facts are gathered with. */
export type FactSource = {
  gathered: typeof gathered
  gatheredAgain: typeof gatheredAgain
  gatheredBy: typeof gatheredBy
  subsetFor: typeof subsetFor
  factsIn: typeof factsIn
  allSubsets: typeof allSubsets
}

/**
 * Most playbooks name no fact: what gathers them is loaded for those that do. The controller is asked for it as for any
 * other of its files, so that planning need not wait for it.
 */
export const factSource: Query<FactSource, false> = {
  key: 'fact-source',
  looks: [],
  probe: { kind: 'fact-source', side: 'controller', sh: () => '', read: () => [] },
  item: 'facts',
  facets: [],
  parse: (raw: FactSource) => raw,
  only: true,
  subject: 'facts',
}
