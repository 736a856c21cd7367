/** A directed graph over ids: for each id, the ids that come before it. Knows nothing of tasks or hosts. */
export type Edges = Map<string, Set<string>>

type Visit = { id: string; before: string[] }

/**
 * All ids in an order that respects the edges: an id comes right after what it waits for, which comes as written;
 * everything else stays as written. A cycle comes back as a path in which each waits for the next, the first id
 * repeated at the end.
 */
export const order = (
  ids: string[],
  edges: Edges,
): { order: string[]; cycle?: undefined } | { cycle: string[]; order?: undefined } => {
  const written = new Map(ids.map((id, i) => [id, i]))
  const done = new Set<string>()
  const onPath = new Set<string>()
  const result: string[] = []
  const start = (id: string): Visit => {
    onPath.add(id)
    return { id, before: [...(edges.get(id) ?? [])].sort((a, b) => written.get(a)! - written.get(b)!) }
  }
  for (const first of ids) {
    if (done.has(first)) continue
    // A path of its own instead of recursion: a chain as long as the playbook is no reason to overflow.
    const path = [start(first)]
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const next = at.before.shift()
      if (next === undefined) {
        path.pop()
        onPath.delete(at.id)
        done.add(at.id)
        result.push(at.id)
      } else if (onPath.has(next)) {
        return { cycle: [...path.slice(path.findIndex(visit => visit.id === next)).map(visit => visit.id), next] }
      } else if (!done.has(next)) path.push(start(next))
    }
  }
  return { order: result }
}
