import { type Origin, refuse } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { born, isUnknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { CallFault, functionNames, functions } from './template-functions.ts'
import type { CallNode, LiteralNode, PathNode, TemplatePlace, ValueNode } from './template-tree.ts'
import { simpleName } from './template-tree.ts'

/** What names stand for at a place of a template. */
export type TemplateFrame = {
  /** Innermost last; the first is the scope. */
  contexts: unknown[]
  /** Parameters of the blocks around. */
  params: Map<string, unknown>
  /** `@index`, `@key`, `@first`, `@last` of each loop around, innermost last. */
  data: Record<string, unknown>[]
  /** How many rounds all loops of the template together may still take. */
  rounds: { left: number }
  /** Turns a place of the tree into one of the file. */
  place: (at: TemplatePlace) => Origin
}

/** Stands for what is not there, so that `default` can tell. */
type Absent = { absent: true; name: string; known: string[] }
const isAbsent = (value: unknown): value is Absent => isRecord(value) && value.absent === true && 'known' in value

export const failTemplate = ({ place }: TemplateFrame, at: TemplatePlace, what: string, fix?: string): never =>
  refuse('playbook-template', what, { origin: place(at), fix: fix || undefined })

/** Runs a function of templates; what is wrong with the call is told with its place. */
export const callAt = <T>(frame: TemplateFrame, at: TemplatePlace, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    if (error instanceof CallFault) return failTemplate(frame, at, error.message)
    throw error
  }
}

/** A function reads its values as a whole: what is not known anywhere in them is not known of its result. */
const unknownWithin = (value: unknown): unknown => {
  if (isUnknown(value)) return value
  if (value === null || typeof value !== 'object') return undefined
  const notYet = (value as Record<PropertyKey, unknown>)[born]
  return notYet ?? Object.values(value).reduce((found, inner) => found ?? unknownWithin(inner), undefined)
}

/** A member by its name; Absent where there is none. Throws an unknown as it is. */
export const memberOf = (owner: unknown, name: string): unknown => {
  if (isUnknown(owner)) throw owner
  const found = owner !== null && typeof owner === 'object' && Object.hasOwn(owner, name)
  if (!found) {
    const notYet = isRecord(owner) ? (owner as Record<PropertyKey, unknown>)[born] : undefined
    if (notYet !== undefined) throw notYet
    return { absent: true, name, known: isRecord(owner) ? Object.keys(owner) : [] } satisfies Absent
  }
  const value = (owner as Record<string, unknown>)[name]
  if (isUnknown(value)) throw value
  return value
}

/** What a path begins at, and the members that follow. */
const baseOf = ({ parts, data, depth }: PathNode, frame: TemplateFrame): [unknown, string[]] => {
  if (data && parts[0] === 'root') return [frame.contexts[0], parts.slice(1)]
  if (data) return [frame.data.at(-1 - depth) ?? {}, parts]
  if (depth === 0 && parts[0] !== undefined && frame.params.has(parts[0]))
    return [frame.params.get(parts[0]), parts.slice(1)]
  return [frame.contexts.at(-1 - depth), parts]
}

const resolve = (node: PathNode, frame: TemplateFrame): unknown => {
  let [at, parts] = baseOf(node, frame)
  for (const part of parts) {
    if (isAbsent(at)) break
    at = memberOf(at, part)
  }
  if (isUnknown(at)) throw at
  return at
}

const present = (value: unknown, node: ValueNode, frame: TemplateFrame): unknown => {
  if (!isAbsent(value)) return value
  const written = node.type === 'PathExpression' && node.original !== value.name ? ` in "${node.original}"` : ''
  return failTemplate(frame, node.loc, `There is no "${value.name}"${written}.`, didYouMean(value.name, value.known))
}

/** A value that may be absent. */
const optionalValue = (node: ValueNode, frame: TemplateFrame): unknown => {
  if (node.type === 'PathExpression') return resolve(node, frame)
  if (node.type === 'SubExpression' || node.type === 'MustacheStatement') return calledValue(node, frame)
  return (node as LiteralNode).value ?? null
}

/** A value that must be there. */
export const valueAt = (node: ValueNode, frame: TemplateFrame): unknown =>
  present(optionalValue(node, frame), node, frame)

/** What `{{name}}` or `{{function values}}` prints. */
export const printedValue = (node: CallNode, frame: TemplateFrame): unknown =>
  present(calledValue(node, frame), node.path, frame)

const calledValue = (node: CallNode, frame: TemplateFrame): unknown => {
  const name = simpleName(node.path)
  if (name === undefined || !functionNames.includes(name) || frame.params.has(name))
    return optionalValue(node.path, frame)
  if (name === 'lookup') {
    const [owner, key] = node.params.map(param => valueAt(param, frame))
    return memberOf(owner, String(key))
  }
  const params = node.params.map((param, index) => {
    const found = optionalValue(param, frame)
    return name === 'default' && index === 0 && isAbsent(found) ? undefined : present(found, param, frame)
  })
  const options = Object.fromEntries((node.hash?.pairs ?? []).map(pair => [pair.key, valueAt(pair.value, frame)]))
  const unknown = unknownWithin([params, options])
  if (unknown !== undefined) throw unknown
  return callAt(frame, node.loc, () => functions[name]!(params, options))
}
