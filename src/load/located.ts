import type { Origin } from '../core/failure.ts'
import { fromPlain, isToldPlainly, toPlain } from '../jinja/plain.ts'
import { Dict, type Value } from '../jinja/value.ts'
import type { Doubt } from './doubt.ts'

/** A value as YAML has it. `isTemplate`: whether braces in its texts mean anything; not where it is tagged `!unsafe`. */
export type Exact = { value: Value; isTemplate: boolean }

/**
 * A value with the place in a text where it was written, and the places of everything in it.
 * `at` takes a JSON pointer relative to this value and answers with the nearest place that is known: a member that
 * came by a YAML alias or a default has none of its own.
 *
 * Where plain data does not say all that is written, `exact` answers with it, and with undefined for a part of which plain
 * data does: 8.0, integers beyond 2^53, dates, keys that are no texts, the order of keys that look like numbers, and what is
 * no template. `doubts` are what YAML may have read otherwise than it was meant, in a part.
 */
export type Located<T = unknown> = {
  value: T
  origin: Origin
  at(pointer: string): Origin
  exact?(pointer: string): Exact | undefined
  doubts?(pointer: string): Doubt[]
}

/** A key of a mapping as plain data and pointers have it. */
export const keyText = (key: Value): string => (typeof key === 'string' ? key : String(toPlain(key)))

/** One step of a JSON pointer (RFC 6901, section 3). */
export const step = (key: string | number): string => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Marks the pointer of a key itself: `~k` cannot come from an escaped key. */
export const keyMark = '~k'

/** The value under a key (or index) of a mapping or list; undefined where there is none. */
export const locatedMember = (located: Located, key: string | number): Located => {
  const prefix = step(key)
  const tree = located.value
  const value =
    tree !== null && typeof tree === 'object' && Object.hasOwn(tree, key)
      ? (tree as Record<string | number, unknown>)[key]
      : undefined
  return {
    value,
    origin: located.at(prefix),
    at: pointer => located.at(prefix + pointer),
    ...(located.exact && { exact: pointer => located.exact!(prefix + pointer) }),
    ...(located.doubts && { doubts: pointer => located.doubts!(prefix + pointer) }),
  }
}

/** Where a key of a mapping was written: that is what a message about an unknown key points at. */
export const keyOrigin = (located: Located, key: string): Origin => located.at(step(key) + keyMark)

/** A value that comes from one place as a whole: a command line, a default. */
export const locatedAt = <T>(value: T, origin: Origin): Located<T> => ({ value, origin, at: () => origin })

const partAt = (value: Value, pointer: string): Value | undefined =>
  pointer
    .split('/')
    .slice(1)
    .map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Value | undefined>((at, name) => {
      if (Array.isArray(at)) return at[Number(name)]
      return at instanceof Dict ? at.entries().find(([key]) => keyText(key) === name)?.[1] : undefined
    }, value)

/** A value that comes from one place as a whole, and is more than plain data can say. */
export const locatedValue = (value: Value, origin: Origin): Located => ({
  ...locatedAt(toPlain(value), origin),
  ...(!isToldPlainly(value) && {
    exact: pointer => {
      const part = partAt(value, pointer)
      return part === undefined || isToldPlainly(part) ? undefined : { value: part, isTemplate: true }
    },
  }),
})

/** A value that an expression has come to: texts in it are no templates. */
export const locatedResult = (value: Value, origin: Origin): Located => ({
  ...locatedAt(toPlain(value), origin),
  exact: pointer => {
    const part = partAt(value, pointer)
    return part === undefined ? undefined : { value: part, isTemplate: false }
  },
})

/** The value of what is written, as templates have it. */
export const exactValue = ({ value, exact }: Located): Value => exact?.('')?.value ?? fromPlain(value)

/**
 * The place of the character at `offset` of a text that was written at `origin`. `length` of an origin is that of the
 * first line as written: where it equals the text's own first line nothing was escaped or folded, and lines of a
 * literal block all begin in the same column. Everywhere else the best answer is the beginning.
 */
export const placeIn = (origin: Origin, text: string, offset: number): Origin => {
  const first = text.indexOf('\n')
  if (origin.length !== (first < 0 ? text.length : first)) return origin
  const before = text.slice(0, offset)
  const line = before.split('\n').length - 1
  const column = offset - (before.lastIndexOf('\n') + 1)
  return { file: origin.file, line: origin.line + line, column: origin.column + column }
}
