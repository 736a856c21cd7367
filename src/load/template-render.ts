import { type Origin, refuse } from '../core/failure.ts'
import { born, isUnknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { didYouMean } from './suggest.ts'
import { CallFault, functionNames, functions, isEmpty, printed } from './template-functions.ts'
import type {
  BlockNode,
  CallNode,
  LiteralNode,
  PathNode,
  Place,
  Program,
  Statement,
  ValueNode,
} from './template-tree.ts'
import { simpleName } from './template-tree.ts'
import { kindOf } from './yaml-fields.ts'

type Frame = {
  /** Innermost last; the first is the scope. */
  contexts: unknown[]
  params: Map<string, unknown>
  /** `@index`, `@key`, `@first`, `@last` of each loop around, innermost last. */
  data: Record<string, unknown>[]
}

/** Stands for what is not there, so that `default` can tell. */
type Absent = { absent: true; name: string; known: string[] }
const isAbsent = (value: unknown): value is Absent => isRecord(value) && value.absent === true && 'known' in value

/** A function reads its values as a whole: what is not known anywhere in them is not known of its result. */
const unknownWithin = (value: unknown): unknown => {
  if (isUnknown(value)) return value
  if (value === null || typeof value !== 'object') return undefined
  const notYet = (value as Record<PropertyKey, unknown>)[born]
  return notYet ?? Object.values(value).reduce((found, inner) => found ?? unknownWithin(inner), undefined)
}

/** Renders a parsed template. `place` turns a place in it into one in the file; every failure has one. */
export const renderProgram = (
  program: Program,
  scope: Record<string, unknown>,
  place: (at: Place) => Origin,
): string => {
  const fail = (at: Place, what: string, fix?: string): never =>
    refuse('playbook-template', what, { origin: place(at), fix: fix || undefined })

  const memberOf = (owner: unknown, name: string): unknown => {
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
  const resolve = (node: PathNode, frame: Frame): unknown => {
    let [at, parts]: [unknown, string[]] = [frame.contexts.at(-1 - node.depth), node.parts]
    if (node.data) {
      if (parts[0] === 'root') [at, parts] = [frame.contexts[0], parts.slice(1)]
      else at = frame.data.at(-1 - node.depth) ?? {}
    } else if (node.depth === 0 && parts[0] !== undefined && frame.params.has(parts[0])) {
      ;[at, parts] = [frame.params.get(parts[0]), parts.slice(1)]
    }
    for (const part of parts) {
      if (isAbsent(at)) break
      at = memberOf(at, part)
    }
    if (isUnknown(at)) throw at
    return at
  }
  const present = (value: unknown, node: ValueNode): unknown => {
    if (!isAbsent(value)) return value
    const written = node.type === 'PathExpression' && node.original !== value.name ? ` in "${node.original}"` : ''
    return fail(node.loc, `There is no "${value.name}"${written}.`, didYouMean(value.name, value.known))
  }
  /** A value that may be absent. */
  const loose = (node: ValueNode, frame: Frame): unknown => {
    if (node.type === 'PathExpression') return resolve(node, frame)
    if (node.type === 'SubExpression' || node.type === 'MustacheStatement') return call(node, frame)
    return (node as LiteralNode).value ?? null
  }
  const value = (node: ValueNode, frame: Frame): unknown => present(loose(node, frame), node)

  const call = (node: CallNode, frame: Frame): unknown => {
    const name = simpleName(node.path)
    if (name === undefined || !functionNames.includes(name) || frame.params.has(name)) return loose(node.path, frame)
    if (name === 'lookup') {
      const [owner, key] = node.params.map(param => value(param, frame))
      return memberOf(owner, String(key))
    }
    const params = node.params.map((param, index) => {
      const found = loose(param, frame)
      return name === 'default' && index === 0 && isAbsent(found) ? undefined : present(found, param)
    })
    const options = Object.fromEntries((node.hash?.pairs ?? []).map(pair => [pair.key, value(pair.value, frame)]))
    const unknown = unknownWithin([params, options])
    if (unknown !== undefined) throw unknown
    return guarded(node.loc, () => functions[name]!(params, options))
  }
  const guarded = <T>(at: Place, run: () => T): T => {
    try {
      return run()
    } catch (error) {
      if (error instanceof CallFault) return fail(at, error.message)
      throw error
    }
  }

  const inside = (program_: Program | undefined, frame: Frame): string =>
    program_ === undefined ? '' : program_.body.map(node => statement(node, frame)).join('')

  const entered = (
    frame: Frame,
    node: BlockNode,
    item: unknown,
    key: unknown,
    data?: Record<string, unknown>,
  ): Frame => {
    const [itemName, keyName] = node.program?.blockParams ?? []
    const params = new Map(frame.params)
    if (itemName !== undefined) params.set(itemName, item)
    if (keyName !== undefined) params.set(keyName, key)
    return { contexts: [...frame.contexts, item], params, data: data ? [...frame.data, data] : frame.data }
  }
  const each = (node: BlockNode, subject: unknown, frame: Frame): string => {
    const list = Array.isArray(subject)
    if (subject !== null && !list && !isRecord(subject)) {
      return fail(node.loc, `"each" wants a list or a mapping, not ${kindOf(subject)}.`)
    }
    const keys = subject === null ? [] : Object.keys(subject as object)
    if (keys.length === 0) return inside(node.inverse, frame)
    return keys
      .map((written, index) => {
        const key = list ? index : written
        const data = { index, key, first: index === 0, last: index === keys.length - 1 }
        return inside(node.program, entered(frame, node, memberOf(subject, written), key, data))
      })
      .join('')
  }
  const block = (node: BlockNode, frame: Frame): string => {
    const name = node.path.original
    const subject = value(node.params[0]!, frame)
    if (name === 'each') return each(node, subject, frame)
    const holds = name === 'unless' ? isEmpty(subject) : !isEmpty(subject)
    if (!holds) return inside(node.inverse, frame)
    return inside(node.program, name === 'with' ? entered(frame, node, subject, undefined) : frame)
  }
  const statement = (node: Statement, frame: Frame): string => {
    if (node.type === 'ContentStatement') return node.value
    if (node.type === 'BlockStatement') return block(node, frame)
    if (node.type !== 'MustacheStatement') return ''
    const found = present(call(node, frame), node.path)
    const written = node.path.type === 'PathExpression' ? node.path.original : 'value'
    return guarded(node.loc, () => printed(found, written))
  }
  return inside(program, { contexts: [scope], params: new Map(), data: [] })
}
