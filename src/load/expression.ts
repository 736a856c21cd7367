import { type Origin, type Reason, refuse } from '../core/failure.ts'
import { SealedText } from '../core/vault-file.ts'
import { ansibleDelimiters, type Delimiters } from '../jinja/delimiters.ts'
import { variableReads } from '../jinja/free-names.ts'
import { fromPlain, toData, toPlain } from '../jinja/plain.ts'
import { type JinjaTemplate, readExpression, readTemplate, templateValue, withNewlinesOf } from '../jinja/template.ts'
import { Dict, Omit, type Value } from '../jinja/value.ts'
import { hasBraces } from './braces.ts'
import { refuseCelCalls } from './cel-words.ts'
import { keyText, type Located, locatedMember, placeIn } from './located.ts'
import type { Reference } from './references.ts'
import { type HostScope, valueIn } from './scope-values.ts'
import { originOf, readable, type Source, told } from './template-faults.ts'
import { askingIn } from './template-file.ts'

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
   * The value in a scope, as plain data. A value that is not known is returned in its place, never thrown: as the whole
   * result, or as a leaf of a list or mapping. Undefined where it is `omit`. What comes out is data and is not scanned
   * for expressions again.
   *
   * Throws a Refusal `playbook-value`: no such name or member, types that do not go together.
   */
  evaluate(scope: HostScope): unknown
  /** The same as a value of the language: what is undefined is one too, and throws nothing. */
  value(scope: HostScope): Value
}

/** What `evaluate` gives, with what plain data cannot tell of it: for values that expressions read again. */
export const exactly = (expression: Expression, scope: HostScope): unknown => {
  const plain = expression.evaluate(scope)
  return plain === undefined ? plain : toData(expression.value(scope))
}

/** How values of YAML are written: backslashes in texts within braces are only themselves. */
const ofValues: Delimiters = { ...ansibleDelimiters, backslashes: 'literal' }

/** An expression in a message: what is longer than a few lines says no more. */
const quoted = (code: string): string => (code.length > 300 ? `${code.trim().slice(0, 300)}…` : code.trim())

const sourceOf = (text: string, origin: Origin): Source => ({
  text,
  place: (at, length) => ({ ...placeIn(origin, text, at), length }),
  said: `In the expression: ${quoted(text)}`,
})

/** Made when it is asked for, and then kept. */
const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const ofTemplate = (template: JinjaTemplate, source: Source): Expression => {
  const references = once(() =>
    variableReads(template, () => undefined).map(
      ({ place, ...read }): Reference => ({ ...read, origin: originOf(place) }),
    ),
  )
  const value = (scope: HostScope): Value => {
    const found = templateValue(template, {
      ...askingIn(scope),
      variable: name => valueIn(scope, name),
      names: () => Object.keys(scope),
      template: () => undefined,
    })
    return typeof found === 'string' ? withNewlinesOf(source.text, found, template.how) : found
  }
  return {
    get references() {
      return references()
    },
    literal: false,
    value,
    evaluate: scope => told(source, 'playbook-value', () => plainOf(value(scope))),
  }
}

const plainOf = (value: Value): unknown => (value instanceof Omit ? undefined : toPlain(value))

/**
 * What is written at a place is compiled once, however often it is looked at: the check, the graph and each host's values
 * do.
 */
const compiled = new Map<string, Expression>()
const compileOnce = (kind: string, text: string, origin: Origin, make: () => Expression): Expression => {
  const key = `${kind} ${origin.file}:${origin.line}:${origin.column}:${origin.length} ${text}`
  const expression = compiled.get(key) ?? make()
  compiled.set(key, expression)
  return expression
}

const compileText = (text: string, origin: Origin, read: typeof readTemplate, how: Delimiters): Expression => {
  const source = sourceOf(text, origin)
  const template = readable(source, EXPRESSION, () => {
    const found = read(text, how, source)
    refuseCelCalls(found.statements)
    return found
  })
  return ofTemplate(template, source)
}
const EXPRESSION: Reason = 'playbook-expression'

/**
 * Compiles what is an expression by its place (`when`, `loop`, `assert`): Jinja without braces, or exactly one `{{ }}`.
 *
 * Throws a Refusal `playbook-expression` with the place of the fault.
 */
