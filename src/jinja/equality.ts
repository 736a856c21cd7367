import { Dict, Moment, Tuple, usable, type Value } from './value.ts'

type Number = bigint | number
/** A value as Python counts with it: True is 1. Undefined where it is no number. */
export const numeric = (value: Value): Number | undefined => {
  if (typeof value === 'boolean') return value ? 1n : 0n
  return typeof value === 'bigint' || typeof value === 'number' ? value : undefined
}

const sameLists = (a: Value[], b: Value[]): boolean =>
  a instanceof Tuple === b instanceof Tuple && a.length === b.length && a.every((one, at) => equal(one, b[at]!))

const sameDicts = (a: Dict, b: Dict): boolean =>
  a.size === b.size &&
  a.entries().every(([key, value]) => {
    const other = b.get(key)
    return other !== undefined && equal(value, other)
  })

/** Python's `==`: 1, 1.0 and True are one, the order of a mapping does not count. Throws what is undefined or unknown. */
export const equal = (left: Value, right: Value): boolean => {
  const [a, b] = [usable(left), usable(right)]
  if (a === b) return true
  const [one, other] = [numeric(a), numeric(b)]
  // biome-ignore lint/suspicious/noDoubleEquals: of an integer and a float it is exact, and === is false.
  if (one !== undefined && other !== undefined) return one == other
  if (Array.isArray(a) && Array.isArray(b)) return sameLists(a, b)
  if (a instanceof Dict && b instanceof Dict) return sameDicts(a, b)
  return a instanceof Moment && b instanceof Moment && sameMoment(a, b)
}

const sameMoment = (a: Moment, b: Moment): boolean => instantOf(a) === instantOf(b) && !a.time === !b.time

/** Microseconds since 1970; of one without a zone as if it were in UTC. */
export const instantOf = ({ parts: [year, month, day], time = [0, 0, 0, 0], offset = 0 }: Moment): bigint => {
  const [hour, minute, second, microsecond] = time
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute - offset, second)
  return BigInt(date.getTime()) * 1000n + BigInt(microsecond)
}
