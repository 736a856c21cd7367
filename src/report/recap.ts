import type { Event, HostSummary } from '../core/event.ts'
import { exit } from '../core/exit.ts'
import { cutLines } from './cut-lines.ts'
import { rootCauseLines } from './failure.ts'
import type { Ledger } from './ledger.ts'
import type { Paint } from './paint.ts'
import { mergeHostsGoneAlike, type RootCause, rootCauses } from './root-causes.ts'
import { duration, plural, rowLines } from './wording.ts'

type Counts = Required<
  Pick<
    HostSummary,
    'ok' | 'changed' | 'failed' | 'skipped' | 'undecided' | 'standby' | 'ignored' | 'rescued' | 'unverified' | 'unbegun'
  >
>

const always = {
  undecided: 'undecided',
  skipped: 'skipped',
  ok: 'unchanged',
  standby: 'only if others fail',
  ignored: 'failed and ignored',
  unverified: 'not known',
  unbegun: 'not begun',
}
const words = {
  plan: { ...always, changed: 'to change', failed: 'would fail', rescued: 'would fail and be rescued' },
  apply: { ...always, changed: 'changed', failed: 'failed', rescued: 'failed and rescued' },
}

/** The counts of one host; one that had not begun is not counted twice. Earlier runs knew neither of the last two. */
const countsOf = ({
  ignored = 0,
  rescued = 0,
  standby = 0,
  unverified = 0,
  unbegun = 0,
  ...counts
}: HostSummary): Counts => ({
  ...counts,
  skipped: counts.skipped - unbegun,
  ignored,
  rescued,
  standby,
  unverified,
  unbegun,
})

/** Changed and unchanged always, the others where there are any. */
const phrase = (counts: Counts, command: 'plan' | 'apply', paint: Paint): string => {
  const word = words[command]
  const part = (name: keyof Counts, colour: (text: string) => string): string[] =>
    counts[name] === 0 ? [] : [colour(`${counts[name]} ${word[name]}`)]
  const changed = `${counts.changed} ${word.changed}`
  return [
    counts.changed === 0 ? changed : paint.yellow(changed),
    ...part('undecided', paint.cyan),
    ...part('failed', paint.red),
    ...part('ignored', paint.yellow),
    ...part('rescued', paint.yellow),
    ...part('standby', paint.dim),
    ...part('unverified', paint.red),
    ...part('skipped', paint.dim),
    ...part('unbegun', paint.dim),
    `${counts.ok} ${word.ok}`,
  ].join(', ')
}

const summed = (hosts: HostSummary[]): Counts => {
  const all = hosts.map(countsOf)
  const sum = (name: keyof Counts): number => all.reduce((total, host) => total + host[name], 0)
  return {
    ok: sum('ok'),
    changed: sum('changed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    undecided: sum('undecided'),
    ignored: sum('ignored'),
    rescued: sum('rescued'),
    standby: sum('standby'),
    unverified: sum('unverified'),
    unbegun: sum('unbegun'),
  }
}

const hostText = (summary: HostSummary, command: 'plan' | 'apply', paint: Paint): string => {
  const counts = countsOf(summary)
  const { ok, changed, failed, undecided, standby, ignored, rescued, unverified } = counts
  const nothing = ok + changed + failed + summary.skipped + undecided + standby + ignored + rescued + unverified === 0
  const said = phrase(counts, command, paint)
  if (!summary.unreachable) return said
  return nothing ? paint.red('lost') : `${said}; ${paint.red('lost')}`
}

const hostLines = (hosts: Record<string, HostSummary>, command: 'plan' | 'apply', paint: Paint): string[] => {
  const names = Object.keys(hosts)
  return rowLines(
    names.map(name => [name, hostText(hosts[name]!, command, paint)]),
    names,
    paint,
  )
}

const totalLine = (summary: Event & { type: 'summary' }, command: 'plan' | 'apply', paint: Paint): string => {
  const hosts = Object.values(summary.hosts)
  const gone = hosts.filter(host => host.unreachable).length
  const lost = gone === 0 ? '' : `; ${plural(gone, 'host')} lost`
  const time = command === 'apply' ? ` in ${duration(summary.wallMs)}` : ''
  const label = paint.bold(command === 'plan' ? 'Plan:' : 'Apply:')
  return `${label} ${phrase(summed(hosts), command, paint)} on ${plural(hosts.length, 'host')}${time}${lost}.`
}

/** Failures of the run as a whole, which belong to no host: whoever finishes the report gives them. */
const failuresOfNoHost = (summary: Event & { type: 'summary' }, causes: RootCause[]): RootCause[] => {
  const ofHosts = new Set(causes.map(cause => JSON.stringify(cause.failure)))
  const others = summary.failures.filter(failure => !ofHosts.has(JSON.stringify(failure)))
  return others.map(failure => ({ failure, hosts: [], tasks: [], skipped: 0 }))
}

/** Every root cause once, each followed by an empty line. */
export const rootCauseText = (ledger: Ledger, summary: Event & { type: 'summary' }, paint: Paint): string[] => {
  const causes = rootCauses(ledger)
  return [...mergeHostsGoneAlike(causes), ...failuresOfNoHost(summary, causes)].flatMap(cause => [
    ...rootCauseLines(cause, ledger.hosts, paint),
    '',
  ])
}

/** The end of a run for a person: root causes, the counts of each host in inventory order, and one line for all. */
export const recapLines = (
  ledger: Ledger,
  summary: Event & { type: 'summary' },
  command: 'plan' | 'apply',
  paint: Paint,
): string[] => {
  const causes = rootCauseText(ledger, summary, paint)
  // A plan that was broken off, and what was refused before any host was asked, have nothing to count: that there are no
  // changes would be wrong.
  const isCut = (command === 'plan' && summary.exit === exit.interrupted) || summary.exit === exit.badInput
  if (ledger.hosts.length === 0 || isCut) return causes
  return [
    ...causes,
    ...cutLines(ledger.entries(), ledger.hosts, paint),
    ...hostLines(summary.hosts, command, paint),
    totalLine(summary, command, paint),
  ]
}
