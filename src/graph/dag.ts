type Visit = { id: string; before: string[] }

/**
 * All ids in an order that respects the edges: an id comes right after what it waits for, which comes as written;
 * everything else stays as written. A cycle comes back as a path in which each waits for the next, the first id
 * repeated at the end. Knows nothing of tasks or hosts.
 *
 * @param edges what comes before an id; asked once for each
 */
export const order = (
  ids: string[],
  edges: (id: string) => Iterable<string>,
): { order: string[]; cycle?: undefined } | { cycle: string[]; order?: undefined } => {
  const written = new Map(ids.map((id, i) => [id, i]))
  const done = new Set<string>()
  const onPath = new Set<string>()
  const result: string[] = []
  const start = (id: string): Visit => {
    onPath.add(id)
    const open = [...edges(id)].filter(before => !done.has(before))
    // The next one is at the end, where taking it off is quick.
    return { id, before: open.sort((a, b) => written.get(b)! - written.get(a)!) }
  }
  for (const first of ids) {
    if (done.has(first)) continue
    // A path of its own instead of recursion: a chain as long as the playbook would overflow the stack.
    const path = [start(first)]
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const next = at.before.pop()
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
