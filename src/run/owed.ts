import type { Event } from '../core/event.ts'
import { type Graph, nodeId, notifiersOf } from '../graph/graph.ts'

/**
 * Handlers that a run has left due: a task that notifies them has changed something, and they have not come to their
 * turn since. The next look would find nothing changed, so this is the one thing that a journal alone knows.
 */
export const owedHandlers = (graph: Graph, events: Event[]): Set<string> => {
  const ended = new Map(events.flatMap(event => (event.type === 'result' ? [[event.node, event.status]] : [])))
  const isDone = (line: string): boolean => ['changed', 'ok'].includes(ended.get(line) ?? '')
  return new Set(
    graph.nodes
      .filter(({ task }) => task.handler)
      .flatMap(handler =>
        handler.hosts
          .filter(host => notifiersOf(graph, handler, host).some(by => hasChanged(ended, nodeId(host, by.task))))
          .map(host => nodeId(host, handler.task)),
      )
      .filter(line => !isDone(line)),
  )
}

/** Of a loop any item counts: `node0/copy[a]`. */
const hasChanged = (ended: Map<string, string>, line: string): boolean =>
  [...ended].some(([id, status]) => status === 'changed' && (id === line || id.startsWith(`${line}[`)))
