import type { ExpressionNode, StatementNode, TargetNode } from './tree.ts'

const namesOfTarget = (target: TargetNode): string[] => {
  if (target.kind === 'tuple') return target.items.flatMap(namesOfTarget)
  return target.kind === 'name' ? [target.name] : []
}

/** The names that statements give a value to where they stand, those in branches of conditions among them. */
export const assignedNames = (body: StatementNode[]): string[] =>
  body.flatMap(one => {
    if (one.kind === 'set' || one.kind === 'set-block') return namesOfTarget(one.target)
    if (one.kind === 'macro' || one.kind === 'import') return [one.name]
    if (one.kind === 'from') return one.names.map(({ as }) => as)
    if (one.kind === 'if')
      return [...one.branches.flatMap(branch => assignedNames(branch.body)), ...assignedNames(one.otherwise)]
    return []
  })

/** Every statement and expression below one, whatever holds it, in written order. */
export const nodesBelow = (node: unknown): (ExpressionNode | StatementNode | TargetNode)[] => {
  const found: (ExpressionNode | StatementNode | TargetNode)[] = []
  const open = [node]
  while (open.length > 0) {
    const next = open.pop()
    if (next === null || typeof next !== 'object') continue
    if ('kind' in next) found.push(next as ExpressionNode)
    for (const inner of Object.values(next).reverse()) if (typeof inner === 'object') open.push(inner)
  }
  return found
}

/** So many parts may lie in one another; a chain of `a + b + c` lies as deep as it is long. */
const DEEPEST = 1000

/** Where statements are nested too deeply to be compiled, as an offset. Without recursion: it is there to find what is too deep for that. */
export const tooDeepAt = (statements: StatementNode[]): number | undefined => {
  const open: [node: object, depth: number, at: number][] = [[statements, 0, 0]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth, outer] = next
    const at = 'at' in node ? (node.at as number) : outer
    if (depth > DEEPEST) return at
    const inner = depth + ('kind' in node ? 1 : 0)
    for (const one of Object.values(node)) if (one !== null && typeof one === 'object') open.push([one, inner, at])
  }
  return undefined
}

/** The attributes of namespaces that statements give a value to, however deep. */
export const assignedMembers = (body: StatementNode[]): { namespace: string; name: string }[] =>
  nodesBelow(body).filter(one => one.kind === 'namespaced')

/** The names that are read anywhere in statements. */
export const namesRead = (body: StatementNode[]): Set<string> =>
  new Set(nodesBelow(body).flatMap(one => (one.kind === 'name' ? [one.name] : [])))
