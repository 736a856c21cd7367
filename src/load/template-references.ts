import { type Origin, refuse } from '../core/failure.ts'
import type { Reference } from './references.ts'
import { didYouMean } from './suggest.ts'
import { blockNames, functionNames } from './template-functions.ts'
import type { BlockNode, CallNode, Place, Program, Statement, ValueNode } from './template-tree.ts'
import { simpleName } from './template-tree.ts'

type Path = (string | null)[]
/** Where names are looked up: the path of each context from the scope on (undefined: computed), and block parameters. */
type Frame = { contexts: (Path | undefined)[]; params: Map<string, Path | undefined> }

/**
 * What a template looks at in its scope, in written order. Values of loops are steps of null.
 *
 * Throws a Refusal `playbook-template` for a function or block that does not exist, so that rendering needs no such case.
 */
export const templateReferences = (program: Program, place: (at: Place) => Origin): Reference[] => {
  const found: Reference[] = []
  const fail = (at: Place, what: string, fix?: string): never =>
    refuse('playbook-template', what, { origin: place(at), fix: fix || undefined })

  const pathOf = (node: ValueNode, frame: Frame): Path | undefined => {
    if (node.type === 'SubExpression' || node.type === 'MustacheStatement') return lookupOf(node, frame)
    if (node.type !== 'PathExpression') return undefined
    if (node.data) return node.parts[0] === 'root' ? node.parts.slice(1) : undefined
    const [first, ...rest] = node.parts
    if (node.depth === 0 && first !== undefined && frame.params.has(first)) {
      const base = frame.params.get(first)
      return base && [...base, ...rest]
    }
    const base = frame.contexts.at(-1 - node.depth)
    return base && [...base, ...node.parts]
  }
  const lookupOf = (node: CallNode, frame: Frame): Path | undefined => {
    const [owner, key] = node.params
    if (simpleName(node.path) !== 'lookup' || owner === undefined) return undefined
    const base = pathOf(owner, frame)
    return base && [...base, key?.type === 'StringLiteral' ? String(key.value) : null]
  }
  /** What a chain of lookups is given as names of members: the rest of it is one reference. */
  const keysOf = (node: CallNode): ValueNode[] => {
    const [owner, key] = node.params
    return [...(owner?.type === 'SubExpression' ? keysOf(owner) : []), ...(key ? [key] : [])]
  }
  const note = (path: Path | undefined, at: Place): void => {
    if (path !== undefined && path.length > 0) found.push({ path, origin: place(at) })
  }
  const value = (node: ValueNode, frame: Frame): void => {
    if (node.type === 'PathExpression') note(pathOf(node, frame), node.loc)
    if (node.type === 'SubExpression' || node.type === 'MustacheStatement') call(node, frame)
  }
  const call = (node: CallNode, frame: Frame): void => {
    const name = simpleName(node.path)
    const isCall = name !== undefined && functionNames.includes(name) && !frame.params.has(name)
    const given = node.params.length > 0 || node.hash !== undefined
    if (given && !isCall)
      fail(node.loc, `There is no function "${name ?? 'of this kind'}".`, name && didYouMean(name, functionNames))
    if (name === 'lookup' && node.params.length !== 2)
      fail(node.loc, '"lookup" wants a value and the name of a member.')
    if (!isCall) value(node.path, frame)
    const lookup = lookupOf(node, frame)
    if (lookup !== undefined) note(lookup, node.loc)
    const params = lookup === undefined ? node.params : keysOf(node)
    const before = found.length
    for (const param of params) value(param, frame)
    const first = found[before]
    if (name === 'default' && params[0]?.type === 'PathExpression' && first)
      found[before] = { ...first, optional: true }
    for (const pair of node.hash?.pairs ?? []) value(pair.value, frame)
  }
  const block = (node: BlockNode, frame: Frame): void => {
    const name = simpleName(node.path)
    if (name === undefined || !blockNames.includes(name)) {
      const fix = didYouMean(node.path.original, blockNames) || `Blocks are ${blockNames.join(', ')}.`
      fail(node.loc, `There is no block "${node.path.original}".`, fix)
    }
    if (node.params.length !== 1) fail(node.loc, `"${name}" wants exactly one value.`)
    const before = found.length
    for (const param of node.params) value(param, frame)
    // What of it is printed is a reference of its own.
    const first = found[before]
    if (first && node.params[0] !== undefined && pathOf(node.params[0], frame))
      found[before] = { ...first, outline: true }
    const subject = node.params[0] === undefined ? undefined : pathOf(node.params[0], frame)
    const inner = name === 'each' ? subject && [...subject, null] : subject
    if (node.program && (name === 'each' || name === 'with')) {
      const [itemName, keyName] = node.program.blockParams ?? []
      const params = new Map(frame.params)
      if (itemName !== undefined) params.set(itemName, inner)
      if (keyName !== undefined) params.set(keyName, undefined)
      all(node.program, { contexts: [...frame.contexts, inner], params })
    } else if (node.program) all(node.program, frame)
    if (node.inverse) all(node.inverse, frame)
  }
  const statement = (node: Statement, frame: Frame): void => {
    if (node.type === 'MustacheStatement') call(node, frame)
    else if (node.type === 'BlockStatement') block(node, frame)
    else if (node.type !== 'ContentStatement' && node.type !== 'CommentStatement') {
      fail(node.loc, 'Partials and decorators are not supported.')
    }
  }
  const all = (inside: Program, frame: Frame): void => {
    for (const node of inside.body) statement(node, frame)
  }
  all(program, { contexts: [[]], params: new Map() })
  return found
}
