import type { Origin } from '../core/failure.ts'
import type { Reference } from './references.ts'
import { helperNames } from './template-helpers.ts'
import type { BlockNode, CallNode, Place, Program, Statement, ValueNode } from './template-tree.ts'
import { simpleName } from './template-tree.ts'

type Path = (string | null)[]
/** Where names are looked up: the path of each context from the scope on (undefined: computed), and block parameters. */
type Frame = { contexts: (Path | undefined)[]; params: Map<string, Path | undefined> }

/** What a template looks at in its scope, in written order. Values of loops are steps of null. */
export const templateReferences = (program: Program, place: (at: Place) => Origin): Reference[] => {
  const found: Reference[] = []

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
  const note = (path: Path | undefined, at: Place): void => {
    if (path !== undefined && path.length > 0) found.push({ path, origin: place(at) })
  }
  const value = (node: ValueNode, frame: Frame): void => {
    if (node.type === 'PathExpression') note(pathOf(node, frame), node.loc)
    if (node.type === 'SubExpression' || node.type === 'MustacheStatement') call(node, frame)
  }
  const call = (node: CallNode, frame: Frame): void => {
    const name = simpleName(node.path)
    const isCall = name !== undefined && (helperNames.includes(name) || node.params.length > 0)
    if (!isCall) value(node.path, frame)
    const lookup = lookupOf(node, frame)
    if (lookup !== undefined) note(lookup, node.loc)
    const params = lookup === undefined ? node.params : node.params.slice(1)
    for (const param of params) value(param, frame)
    for (const pair of node.hash?.pairs ?? []) value(pair.value, frame)
  }
  const block = (node: BlockNode, frame: Frame): void => {
    for (const param of node.params) value(param, frame)
    const name = node.path.parts[0]
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
    if (node.type === 'BlockStatement') block(node, frame)
  }
  const all = (inside: Program, frame: Frame): void => {
    for (const node of inside.body) statement(node, frame)
  }
  all(program, { contexts: [[]], params: new Map() })
  return found
}
