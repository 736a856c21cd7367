import type { Origin } from '../core/failure.ts'

/**
 * What an expression looks at: a free name and the members that follow it. A step is null where it is known only when
 * the expression runs: `hostvars[h].node.id` is `['hostvars', null, 'node', 'id']`.
 */
export type Reference = {
  path: (string | null)[]
  origin: Origin
  /** It may be missing: another value stands in for it then (`{{default x "y"}}`). */
  optional?: true
  /** Only which members it has is looked at, not their values: `has(x.y)`, `k in x`, `size(x)`, `x.map(k, ...)`. */
  outline?: true
}

/** A node of CEL's syntax tree, as far as it is read here. */
export type Syntax = { op: string; args: unknown; start: number }

/** A reference that is known by its offset in the expression. */
export type FreeName = { path: (string | null)[]; offset: number; outline?: true }

/** Names that CEL itself defines; a name that is called (`size(x)`) is no reference anyway. */
export const celNames: readonly string[] = [
  'cel',
  'google',
  'optional',
  'bool',
  'bytes',
  'double',
  'dyn',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
]

const comprehensions = ['map', 'filter', 'all', 'exists', 'exists_one']
const accesses = ['.', '.?', '[]', '[?]']

const isSyntax = (value: unknown): value is Syntax =>
  value !== null && typeof value === 'object' && 'op' in value && 'args' in value

/** The member an index names when it is written out. */
const written = (index: Syntax): string | null =>
  index.op === 'value' && (typeof index.args === 'string' || typeof index.args === 'bigint') ? String(index.args) : null

/** The nodes directly below; CEL keeps them in nested lists beside names and constants. */
export const syntaxBelow = (args: unknown): Syntax[] =>
  Array.isArray(args) ? args.flatMap(syntaxBelow) : isSyntax(args) ? [args] : []

/** The references of something of which only the members' names count; what its indexes read is read in full. */
const outlined = (node: Syntax, bound: readonly string[]): FreeName[] => {
  const [first, ...rest] = walk(node, bound)
  const isWhole = first !== undefined && (node.op === 'id' || accesses.includes(node.op)) && first.offset === node.start
  return isWhole ? [{ ...first, outline: true }, ...rest] : walk(node, bound)
}

const call = (node: Syntax, bound: readonly string[]): FreeName[] => {
  const [name, receiver, args] = node.args as [string, Syntax, Syntax[]]
  const variable = args[0]
  if (comprehensions.includes(name) && variable?.op === 'id' && args.length > 1) {
    const inside = [...bound, variable.args as string]
    return [...outlined(receiver, bound), ...args.slice(1).flatMap(arg => walk(arg, inside))]
  }
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && variable?.op === 'id') {
    const inside = [...bound, variable.args as string]
    return [...walk(args[1]!, bound), ...walk(args[2]!, inside)]
  }
  if (name === 'size') return outlined(receiver, bound)
  return [receiver, ...args].flatMap(part => walk(part, bound))
}

/** A chain of accesses: one reference of its beginning, and those inside its indexes. */
const chain = (node: Syntax, bound: readonly string[]): FreeName[] => {
  const path: (string | null)[] = []
  const indexes: Syntax[] = []
  let base = node
  while (accesses.includes(base.op)) {
    const [left, right] = base.args as [Syntax, Syntax | string]
    path.unshift(typeof right === 'string' ? right : written(right))
    if (typeof right !== 'string') indexes.unshift(right)
    base = left
  }
  const inside = indexes.flatMap(index => walk(index, bound))
  if (base.op !== 'id') return [...walk(base, bound), ...inside]
  const name = base.args as string
  if (bound.includes(name) || celNames.includes(name)) return inside
  return [{ path: [name, ...path], offset: base.start }, ...inside]
}

/** Every free reference below a node, in written order; `bound` are the variables of comprehensions around it. */
const walk = (node: Syntax, bound: readonly string[]): FreeName[] => {
  if (node.op === 'id' || accesses.includes(node.op)) return chain(node, bound)
  if (node.op === 'rcall') return call(node, bound)
  if (node.op === 'in') {
    const [member, owner] = node.args as [Syntax, Syntax]
    return [...walk(member, bound), ...outlined(owner, bound)]
  }
  if (node.op === 'call' && ['has', 'size'].includes((node.args as [string])[0]))
    return syntaxBelow(node.args).flatMap(part => outlined(part, bound))
  return syntaxBelow(node.args).flatMap(part => walk(part, bound))
}

/** The free names of a parsed expression: what its references are, wherever it is written. */
export const freeNames = (tree: Syntax): FreeName[] => walk(tree, [])

/** Free names as references; `place` turns an offset in the expression into a place in the file. */
export const referencesAt = (names: FreeName[], place: (offset: number) => Origin): Reference[] =>
  names.map(({ path, offset, outline }) => ({
    path,
    origin: { ...place(offset), length: path[0]!.length },
    ...(outline && { outline }),
  }))
