import { posix } from 'node:path'
import { Environment, type ParseResult, serialize } from '@marcbachmann/cel-js'
import { type Origin, Refusal, refuse } from '../core/failure.ts'
import { isUnknown, type Unknown } from '../core/unknown.ts'
import { SealedText } from '../core/vault-file.ts'
import { hasBraces, type Piece, pieces } from './braces.ts'
import { enterScope, leave, type Miss } from './cel-values.ts'
import { faultOf, grammarHint, grammarMessage, valueMessage } from './expression-messages.ts'
import { DEEPEST_EXPRESSION, ENDING_MATCHES, endingTree, matchesThatEnds } from './expression-tree.ts'
import { type Located, locatedMember, placeIn } from './located.ts'
import { partsOf } from './partial-evaluation.ts'
import { type FreeName, freeNames, type Reference, referencesAt, type Syntax } from './references.ts'

export type { Reference } from './references.ts'

/** Something written in a playbook or inventory that has a value in a scope. */
export type Expression = {
  /**
   * Free names and their members, in written order: the edges between tasks and the static check. Made when they are
   * asked for: most values are only evaluated.
   */
  readonly references: Reference[]
  /** No expression inside: the value is what is written. */
  literal: boolean
  /**
   * The value in a scope. A value that is not known is returned in its place, never thrown: as the whole result of a
   * scalar or a text, as the leaf of a tree, of a list or mapping that the expression builds. What comes out is data and is not scanned for expressions again.
   *
   * Throws a Refusal `playbook-value`: no such name or member, types that do not go together.
   */
  evaluate(scope: Record<string, unknown>): unknown
}

const quick = { async: false }
const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
})
environment
  .registerFunction(`string.${ENDING_MATCHES}(string): bool`, { handler: matchesThatEnds, ...quick })
  .registerFunction('basename(string): string', { handler: (path: string) => posix.basename(path), ...quick })
  .registerFunction('dirname(string): string', { handler: (path: string) => posix.dirname(path), ...quick })
  .registerFunction('string.lower(): string', { handler: (text: string) => text.toLowerCase(), ...quick })
  .registerFunction('string.upper(): string', { handler: (text: string) => text.toUpperCase(), ...quick })
  .registerFunction('string.replace(string, string): string', {
    handler: (text: string, from: string, to: string) => text.replaceAll(from, () => to),
    ...quick,
  })

/** A fraction and an integer go together, as YAML writes both as plain numbers; CEL alone would refuse them. */
const arithmetic: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}
for (const [sign, compute] of Object.entries(arithmetic)) {
  environment
    .registerOperator(`int ${sign} double`, (a, b) => compute(Number(a), b))
    .registerOperator(`double ${sign} int`, (a, b) => compute(a, Number(b)))
}

/** The unknown that an error is, or that it was made from. */
const unknownIn = (error: unknown): Unknown | undefined => {
  if (isUnknown(error)) return error
  return error instanceof Error && error.cause !== undefined ? unknownIn(error.cause) : undefined
}

/** A stack that ran over, whatever error it was wrapped in. */
const isOverflow = (error: unknown): boolean =>
  error instanceof Error && (error.message.startsWith('Maximum call stack') || isOverflow(error.cause))

/** An expression in a message: what is longer than a few lines says no more. */
const quoted = (code: string): string => (code.length > 300 ? `${code.trim().slice(0, 300)}…` : code.trim())

const SIZES: Record<string, string> = {
  maxListElements: 'A list that is written in an expression has at most 1000 elements.',
  maxMapEntries: 'A mapping that is written in an expression has at most 1000 members.',
  maxCallArguments: 'A function is called with at most 32 values.',
  maxAstNodes: 'An expression has at most 100000 parts.',
}

const tooDeep = (code: string, origin: Origin): never =>
  refuse('playbook-expression', `The expression is nested more than ${DEEPEST_EXPRESSION} levels deep.`, {
    why: `In the expression: ${quoted(code)}`,
    fix: 'Make variables of its parts; a long chain of + is shorter as [a, b, c].join("").',
    origin,
  })

