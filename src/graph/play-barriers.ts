import type { Play } from '../load/playbook.ts'
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
