import type { Event } from '../core/event.ts'
import { downloadStatus } from './download.ts'
import { createPlanning } from './planning.ts'
import { oneLine } from './printable.ts'
import { elapsed, megabytes, plural } from './wording.ts'

/** A terminal redraws all rows each time, which costs more than it tells when there are many. */
export const MOST_ROWS = 12
/** Up to so many hosts have a row each. */
const MOST_HOSTS = 10

/** One line of the live view. */
export type Row = { text: string; state: 'busy' | 'done' | 'failed' }

/** Collects the events; `rows` says what is going on now. */
type Rows = { add(event: Event): void; rows(): Row[] }

type Transfer = { what: string; done: number; total: number }
type Running = { task: string; waits: boolean; since: number; transfer?: Transfer }
type Host = { roundTrips: number; planned: Set<string>; done: number; failed: number; running: Map<string, Running> }

const newHost = (): Host => ({ roundTrips: 0, planned: new Set(), done: 0, failed: 0, running: new Map() })

const transferText = ({ what, done, total }: Transfer): string =>
  `${oneLine(what)} ${megabytes(done)} of ${megabytes(total)}`

/** A task shows its own time once that is a second. */
const runningText = ({ task, waits, since, transfer }: Running, now: number): string =>
  [
    oneLine(task),
    ...(waits ? ['waits'] : []),
    ...(transfer ? [transferText(transfer)] : []),
    ...(now - since < 1000 ? [] : [elapsed(now - since)]),
  ].join('  ')

/** What a host is doing: of several running tasks the one begun last. */
const activity = (host: Host, now: number): string => {
  const last = [...host.running.values()].at(-1)
  if (last) return runningText(last, now)
  if (host.planned.size > 0) return ''
  return host.roundTrips === 0 ? 'connecting' : `has answered, ${plural(host.roundTrips, 'round trip')}`
}

const progressText = (host: Host): string => {
  const total = `${host.planned.size}`
  return host.planned.size === 0 ? '' : `${`${host.done}`.padStart(total.length)}/${total}`
}

const stateOf = (host: Host, isLost: boolean): Row['state'] => {
  if (isLost) return 'failed'
  const finished = host.planned.size > 0 && host.done === host.planned.size
  if (!finished) return 'busy'
  return host.failed > 0 ? 'failed' : 'done'
}

const hostRow = (name: string, host: Host, isLost: boolean, width: number, now: number): Row => {
  const parts = [name.padEnd(width), progressText(host), isLost ? 'lost' : activity(host, now)]
  return { text: parts.filter(part => part !== '').join('  '), state: stateOf(host, isLost) }
}

const widthOf = (names: string[]): number => Math.max(0, ...names.map(name => name.length))

/** Of many hosts: one row for all, then those that have something running, as far as there is room. */
const manyRows = (hosts: Map<string, Host>, lost: Set<string>, now: number, planning: string | undefined): Row[] => {
  const all = [...hosts.values()]
  const sum = (count: (host: Host) => number): number => all.reduce((total, host) => total + count(host), 0)
  const gone = lost.size === 0 ? '' : `, ${lost.size} lost`
  const text =
    planning ?? `${plural(all.length, 'host')}${gone}  ${sum(host => host.done)}/${sum(host => host.planned.size)}`
  const busy = [...hosts].filter(([name, host]) => host.running.size > 0 && !lost.has(name))
  const shown = busy.slice(0, MOST_ROWS - 2)
  const width = widthOf(shown.map(([name]) => name))
  const rest = busy.length - shown.length
  return [
    { text, state: 'busy' },
    ...shown.map(([name, host]) => hostRow(name, host, false, width, now)),
    ...(rest === 0 ? [] : [{ text: `and ${plural(rest, 'more host')}`, state: 'busy' as const }]),
  ]
}

const takeNode = (host: Host, event: Event): void => {
  if (event.type === 'planned') host.planned.add(event.node)
  else if (event.type === 'running')
    host.running.set(event.node, { task: event.task, waits: event.waits === true, since: event.time })
  else if (event.type === 'progress') {
    const { what, done, total } = event
    const running = host.running.get(event.node) ?? { task: event.task, waits: false, since: event.time }
    host.running.set(event.node, { ...running, transfer: { what, done, total } })
  } else if (event.type === 'result') {
    host.running.delete(event.node)
    host.planned.add(event.node)
    host.done += 1
    if (event.status === 'failed' || event.status === 'refused' || event.status === 'unverified') host.failed += 1
  }
}

/**
 * The rows of a run that has not started: none. At most `MOST_ROWS`, whatever the number of hosts. `clock`: milliseconds
 * since the epoch, as in events.
 */
export const createRows = (clock: () => number = Date.now): Rows => {
  const planning = createPlanning()
  const hosts = new Map<string, Host>()
  const lost = new Set<string>()
  let download: (Event & { type: 'download' }) | undefined
  const of = (name: string): Host => {
    const found = hosts.get(name) ?? newHost()
    hosts.set(name, found)
    return found
  }
  const add = (event: Event): void => {
    planning.add(event)
    if (event.type === 'started') event.hosts.forEach(of)
    else if (event.type === 'download') download = event.done === event.total ? undefined : event
    else if (event.type === 'answered') of(event.host).roundTrips = event.roundTrips
    else if (event.type === 'host-lost') lost.add(event.host)
    else if ('node' in event && 'task' in event) {
      // An event of a node means that the download is over.
      download = undefined
      takeNode(of(event.host), event)
    }
  }
  const hostRows = (): Row[] => {
    if (hosts.size > MOST_HOSTS) return manyRows(hosts, lost, clock(), planning.text())
    const width = widthOf([...hosts.keys()])
    return [...hosts].map(([name, host]) => hostRow(name, host, lost.has(name), width, clock()))
  }
  const rows = (): Row[] => [
    ...(download ? [{ text: `downloading ${downloadStatus(download)}`, state: 'busy' as const }] : []),
    ...hostRows(),
  ]
  return { add, rows }
}
