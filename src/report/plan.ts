import type { Event, PlanVerdict } from '../core/event.ts'
import { differenceLines } from './difference.ts'
import { archiveLine, createDownloadLines } from './download.ts'
import { createLedger, type Ledger, type LedgerEntry } from './ledger.ts'
import { type TaskOnHosts, taskKey, tasksInOrder } from './order.ts'
import type { Paint } from './paint.ts'
import { indented, oneLine } from './printable.ts'
import { recapLines } from './recap.ts'
import type { Reporter, Sink, TextOptions } from './reporter.ts'
import { createWarnings } from './warning.ts'
import { hostList, plural } from './wording.ts'

const symbols: Record<PlanVerdict, string> = {
  ok: '=',
  change: '~',
  undecided: '?',
  standby: '^',
  skipped: '-',
  fail: '!',
}
const colours: Record<PlanVerdict, keyof Paint> = {
  ok: 'dim',
  change: 'yellow',
  undecided: 'cyan',
  standby: 'dim',
  skipped: 'dim',
  fail: 'red',
}

/** The column of task names is at most this wide. */
const WIDEST = 44

/** The node waited for, as seen from this host: its own nodes without its name, so that hosts can share a line. */
const seenFrom = (entry: LedgerEntry, text: string): string => {
  const own = `${entry.host}/`
  return entry.needs?.startsWith(own) ? text.replaceAll(entry.needs, entry.needs.slice(own.length)) : text
}

const waitingFor = (entry: LedgerEntry): string | undefined => {
  if (entry.verdict === 'change' && entry.needs !== undefined) return `will change, details after ${entry.needs}`
  if (entry.needs === undefined || entry.why?.includes(entry.needs)) return undefined
  if (entry.verdict === 'undecided') return `known after ${entry.needs}`
  return entry.verdict === 'skipped' ? `needs ${entry.needs}` : undefined
}

/** Why the verdict is as it is, and what is special about it. */
const reasonOf = (entry: LedgerEntry): string => {
  const reason = [waitingFor(entry), entry.why].filter(part => part !== undefined && part !== '').join(': ')
  const marks = [
    ...(entry.waits ? ['waits'] : []),
    ...(entry.always ? ['always'] : []),
    ...(entry.turn ? ['one host at a time'] : []),
    ...(entry.rescued ? ['rescued'] : []),
  ]
  const mark = marks.length === 0 ? '' : `(${marks.join(', ')})`
  return [seenFrom(entry, reason), mark].filter(part => part !== '').join(' ')
}

/** Hosts whose entries read the same share a line. */
const shareKey = (entry: LedgerEntry, reading: TextOptions): string =>
  JSON.stringify([
    entry.verdict,
    reasonOf(entry),
    reading.diff === 'show' ? entry.diff : [],
    reading.verbosity === 'all' ? entry.steps : [],
  ])

const detailLines = (entry: LedgerEntry, reading: TextOptions): string[] => {
  const steps = reading.verbosity === 'all' ? entry.steps.map(step => reading.paint.dim(`> ${oneLine(step)}`)) : []
  const diff = reading.diff === 'show' ? entry.diff.flatMap(one => differenceLines(one, reading.paint)) : []
  return [...steps, ...diff].map(line => indented(line, 6))
}

const groupLines = (
  task: TaskOnHosts,
  group: LedgerEntry[],
  all: string[],
  width: number,
  reading: TextOptions,
): string[] => {
  const [entry] = group as [LedgerEntry]
  const verdict = entry.verdict!
  const names = group.map(one => one.host)
  const hosts = names.length === all.length ? '' : hostList(names, all)
  const [first = '', ...rest] = reasonOf(entry).trim().split('\n')
  const text = [hosts, first].filter(part => part !== '').join(': ')
  const name = text === '' ? oneLine(task.label) : oneLine(task.label).padEnd(width)
  const colour = entry.rescued ? 'yellow' : colours[verdict]
  const line = `  ${reading.paint[colour](`${symbols[verdict]} ${name}`)}  ${text}`.trimEnd()
  // What a failure says beyond its first line stands with the root causes.
  const more = verdict === 'fail' ? [] : rest.map(part => indented(part, width + 6))
  return [line, ...more, ...detailLines(entry, reading)]
}

/** A host that was lost says so once, not with every task. */
const isLost = (entry: LedgerEntry): boolean => entry.verdict === 'skipped' && entry.needs === entry.host
const isShown = (entry: LedgerEntry, reading: TextOptions): boolean =>
  reading.verbosity === 'all' || (entry.verdict !== 'ok' && !isLost(entry))

const taskLines = (ledger: Ledger, reading: TextOptions): string[] => {
  const entries = ledger.entries().filter(entry => entry.verdict !== undefined && !isLost(entry))
  // Hosts are named only where they differ; one that was never reached differs nowhere.
  const planned = ledger.hosts.filter(host => entries.some(entry => entry.host === host))
  const tasks = tasksInOrder(entries.filter(entry => isShown(entry, reading)))
  const width = Math.min(WIDEST, Math.max(0, ...tasks.map(task => oneLine(task.label).length)))
  return tasks.flatMap(task =>
    [...Map.groupBy(task.entries, entry => shareKey(entry, reading)).values()].flatMap(group =>
      groupLines(task, group, planned, width, reading),
    ),
  )
}

/** Tasks that need nothing on any of their hosts are only counted. */
const foldedLine = (ledger: Ledger, reading: TextOptions): string[] => {
  if (reading.verbosity === 'all') return []
  const quiet = [...Map.groupBy(ledger.entries(), taskKey).values()].filter(
    entries =>
      entries.every(entry => entry.verdict === 'ok' || isLost(entry)) && entries.some(entry => entry.verdict === 'ok'),
  )
  return quiet.length === 0 ? [] : [reading.paint.dim(`  = ${plural(quiet.length, 'task')} unchanged`)]
}

/** A plan as a person reads it: the tasks in written order, what each would do where and why, and the counts. */
const planLines = (ledger: Ledger, summary: Event & { type: 'summary' }, reading: TextOptions): string[] => {
  const body = [...taskLines(ledger, reading), ...foldedLine(ledger, reading)]
  const title = `${reading.paint.bold(`Plan of ${ledger.playbook}`)} on ${hostList(ledger.hosts, ledger.hosts)}`
  const head = ledger.hosts.length === 0 ? [] : [title, '']
  return [...head, ...body, ...(body.length === 0 ? [] : ['']), ...recapLines(ledger, summary, 'plan', reading.paint)]
}

/** Prints the plan when it is complete: what several hosts share is known only then. */
export const createPlanText = (reading: TextOptions, sink: Sink): Reporter => {
  const ledger = createLedger()
  const warnings = createWarnings(reading.paint, sink.err)
  const downloads = createDownloadLines(text => sink.err(`${text}\n`))
  return event => {
    ledger.add(event)
    if (event.type === 'download') downloads(event)
    if (event.type === 'archive') sink.out(`${archiveLine(event)}\n`)
    warnings(event)
    if (event.type !== 'summary') return
    const text = planLines(ledger, event, reading).join('\n').trimEnd()
    // Before anything has started there is no plan, only what prevented it.
    if (text !== '') (ledger.hosts.length === 0 ? sink.err : sink.out)(`${text}\n`)
  }
}