export const compileExpression = (text: string, origin: Origin): Expression => {
  const trimmed = text.trim()
  if (trimmed === '') refuse(EXPRESSION, 'The expression is empty.', { origin })
  if (/^\{\{[\s\S]*\}\}$/.test(trimmed)) return compileString(text, origin)
  return compileOnce('bare', text, origin, () => {
    try {
      return compileText(text, origin, readExpression, ansibleDelimiters)
    } catch (error) {
      const braces = text.indexOf('{{')
      if (braces < 0 || /^[^'"]*['"]/.test(text.slice(0, braces))) throw error
      return refuse(EXPRESSION, 'Here the whole text is an expression, braces cannot be a part of it.', {
        origin: placeIn(origin, text, braces),
        fix: 'Leave out {{ and }}.',
      })
    }
  })
}

/** What holds no expression. `exact`: its value, where plain data does not say all of it. */
const constant = (value: unknown, exact?: Value): Expression => {
  const own = once(() => (exact === undefined ? fromPlain(value) : exact))
  return { references: [], literal: true, evaluate: () => value, value: own }
}

/** What a vault keeps is opened when it is read. It is no template. */
const sealed = (text: SealedText): Expression => ({
  references: [],
  literal: false,
  evaluate: () => text.open(),
  value: () => text.open(),
})

const compileString = (text: string, origin: Origin): Expression =>
  compileOnce('template', text, origin, () => compileText(text, origin, readTemplate, ofValues))

/** A list or mapping, leaf by leaf: `build` makes it again from the values of its members. */
const compileTree = (
  written: object,
  members: Expression[],
  build: { plain(values: unknown[]): unknown; value(values: Value[]): Value },
  exact?: Value,
): Expression => {
  if (members.every(one => one.literal)) return constant(written, exact)
  const references = once(() => members.flatMap(one => one.references))
  return {
    get references() {
      return references()
    },
    literal: false,
    evaluate: scope => build.plain(members.map(one => one.evaluate(scope))),
    value: scope => build.value(members.map(one => one.value(scope))),
  }
}

const listOf = {
  plain: (values: unknown[]) => values.filter(one => one !== undefined),
  value: (values: Value[]): Value => values.filter(one => !(one instanceof Omit)),
}

/** `names`: its keys as plain data has them. */
const mappingOf = (names: string[], keys: Value[]) => ({
  plain: (values: unknown[]) =>
    Object.fromEntries(names.map((name, index) => [name, values[index]]).filter(([, value]) => value !== undefined)),
  value: (values: Value[]): Value =>
    new Dict(keys.map((key, index) => [key, values[index]!] as const).filter(([, one]) => !(one instanceof Omit))),
})

const compileValue = (value: unknown, located: Located): Expression => {
  if (value instanceof SealedText) return sealed(value)
  const exact = located.exact?.('')
  if (exact?.isTemplate === false) return constant(value, exact.value)
  if (typeof value === 'string' && hasBraces(value)) return compileString(value, located.origin)
  if (value === null || typeof value !== 'object') return constant(value, exact?.value)
  if (Array.isArray(value)) {
    const members = value.map((inner, index) => compileValue(inner, locatedMember(located, index)))
    return compileTree(value, members, listOf, exact?.value)
  }
  const keys = exact?.value instanceof Dict ? exact.value.keys() : Object.keys(value)
  const names = keys.map(keyText)
  const written = value as Record<string, unknown>
  const members = names.map(name => compileValue(written[name], locatedMember(located, name)))
  return compileTree(value, members, mappingOf(names, keys), exact?.value)
}

/** What is written at a place is compiled once. */
const compiledAt = new WeakMap<Located, Expression>()

/**
 * Compiles a value of YAML: strings may hold `{{ }}` and `{% %}`. A string that is exactly one `{{ }}` keeps the value's
 * type, anything around it makes a text of it, as Python prints it.
 *
 * Throws a Refusal `playbook-expression` with the place of the fault.
 */
export const compileTemplate = (value: unknown, located: Located): Expression => {
  if (value !== located.value) {
    // What is exact of what was written says nothing of another value.
    const { exact: _, ...place } = located
    return compileValue(value, place)
  }
  const expression = compiledAt.get(located) ?? compileValue(value, located)
  compiledAt.set(located, expression)
  return expression
}
