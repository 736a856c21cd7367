import { refuse } from '../core/failure.ts'
import { order } from './dag.ts'
import type { Node } from './graph.ts'

/**
 * Nodes in written order, put into plan order. Throws a Refusal (`playbook-cycle`) that tells a cycle as the path in
 * which each waits for the next.
 */
export const planOrder = (written: Node[], byId: ReadonlyMap<string, Node>): Node[] => {
  const sorted = order(
    written.map(({ id }) => id),
    id => byId.get(id)!.edges.map(({ on }) => on),
  )
  if (sorted.order) return sorted.order.map(id => byId.get(id)!)
  return refuse('playbook-cycle', 'These tasks wait for each other in a circle.', {
    why: sorted.cycle.join(' -> waits for '),
    fix: 'Take one of the needs, after or references away.',
    origin: byId.get(sorted.cycle[0]!)!.task.origin,
  })
}
