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

/** Every statement and expression below one, whatever holds it. */
export const nodesBelow = (node: unknown): (ExpressionNode | StatementNode | TargetNode)[] => {
  if (node === null || typeof node !== 'object') return []
  const inside = Object.values(node).flatMap(nodesBelow)
  return 'kind' in node ? [node as ExpressionNode, ...inside] : inside
}

/** The attributes of namespaces that statements give a value to, however deep. */
export const assignedMembers = (body: StatementNode[]): { namespace: string; name: string }[] =>
  nodesBelow(body).filter(one => one.kind === 'namespaced')

/** The names that are read anywhere in statements. */
export const namesRead = (body: StatementNode[]): Set<string> =>
  new Set(nodesBelow(body).flatMap(one => (one.kind === 'name' ? [one.name] : [])))
