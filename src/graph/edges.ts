import { Refusal } from '../core/failure.ts'
import { namesNoTask } from '../load/check-place.ts'
import { compileTemplate } from '../load/expression.ts'
import type { Play, Task } from '../load/playbook.ts'
import type { StaticScope } from '../load/static-scope.ts'
import { type Edge, type EdgeKind, type GraphSource, nodeId } from './graph.ts'
import type { DraftedTask, NodeDraft } from './nodes.ts'

/** Edges by the id of the node that comes later. */
export type EdgesById = Map<string, Edge[]>

/** The nodes of a task on a host, or the collective node that the host is in. */
const nodeAt = (byId: ReadonlyMap<string, NodeDraft>, host: string, slug: string): NodeDraft | undefined => {
  const collective = byId.get(slug)
  return byId.get(nodeId(host, { slug })) ?? (collective?.hosts.includes(host) ? collective : undefined)
}

/**
 * What `needs` and `after` of a task name: TASK, HOST/TASK or GROUP/TASK. Throws a Refusal (`playbook-reference`) where
 * there is no such task.
 */
export const namedEdges = (
  { task, play }: DraftedTask,
  { groups }: GraphSource['inventory'],
  byId: ReadonlyMap<string, NodeDraft>,
  scopeOf: StaticScope,
): ((node: NodeDraft) => Edge[]) => {
  const kinds = { needs: task.needs ?? [], after: task.after }
  const written = (['needs', 'after'] as const).flatMap(kind =>
    kinds[kind].map(located => ({ kind, located, expression: compileTemplate(located.value, located) })),
  )
  return node =>
    written.flatMap(({ kind, located, expression }) => {
      const scope = expression.literal ? {} : scopeOf({ task, play }, node.hosts[0]!, kind)
      const text = String(expression.evaluate(scope))
      const [where, slug] = text.includes('/') ? (text.split('/', 2) as [string, string]) : [undefined, text]
      const hosts = where === undefined ? node.hosts : (groups[where] ?? [where])
      const found = hosts.flatMap(host => nodeAt(byId, host, slug) ?? [])
      if (found.length === 0) throw new Refusal(namesNoTask(kind, text, play, located.origin))
      return found.map(({ id }) => ({ on: id, kind }))
    })
}

/** The nodes that notify, by what they call the handler. */
const byNotified = (nodes: NodeDraft[]): Map<string, NodeDraft[]> => {
  const found = new Map<string, NodeDraft[]>()
  for (const node of nodes) {
    for (const name of new Set(node.task.notify.map(({ value }) => value))) {
      const known = found.get(name)
      if (known) known.push(node)
      else found.set(name, [node])
    }
  }
  return found
}

/** Whether a node that notifies a handler by a name means this one of its tasks: what runs behind its part of the play. */
const isMeant = (by: Task, handler: Task): boolean => {
  if (!by.handler) return by.part === handler.part
  const ahead = by.called!.place < handler.called!.place
  return ahead ? by.part === handler.part : by.part + 1 === handler.part && by.called!.place !== handler.called!.place
}

/** From each handler to the nodes of its play, among some, that notify it on one of its hosts. */
export const notifyEdges = (nodes: NodeDraft[]): ((handler: NodeDraft) => Edge[]) => {
  const found = new Map<Play, Map<string, NodeDraft[]>>()
  for (const [play, own] of Map.groupBy(nodes, ({ play }) => play)) found.set(play, byNotified(own))
  return ({ task, play, hosts }) => {
    if (!task.handler) return []
    const notifying = found.get(play)
    return [...new Set(task.called!.names.flatMap(name => notifying?.get(name) ?? []))]
      .filter(node => isMeant(node.task, task) && node.hosts.some(host => hosts.includes(host)))
      .map(({ id }) => ({ on: id, kind: 'notify' }))
  }
}

/** From a gate to the nodes, among some, that pass it after each turn: it is through when all have had theirs. */
export const turnEdges = (nodes: NodeDraft[]): ((gate: Pick<NodeDraft, 'task' | 'play'>) => Edge[]) => {
  const rolling = nodes.filter(({ task }) => task.rolling !== undefined)
  return ({ task, play }) =>
    rolling
      .filter(node => node.play === play && node.task.rolling!.some(({ value }) => value === task.slug))
      .map(({ id }) => ({ on: id, kind: 'after' }))
}

/** Each edge once. A node does not wait for itself, unless it reads what only itself registers: that is a cycle. */
export const distinctEdges = (id: string, edges: Edge[]): Edge[] => {
  const seen = new Map<EdgeKind, Set<string>>()
  return edges.filter(({ on, kind }) => {
    const known = seen.get(kind) ?? new Set()
    if (known.has(on) || (on === id && kind !== 'value')) return false
    seen.set(kind, known.add(on))
    return true
  })
}
