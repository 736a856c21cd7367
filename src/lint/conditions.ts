import { attempt } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { ansibleDelimiters } from '../jinja/delimiters.ts'
import { parseBareExpression, parseTemplate } from '../jinja/parser.ts'
import type { ExpressionNode } from '../jinja/tree.ts'
import { compileExpression } from '../load/expression.ts'
import type { Located } from '../load/located.ts'

/** Values that are the same in every run. */
export type Constants = ReadonlyMap<string, unknown>

/** The tree of what is an expression by its place, with braces around it or without; undefined where it is none. */
export const expressionTree = (text: string): ExpressionNode | undefined =>
  attempt(() => {
    const trimmed = text.trim()
    if (!/^\{\{[\s\S]*\}\}$/.test(trimmed)) return parseBareExpression(text, ansibleDelimiters)
    const [only, more] = parseTemplate(trimmed, ansibleDelimiters)
    return only?.kind === 'output' && more === undefined ? only.value : undefined
  }).value

const truthOfValue = (value: unknown): boolean | undefined =>
  value === undefined || (typeof value === 'object' && value !== null) ? undefined : Boolean(value)

/** Whether an expression is true or false whatever else is so; undefined where that depends. */
const truthOf = (node: ExpressionNode, constants: Constants): boolean | undefined => {
  if (node.kind === 'constant') return truthOfValue(node.value)
  if (node.kind === 'name') return truthOfValue(constants.get(node.name))
  if (node.kind === 'not') {
    const inner = truthOf(node.of, constants)
    return inner === undefined ? undefined : !inner
  }
  if (node.kind === 'filter' && node.name === 'bool' && node.of) return truthOf(node.of, constants)
  if (node.kind !== 'and' && node.kind !== 'or') return undefined
  const sides = [truthOf(node.left, constants), truthOf(node.right, constants)]
  const decisive = node.kind === 'or'
  if (sides.includes(decisive)) return decisive
  return sides.includes(undefined) ? undefined : !decisive
}

/** What is to be true all together. */
const conjuncts = (node: ExpressionNode): ExpressionNode[] =>
  node.kind === 'and' ? [...conjuncts(node.left), ...conjuncts(node.right)] : [node]

/** A tree without the places in it. */
const shapeOf = (node: unknown): string =>
  JSON.stringify(node, (key, value) =>
    key === 'at' || key === 'length' || key === 'isCondition'
      ? undefined
      : typeof value === 'bigint'
        ? `${value}`
        : value,
  )

/** What an expression denies: `not x`, `x is not defined`, `x is undefined`. */
const deniedBy = (node: ExpressionNode): string | undefined => {
  if (node.kind === 'not') return shapeOf(node.of)
  if (node.kind === 'test' && node.name === 'undefined') return shapeOf({ ...node, name: 'defined' })
  return undefined
}

/** The one constant that an expression wants a value to be. */
const equalTo = (node: ExpressionNode): { of: string; constant: string } | undefined => {
  if (node.kind !== 'compare' || node.others.length !== 1 || node.others[0]!.sign !== '==') return undefined
  const other = node.others[0]!.with
  return other.kind === 'constant' && node.of.kind !== 'constant'
    ? { of: shapeOf(node.of), constant: shapeOf(other) }
    : undefined
}

/** Whether two conditions can never both be true. */
const excludeEachOther = (a: ExpressionNode, b: ExpressionNode): boolean => {
  if (deniedBy(a) === shapeOf(b) || deniedBy(b) === shapeOf(a)) return true
  const [one, other] = [equalTo(a), equalTo(b)]
  return one !== undefined && other !== undefined && one.of === other.of && one.constant !== other.constant
}

/** What is false with constants alone. */
const isFalseByItself = ({ value, origin }: Located<string>, constants: Constants): boolean => {
  const found = attempt(() => {
    const expression = compileExpression(value, origin)
    if (!expression.references.every(({ path }) => constants.has(path[0] ?? ''))) return undefined
    return truthOfValue(expression.evaluate(Object.fromEntries(constants)))
  })
  return found.value === false
}

/** The condition because of which all of them together are never true, if there is one. */
export const neverTrue = (
  conditions: Located<string | boolean>[],
  constants: Constants,
): Located<string | boolean> | undefined => {
  const seen: ExpressionNode[] = []
  return conditions.find(at => {
    if (typeof at.value === 'boolean') return !at.value
    const tree = expressionTree(at.value)
    if (!tree) return false
    const own = conjuncts(tree)
    const isAgainst = own.some((one, place) =>
      [...seen, ...own.slice(0, place)].some(other => excludeEachOther(one, other)),
    )
    seen.push(...own)
    return isAgainst || truthOf(tree, constants) === false || isFalseByItself(at as Located<string>, constants)
  })
}

/** Every expression in a tree of statements or expressions, itself among them. */
export const expressionsBelow = (node: unknown): ExpressionNode[] => {
  if (Array.isArray(node)) return node.flatMap(expressionsBelow)
  if (!isRecord(node)) return []
  return [...('kind' in node ? [node as ExpressionNode] : []), ...Object.values(node).flatMap(expressionsBelow)]
}
