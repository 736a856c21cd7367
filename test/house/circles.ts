import type { Import } from './imports.ts'

/** All files that a file imports, directly or by way of others. */
const reachedFrom = (file: string, graph: Map<string, string[]>): Set<string> => {
  const reached = new Set<string>()
  const left = [...(graph.get(file) ?? [])]
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (reached.has(at)) continue
    reached.add(at)
    left.push(...(graph.get(at) ?? []))
  }
  return reached
}

/** Files that import each other in a circle, `a.ts <-> b.ts <-> …` for each circle. Type imports count. */
export const circlesIn = (imports: Import[]): string[] => {
  const graph = new Map(
    [...Map.groupBy(imports, ({ from }) => from)].map(([from, own]) => [from, own.map(one => one.what)]),
  )
  const reached = new Map([...graph.keys()].map(file => [file, reachedFrom(file, graph)]))
  const circleOf = (file: string): string[] =>
    [...reached.get(file)!].filter(other => reached.get(other)?.has(file)).sort()
  const circles = [...reached.keys()]
    .filter(file => reached.get(file)!.has(file))
    .map(file => circleOf(file).join(' <-> '))
  return [...new Set(circles)].sort()
}
