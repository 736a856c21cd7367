import type { DueHandler, Event } from '../core/event.ts'
import type { Graph } from '../graph/graph.ts'
import { handlersIn, notifiedHandlers } from '../graph/handlers.ts'

type RecordedRun = { id: string; events: Event[] }
/** Handlers that are due, as `host/task`, with the run that left each so. */
export type PendingHandlers = Map<string, string>

/** Which handlers each node calls, and which nodes are handlers, all as `host/task`. */
type Calls = { handlersOf: Map<string, string[]>; handlers: ReadonlySet<string> }

const startOf = (events: Event[]): (Event & { type: 'started' }) | undefined =>
  events.find(event => event.type === 'started')

/** A record says itself what calls what, so that it holds for a playbook that has changed since; the earliest did not. */
const callsIn = (events: Event[], graph: Graph): Calls => {
  if (startOf(events)?.due === undefined)
    return { handlersOf: notifiedHandlers(graph), handlers: new Set(handlersIn(graph).keys()) }
  const planned = events.filter(event => event.type === 'planned')
  return {
    handlersOf: new Map(planned.flatMap(({ node, notifies }) => (notifies ? [[node, notifies]] : []))),
    handlers: new Set(planned.flatMap(({ node, handler }) => (handler ? [baseOf(node)] : []))),
  }
}

/** The node of a line; of a loop any item counts: `node0/copy[a]`. */
const baseOf = (line: string): string => line.split('[')[0]!

/**
 * What is due after a run, from what was before. A task that notifies a handler has changed something, or was cut off or
 * failed when it was at work, for then it may have; and the handler has not come to its turn since, on all its items.
 */
const afterRun = (before: PendingHandlers, { id, events }: RecordedRun, calls: Calls): PendingHandlers => {
  const due = new Map(before)
  const begun = new Set<string>()
  /** Handlers that this run has come to, and since when they were due. */
  const past = new Map<string, string>()
  const call = (line: string): void => {
    for (const handler of calls.handlersOf.get(line) ?? calls.handlersOf.get(baseOf(line)) ?? [])
      if (!due.has(handler)) due.set(handler, id)
  }
  const reopen = (line: string): void => {
    const handler = baseOf(line)
    if (past.has(handler)) due.set(handler, past.get(handler)!)
    past.set(handler, due.get(handler) ?? id)
  }
  const come = (line: string): void => {
    const handler = baseOf(line)
    if (!calls.handlers.has(handler) || past.has(handler)) return
    past.set(handler, due.get(handler) ?? id)
    due.delete(handler)
  }
  for (const event of events) {
    if (event.type === 'running' && !event.waits)
      for (const line of [event.node, ...(event.behind ?? [])]) begun.add(line)
    if (event.type !== 'result') continue
    const { node, status, needs, unbegun } = event
    const hasBegun = begun.delete(node)
    const isOpen = status === 'failed' || status === 'rescued' || status === 'unverified'
    if (status === 'changed' || (isOpen && hasBegun)) call(node)
    if (status === 'changed' || status === 'ok') come(node)
    else if (calls.handlers.has(baseOf(node)) && (isOpen || needs !== undefined || unbegun)) reopen(node)
  }
  for (const line of begun) {
    call(line)
    if (calls.handlers.has(baseOf(line))) reopen(line)
  }
  return due
}

/**
 * Handlers that runs of one playbook have left due, from their records, the oldest first. The next look at a host would
 * find nothing changed, so this is the one thing that a journal alone knows. `before`: what was due before the first.
 */
export const pendingHandlers = (
  graph: Graph,
  records: RecordedRun[],
  before: Iterable<DueHandler> = startOf(records[0]?.events ?? [])?.due ?? [],
): PendingHandlers =>
  records.reduce<PendingHandlers>(
    (due, record) => afterRun(due, record, callsIn(record.events, graph)),
    new Map([...before].map(({ node, run }) => [node, run])),
  )
