import { type Origin, refuse } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Reference } from './references.ts'
import { blockNames, functionNames } from './template-functions.ts'
import type { BlockNode, CallNode, Statement, TemplatePlace, TemplateProgram, ValueNode } from './template-tree.ts'
import { simpleName } from './template-tree.ts'

type Path = (string | null)[]
/** Where names are looked up: the path of each context from the scope on (undefined: computed), and block parameters. */
type Frame = {
  contexts: (Path | undefined)[]
  params: Map<string, Path | undefined>
  place: (at: TemplatePlace) => Origin
}

const fail = ({ place }: Frame, at: TemplatePlace, what: string, fix?: string): never =>
  refuse('playbook-template', what, { origin: place(at), fix: fix || undefined })

const pathOf = (node: ValueNode, frame: Frame): Path | undefined => {
  if (node.type === 'SubExpression' || node.type === 'MustacheStatement') return lookupPath(node, frame)
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

const lookupPath = (node: CallNode, frame: Frame): Path | undefined => {
  const [owner, key] = node.params
  if (simpleName(node.path) !== 'lookup' || owner === undefined) return undefined
  const base = pathOf(owner, frame)
  return base && [...base, key?.type === 'StringLiteral' ? String(key.value) : null]
}

/** The names of members in a chain of lookups: the rest of the chain is one reference. */
const lookupKeys = (node: CallNode): ValueNode[] => {
  const [owner, key] = node.params
  return [...(owner?.type === 'SubExpression' ? lookupKeys(owner) : []), ...(key ? [key] : [])]
}

const ofPath = (path: Path | undefined, at: TemplatePlace, { place }: Frame): Reference[] =>
  path !== undefined && path.length > 0 ? [{ path, origin: place(at) }] : []

const ofValue = (node: ValueNode, frame: Frame): Reference[] => {
  if (node.type === 'PathExpression') return ofPath(pathOf(node, frame), node.loc, frame)
  return node.type === 'SubExpression' || node.type === 'MustacheStatement' ? ofCall(node, frame) : []
}

const ofCall = (node: CallNode, frame: Frame): Reference[] => {
  const name = simpleName(node.path)
  const isCall = name !== undefined && functionNames.includes(name) && !frame.params.has(name)
  const hasInput = node.params.length > 0 || node.hash !== undefined
  if (hasInput && !isCall)
    fail(frame, node.loc, `There is no function "${name ?? 'of this kind'}".`, name && didYouMean(name, functionNames))
  if (name === 'lookup' && node.params.length !== 2)
    fail(frame, node.loc, '"lookup" wants a value and the name of a member.')
  const called = isCall ? [] : ofValue(node.path, frame)
  const lookup = lookupPath(node, frame)
  const params = lookup === undefined ? node.params : lookupKeys(node)
  const [first, ...others] = params.flatMap(param => ofValue(param, frame))
  const optional = name === 'default' && params[0]?.type === 'PathExpression'
  return [
    ...called,
    ...ofPath(lookup, node.loc, frame),
    ...(first ? [optional ? { ...first, optional } : first] : []),
    ...others,
    ...(node.hash?.pairs ?? []).flatMap(pair => ofValue(pair.value, frame)),
  ]
}

/** The one value of a block, and the path of it where it is not computed. Throws where there is no such block. */
const subjectOf = (node: BlockNode, frame: Frame): { value: ValueNode; path: Path | undefined } => {
  const name = simpleName(node.path)
  if (name === undefined || !blockNames.includes(name)) {
    const fix = didYouMean(node.path.original, blockNames) || `Blocks are ${blockNames.join(', ')}.`
    fail(frame, node.loc, `There is no block "${node.path.original}".`, fix)
  }
  const [value, second] = node.params
  if (value === undefined || second) return fail(frame, node.loc, `"${name}" wants exactly one value.`)
  return { value, path: pathOf(value, frame) }
}

const ofBlock = (node: BlockNode, frame: Frame): Reference[] => {
  const { value, path } = subjectOf(node, frame)
  const [first, ...others] = ofValue(value, frame)
  // What the block prints of its value is a reference of its own.
  const subject = first ? [path ? { ...first, outline: true as const } : first, ...others] : []
  return [...subject, ...ofProgram(node.program, innerFrame(node, path, frame)), ...ofProgram(node.inverse, frame)]
}

/** What a block sees: `each` and `with` make a context of their own. */
const innerFrame = (node: BlockNode, path: Path | undefined, frame: Frame): Frame => {
  const name = simpleName(node.path)
  if (name !== 'each' && name !== 'with') return frame
  const inner = name === 'each' ? path && [...path, null] : path
  const [itemName, keyName] = node.program?.blockParams ?? []
  const params = new Map(frame.params)
  if (itemName !== undefined) params.set(itemName, inner)
  if (keyName !== undefined) params.set(keyName, undefined)
  return { ...frame, contexts: [...frame.contexts, inner], params }
}

const ofStatement = (node: Statement, frame: Frame): Reference[] => {
  if (node.type === 'MustacheStatement') return ofCall(node, frame)
  if (node.type === 'BlockStatement') return ofBlock(node, frame)
  if (node.type === 'ContentStatement' || node.type === 'CommentStatement') return []
  return fail(frame, node.loc, 'Partials and decorators are not supported.')
}

const ofProgram = (program: TemplateProgram | undefined, frame: Frame): Reference[] =>
  program?.body.flatMap(node => ofStatement(node, frame)) ?? []

/**
 * What a template looks at in its scope, in written order. Values of loops are steps of null.
 *
 * Throws a Refusal `playbook-template` for a function or block that does not exist, so that rendering needs no such case.
 */
export const templateReferences = (program: TemplateProgram, place: (at: TemplatePlace) => Origin): Reference[] =>
  ofProgram(program, { contexts: [[]], params: new Map(), place })
