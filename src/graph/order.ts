import { refuse } from '../core/failure.ts'
import { order } from './dag.ts'
import type { Node, PlayBarriers } from './graph.ts'
import { playsBefore } from './play-barriers.ts'

/**
 * Nodes in written order, put into plan order. Throws a Refusal (`playbook-cycle`) that tells a cycle as the path in
 * which each waits for the next. Plays are in none: what an earlier one waits for does not wait for its end.
 */
export const planOrder = (written: Node[], byId: ReadonlyMap<string, Node>, barriers: PlayBarriers): Node[] => {
  // The end of a play stands among the ids as one that comes after all of the play. No id of a node begins with a slash.
  const ends = new Map([...barriers.plays.keys()].map((play, at) => [play, `/${at}`]))
  const nodesOf = Map.groupBy(written, ({ play }) => ends.get(play)!)
  const before = (node: Node): string[] => [
    ...playsBefore(barriers, node).map(play => ends.get(play)!),
    ...node.edges.map(({ on }) => on),
  ]
  const sorted = order(
    written.map(({ id }) => id),
    id => nodesOf.get(id)?.map(node => node.id) ?? before(byId.get(id)!),
  )
  if (sorted.order) return sorted.order.flatMap(id => byId.get(id) ?? [])
  return refuse('playbook-cycle', 'These tasks wait for each other in a circle.', {
    why: sorted.cycle.join(' -> waits for '),
    fix: 'Take one of the needs, after or references away.',
    origin: byId.get(sorted.cycle[0]!)!.task.origin,
  })
}
