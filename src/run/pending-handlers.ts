import type { Event } from '../core/event.ts'
import { type Graph, nodeId, notifiersOf } from '../graph/graph.ts'

type Mark = { node: string; is: 'begun' | 'changed' | 'ok' }

/** What a run has come to with a line. One that was cut off at work may have changed something: the next look finds it done. */
const marksIn = (events: Event[]): Mark[] =>
  events.flatMap((event): Mark[] => {
    if (event.type === 'running') return event.waits ? [] : [{ node: event.node, is: 'begun' }]
    if (event.type !== 'result' || (event.status !== 'changed' && event.status !== 'ok')) return []
    return [{ node: event.node, is: event.status }]
  })

/** Of a loop any item counts: `node0/copy[a]`. */
const isOf = (line: string, { node }: Mark): boolean => node === line || node.startsWith(`${line}[`)

/**
 * Handlers that runs have left due, from what these said, one after the other: a task that notifies them has changed
 * something, and they have not come to their turn since. The next look would find nothing changed, so this is the one
 * thing that a journal alone knows.
 */
export const pendingHandlers = (graph: Graph, events: Event[]): Set<string> => {
  const marks = marksIn(events)
  const isDue = (handler: string, notifiers: string[]): boolean => {
    const calls = (mark: Mark): boolean => mark.is !== 'ok' && notifiers.some(line => isOf(line, mark))
    const last = marks.findLast(mark => calls(mark) || (mark.is !== 'begun' && isOf(handler, mark)))
    return last !== undefined && calls(last)
  }
  return new Set(
    graph.nodes
      .filter(({ task }) => task.handler)
      .flatMap(handler =>
        handler.hosts
          .filter(host =>
            isDue(
              nodeId(host, handler.task),
              notifiersOf(graph, handler, host).map(by => nodeId(host, by.task)),
            ),
          )
          .map(host => nodeId(host, handler.task)),
      ),
  )
}
