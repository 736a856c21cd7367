import { refuse } from '../core/failure.ts'
import type { Play } from '../load/playbook.ts'
import { order } from './dag.ts'
import type { Node, PlayBarriers } from './graph.ts'

/** The plays that end before a node begins. */
export const playsBefore = ({ plays, ahead }: PlayBarriers, { id, play }: Pick<Node, 'id' | 'play'>): Play[] =>
  ahead.get(id) ?? plays.get(play) ?? []

/** By id the place of the first play that waits for a node of a later one, if only by way of others. */
const firstWaiting = (
  nodes: Node[],
  byId: ReadonlyMap<string, Node>,
  places: ReadonlyMap<Play, number>,
): Map<string, number> => {
  const found = new Map<string, number>()
  const waitsFor = (node: Node, at: number): Node[] =>
    node.edges
      .map(({ on }) => byId.get(on)!)
      .filter(on => places.get(on.play)! > at && (found.get(on.id) ?? Number.POSITIVE_INFINITY) > at)
  for (const node of nodes) {
    const at = places.get(node.play)!
    const left = waitsFor(node, at)
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      if ((found.get(one.id) ?? Number.POSITIVE_INFINITY) <= at) continue
      found.set(one.id, at)
      left.push(...waitsFor(one, at))
    }
  }
  return found
}

/** Plays wait for those written before them, or of these for the ones that their `needs` names. Nodes in written order. */
export const playBarriers = (nodes: Node[], byId: ReadonlyMap<string, Node>): PlayBarriers => {
  const all = [...new Set(nodes.map(({ play }) => play))]
  const plays = new Map(
    all.map((play, at): [Play, Play[]] => {
      const earlier = all.slice(0, at)
      const named = play.needs && new Set(play.needs.map(({ value }) => value))
      return [play, named ? earlier.filter(({ name }) => named.has(name)) : earlier]
    }),
  )
  const places = new Map(all.map((play, at) => [play, at]))
  const ahead = new Map(
    [...firstWaiting(nodes, byId, places)].map(([id, first]): [string, Play[]] => [
      id,
      plays.get(byId.get(id)!.play)!.filter(play => places.get(play)! < first),
    ]),
  )
  return { plays, ahead }
}

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