const parse = (code: string, place: (offset: number) => Origin): ParseResult => {
  try {
    const parsed = environment.parse(code)
    const deep = endingTree(parsed.ast as Syntax)
    if (deep !== undefined) return tooDeep(code, place(deep))
    const checked = parsed.check()
    if (!checked.valid) throw checked.error
    return parsed
  } catch (error) {
    if (isOverflow(error)) return tooDeep(code, place(0))
    const fault = faultOf(error)
    if (!fault) throw error
    const limit = /^Exceeded (\w+)/.exec(fault.summary)?.[1]
    if (limit === 'maxDepth') return tooDeep(code, place(fault.start))
    return refuse('playbook-expression', SIZES[limit ?? ''] ?? grammarMessage(code, fault), {
      why: `In the expression: ${quoted(code)}`,
      fix: grammarHint(code, fault.start),
      origin: place(fault.start),
    })
  }
}

/** A text is parsed once, however often it is written or looked at: the check, the graph and each host's values do. */
type Tree = { run: ParseResult; busy: boolean; names: () => FreeName[] }

/** Made when it is asked for, and then kept. */
const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
const trees = new Map<string, Tree>()
const treeOf = (code: string, place: (offset: number) => Origin): Tree => {
  const known = trees.get(code)
  if (known) return known
  const run = parse(code, place)
  const tree: Tree = { run, busy: false, names: once(() => freeNames(run.ast as Syntax)) }
  trees.set(code, tree)
  return tree
}

/** One piece of CEL. `place` turns an offset in it into a place in the file. */
const compileCode = (code: string, place: (offset: number) => Origin): Expression => {
  const tree = treeOf(code, place)
  const failure = (error: unknown, missed: Miss | undefined): unknown => {
    if (error instanceof Refusal) throw error
    if (isOverflow(error)) throw error
    if (error instanceof RangeError) return refuse('playbook-value', error.message, { origin: place(0) })
    const fault = faultOf(error)
    if (!fault) throw error
    return refuse('playbook-value', ...said(valueMessage(code, fault, missed), code, place(fault.start)))
  }
  const whole = (scope: Record<string, unknown>): unknown => {
    let missed: Miss | undefined
    // CEL keeps the state of a comprehension in its syntax tree: an expression that is reached again while it runs
    // (a variable of another host, through hostvars) needs a tree of its own.
    const run = tree.busy ? parse(code, place) : tree.run
    const outer = tree.busy
    tree.busy = true
    try {
      return leave(run(enterScope(scope, miss => (missed = miss))))
    } catch (error) {
      return unknownIn(error) ?? failure(error, missed)
    } finally {
      tree.busy = outer
    }
  }
  // Made when it is needed: most values are known as a whole.
  let parts: ReturnType<typeof partsOf> | null = null
  const partly = (scope: Record<string, unknown>): unknown => {
    if (parts === null)
      parts = partsOf(
        tree.run.ast as Syntax,
        part => compileCode(serialize(part as never), () => place(part.start)).evaluate,
      )
    return parts?.(scope)
  }
  const references = once(() => referencesAt(tree.names(), place))
  return {
    get references() {
      return references()
    },
    literal: false,
    evaluate: scope => {
      const value = whole(scope)
      return isUnknown(value) ? (partly(scope) ?? value) : value
    },
  }
}

const said = (
  { what, fix }: { what: string; fix?: string },
  code: string,
  origin: Origin,
): [string, { why: string; fix?: string; origin: Origin }] => [
  what,
  { why: `In the expression: ${quoted(code)}`, fix, origin },
]

/**
 * Compiles what is an expression by its place (`when`, `loop`, `assert`): CEL without braces, or exactly one `{{ }}`.
 *
 * Throws a Refusal `playbook-expression` with the place of the fault.
 */
export const compileExpression = (text: string, origin: Origin): Expression => {
  const trimmed = text.trim()
  if (trimmed === '') refuse('playbook-expression', 'The expression is empty.', { origin })
  if (!trimmed.startsWith('{{')) return compileCode(text, offset => placeIn(origin, text, offset))
  const [only, more] = pieces(trimmed, origin)
  if (only && 'code' in only && !more) return compilePiece(only, text, text.indexOf('{{'), origin)
  return refuse('playbook-expression', 'Here the whole text is an expression, braces cannot be a part of it.', {
    origin,
    fix: 'Leave out {{ and }}.',
  })
}

