/** A directed graph over ids: for each id, the ids that come before it. Knows nothing of tasks or hosts. */
export type Edges = Map<string, Set<string>>

/**
 * All ids in an order that respects the edges; among those that could come next, the one written first.
 * A cycle comes back as its path, first id repeated at the end.
 */
export const order = (
  ids: string[],
  edges: Edges,
): { order: string[]; cycle?: undefined } | { cycle: string[]; order?: undefined } => {
  const done = new Set<string>()
  const result: string[] = []
  const path: string[] = []
  const onPath = new Set<string>()
  // Depth first in written order: an id comes right after what it waits for, and everything else stays as written.
  const visit = (id: string): string[] | undefined => {
    if (done.has(id)) return undefined
    if (onPath.has(id)) return [...path.slice(path.indexOf(id)), id]
    onPath.add(id)
    path.push(id)
    for (const before of edges.get(id) ?? []) {
      const cycle = visit(before)
      if (cycle) return cycle
    }
    path.pop()
    onPath.delete(id)
    done.add(id)
    result.push(id)
    return undefined
  }
  for (const id of ids) {
    const cycle = visit(id)
    if (cycle) return { cycle: cycle.toReversed() }
  }
  return { order: result }
}
