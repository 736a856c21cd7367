import type { Origin } from '../core/failure.ts'

/**
 * A value with the place in a text where it was written, and the places of everything in it.
 * `at` takes a JSON pointer relative to this value and answers with the nearest place that is known: a member that
 * came by a YAML alias or a default has none of its own.
 */
export type Located<T = unknown> = { value: T; origin: Origin; at(pointer: string): Origin }

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
  return { value, origin: located.at(prefix), at: pointer => located.at(prefix + pointer) }
}

/** Where a key of a mapping was written: that is what a message about an unknown key points at. */
export const keyOrigin = (located: Located, key: string): Origin => located.at(step(key) + keyMark)

/** A value that comes from one place as a whole: a command line, a default. */
export const locatedAt = <T>(value: T, origin: Origin): Located<T> => ({ value, origin, at: () => origin })

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