const compilePiece = (
  piece: Extract<Piece, { code: string }>,
  text: string,
  shift: number,
  origin: Origin,
): Expression => compileCode(piece.code, offset => placeIn(origin, text, shift + piece.offset + offset))

/** How a value reads inside text. */
const printed = (value: unknown, origin: Origin): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const kind = value === null || value === undefined ? 'null' : Array.isArray(value) ? 'a list' : 'a mapping'
  return refuse('playbook-value', `The value of this expression is ${kind}, which cannot stand inside text.`, {
    origin,
    fix:
      kind === 'a list'
        ? 'Join it: {{ list.join(",") }}.'
        : 'Take one member of it, or let the expression stand alone.',
  })
}

/** Text around expressions: known when all of them are. */
const compileText = (parts: Piece[], text: string, origin: Origin): Expression => {
  const compiled = parts.map(part => {
    if ('text' in part) return part.text
    return { expression: compilePiece(part, text, 0, origin), origin: placeIn(origin, text, part.offset) }
  })
  const references = once(() => compiled.flatMap(part => (typeof part === 'string' ? [] : part.expression.references)))
  return {
    get references() {
      return references()
    },
    literal: false,
    evaluate: scope => {
      let whole = ''
      for (const part of compiled) {
        const value = typeof part === 'string' ? part : part.expression.evaluate(scope)
        if (isUnknown(value)) return value
        whole += printed(value, typeof part === 'string' ? origin : part.origin)
      }
      return whole
    },
  }
}

const constant = (value: unknown): Expression => ({ references: [], literal: true, evaluate: () => value })

/** What a vault keeps is opened when it is read. It is no template. */
const sealed = (text: SealedText): Expression => ({ references: [], literal: false, evaluate: () => text.open() })

const compileString = (text: string, origin: Origin): Expression => {
  if (!hasBraces(text)) return constant(text)
  const parts = pieces(text, origin)
  const [only, more] = parts
  return only && 'code' in only && !more ? compilePiece(only, text, 0, origin) : compileText(parts, text, origin)
}

/** A list or mapping, leaf by leaf: `build` makes it again from the values of its members. */
const compileTree = (value: object, members: Expression[], build: (values: unknown[]) => unknown): Expression => {
  if (members.every(one => one.literal)) return constant(value)
  const references = once(() => members.flatMap(one => one.references))
  return {
    get references() {
      return references()
    },
    literal: false,
    evaluate: scope => build(members.map(one => one.evaluate(scope))),
  }
}

const compileValue = (value: unknown, located: Located): Expression => {
  if (typeof value === 'string') return compileString(value, located.origin)
  if (value instanceof SealedText) return sealed(value)
  if (value === null || typeof value !== 'object') return constant(value)
  if (Array.isArray(value)) {
    const members = value.map((inner, index) => compileValue(inner, locatedMember(located, index)))
    return compileTree(value, members, values => values)
  }
  const keys = Object.keys(value)
  const members = Object.entries(value).map(([key, inner]) => compileValue(inner, locatedMember(located, key)))
  return compileTree(value, members, values => Object.fromEntries(keys.map((key, index) => [key, values[index]])))
}

/** What is written at a place is compiled once: the check, the graph and each host's values do. */
const compiled = new WeakMap<Located, Expression>()

/**
 * Compiles a value of YAML: strings may hold `{{ }}`. A string that is exactly one keeps the value's type, text around
 * expressions makes a string (numbers and booleans print plainly, a list or mapping is refused).
 *
 * Throws a Refusal `playbook-expression` with the place of the fault.
 */
export const compileTemplate = (value: unknown, located: Located): Expression => {
  if (value !== located.value) return compileValue(value, located)
  const expression = compiled.get(located) ?? compileValue(value, located)
  compiled.set(located, expression)
  return expression
}
