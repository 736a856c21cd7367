import { existsSync } from 'node:fs'
import { exit } from '../../core/exit.ts'
import { type Failure, Refusal, refuse } from '../../core/failure.ts'
import { quote } from '../../core/quote.ts'
import { hostKind, type KindName, kindNames } from '../../lab/kind.ts'
import { add, down, type HostStatus, type LabStatus, remove, status, up } from '../../lab/lab.ts'
import { allLabs, type ListedLab } from '../../lab/list.ts'
import { labAt } from '../../lab/names.ts'
import { jsonText } from '../../report/json.ts'
import { printable } from '../../report/printable.ts'

type LabArguments = {
  action: string
  node?: string
  hosts?: number
  name?: string
  init?: 'systemd' | 'none'
  kind?: string
  packages?: true
  format?: 'text' | 'json'
}
type Io = { out(line: string): void; err(line: string): void }

const hostLine = ({ node, address, state, pid, kind }: HostStatus): string =>
  [node.padEnd(12), address.padEnd(15), state.padEnd(5), kind ?? '', pid === undefined ? '' : `pid ${pid}`]
    .filter((word, i) => i < 3 || word !== '')
    .join(' ')
    .trimEnd()

const statusLines = (lab: LabStatus): string[] =>
  lab.inventory === undefined
    ? [`there is no lab '${lab.name}' here (${lab.folder})`]
    : [
        `lab ${lab.name}: ${lab.subnet}, ${lab.init === 'none' ? 'no systemd, ' : ''}inventory ${lab.inventory}`,
        ...lab.hosts.map(hostLine),
      ]

const listLines = (labs: ListedLab[]): string[] => [
  ...labs.map(({ name, subnet, hosts, base, damage }) => {
    const up = hosts.filter(({ state }) => state === 'up').length
    const said = damage ?? (hosts.length === 0 ? 'its record is gone' : `${up} of ${hosts.length} up`)
    return [name.padEnd(12), (subnet ?? '').padEnd(16), said.padEnd(10), base].join(' ')
  }),
  ...(labs.length === 0 ? ['there is no lab on this machine'] : []),
]

/** Where labs of that name are, for a command that has found none in this folder. */
const elsewhereLines = async ({ action, name = 'lab' }: LabArguments): Promise<string[]> => {
  const others = (await allLabs()).filter(lab => lab.name === name)
  return others.map(
    ({ base }) => `lab '${name}' is in ${base}: cd ${quote(base)} && runbook lab ${action} --name ${name}`,
  )
}

/** Whether anything of the lab lies in this folder. */
const isHere = ({ name = 'lab' }: LabArguments): boolean => existsSync(labAt(process.cwd(), name).folder)

const failureLines = ({ what, why, fix }: Failure): string[] => [
  `error: ${what}`,
  ...(why ? why.split('\n').map(line => `  ${line}`) : []),
  ...(fix ? [`  fix: ${fix}`] : []),
]

const codeOf = (failures: Failure[]): number =>
  failures.some(({ reason }) => reason.startsWith('usage-')) ? exit.badInput : exit.failed

const needNode = (argv: LabArguments): string =>
  argv.node ??
  refuse('usage-option', `lab ${argv.action} needs the name of a host`, { fix: `runbook lab ${argv.action} node3` })

const knownKind = (name: string): KindName =>
  kindNames.find(kind => kind === name) ??
  refuse('usage-option', `there is no kind '${name}' of hosts`, {
    fix: `one of these:\n${kindNames.map(kind => `${kind}: ${hostKind(kind).about}`).join('\n')}`,
  })

const act = async (argv: LabArguments, io: Io): Promise<LabStatus | undefined> => {
  const which = { name: argv.name ?? 'lab', say: io.err }
  const kind = argv.kind === undefined ? {} : { kind: knownKind(argv.kind) }
  const packages = argv.packages ? { packages: true as const } : {}
  switch (argv.action) {
    case 'up':
      return up({ ...which, hosts: argv.hosts ?? 3, ...(argv.init ? { init: argv.init } : {}), ...kind, ...packages })
    case 'add':
      return add({ ...which, node: needNode(argv), ...kind })
    case 'rm':
      await remove({ ...which, node: needNode(argv) })
      return undefined
    case 'status':
      return status(which)
    case 'down':
      await down(which)
      return undefined
    default:
      return refuse('usage-option', `lab has no action '${argv.action}'`, {
        fix: 'use up, add, rm, list, status or down',
      })
  }
}

/**
 * `runbook lab up | add NODE | rm NODE | list | status | down`: throw-away hosts to try a playbook on. Progress and failures
 * go to `io.err`, the lab's state to `io.out`. Returns the exit code: 0; 4 for bad input or without root; 1 for a lab
 * that does not come up or go away.
 */
export const lab = async (argv: LabArguments, { out, err }: Io): Promise<number> => {
  // Machines and programs that are called say what they like.
  const io: Io = { out: line => out(printable(line)), err: line => err(printable(line)) }
  try {
    if (argv.action === 'list') {
      const labs = await allLabs()
      for (const line of argv.format === 'json' ? [jsonText({ labs })] : listLines(labs)) io.out(line)
      return exit.done
    }
    const isElsewhere = ['status', 'down', 'add', 'rm'].includes(argv.action) && !isHere(argv)
    if (isElsewhere) for (const line of await elsewhereLines(argv)) io.err(line)
    const state = await act(argv, io)
    if (argv.format === 'json') io.out(jsonText(state ?? (await status({ name: argv.name ?? 'lab' }))))
    else if (state) for (const line of statusLines(state)) io.out(line)
    return exit.done
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    for (const line of error.failures.flatMap(failureLines)) io.err(line)
    return codeOf(error.failures)
  }
}
