import type { Failure } from '../core/failure.ts'
import type { Task } from '../load/playbook.ts'
import { didYouMean } from '../load/suggest.ts'
import type { Edge, Node } from './graph.ts'

/** What part of a playbook is asked for: `--limit` and `--tags`. */
export type Selection = { limit?: string; tags: string[] }

/** Whether --tags leaves a task in. `always` cannot be left out, as in Ansible. */
export const isSelected = (task: Task, tags: string[]): boolean =>
  tags.length === 0 || task.tags.includes('always') || task.tags.some(tag => tags.includes(tag))

/** A failure for each tag that no task has: it would silently do nothing. */
export const strangeTags = (tasks: Task[], tags: string[]): Failure[] => {
  const known = new Set(tasks.flatMap(task => task.tags))
  return tags
    .filter(tag => !known.has(tag))
    .map(tag => ({
      reason: 'usage-option',
      what: `No task has the tag "${tag}".`,
      fix:
        didYouMean(tag, known) || (known.size > 0 ? `Tags: ${[...known].join(', ')}.` : 'This playbook has no tags.'),
    }))
}

/** The ids of what is included, and of what it reads values of, by way of others too. */
const neededIds = (nodes: Node[], byId: ReadonlyMap<string, Node>): Set<string> => {
  const waiting = nodes.filter(({ included }) => included.size > 0)
  const needed = new Set(waiting.map(({ id }) => id))
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop())
    for (const { on, kind } of node.edges) {
      if (kind !== 'value' || needed.has(on)) continue
      needed.add(on)
      waiting.push(byId.get(on)!)
    }
  return needed
}

/**
 * Nodes in plan order without those that are left out. A node that is left out stays where an included one reads its
 * value: it is read, its steps never run. The written order leads past those that go; other edges to them are dropped.
 */
export const keepNeeded = (nodes: Node[], byId: ReadonlyMap<string, Node>): Node[] => {
  if (nodes.every(({ included }) => included.size > 0)) return nodes
  const needed = neededIds(nodes, byId)
  /** By host and node that is left out: the nodes that stay and come right before it in the written order. */
  const closed = new Map<string, string[]>()
  const before = ({ edges }: Node, host: string): string[] =>
    edges
      .filter(({ on, kind }) => kind === 'order' && byId.get(on)!.hosts.includes(host))
      .flatMap(({ on }) => (needed.has(on) ? [on] : (closed.get(`${host} ${on}`) ?? [])))
  return nodes.flatMap(node => {
    if (!needed.has(node.id)) {
      for (const host of node.hosts) closed.set(`${host} ${node.id}`, before(node, host))
      return []
    }
    const order = new Set(node.hosts.flatMap(host => before(node, host)))
    const others = node.edges.filter(({ on, kind }) => kind !== 'order' && needed.has(on))
    return [{ ...node, edges: [...[...order].map((on): Edge => ({ on, kind: 'order' })), ...others] }]
  })
}
