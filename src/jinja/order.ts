import { equal, instantOf, numeric } from './equality.ts'
import { Moment, Tuple, typeName, usable, type Value, ValueFault } from './value.ts'

/** Texts by their code points, not by JavaScript's halves of them. */
const compareText = (a: string, b: string): number => {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()]
  for (;;) {
    const [one, other] = [left.next(), right.next()]
    if (one.done || other.done) return Number(other.done ?? false) - Number(one.done ?? false)
    if (one.value !== other.value) return one.value.codePointAt(0)! - other.value.codePointAt(0)!
  }
}

const compareLists = (a: Value[], b: Value[], sign: string): number => {
  const at = a.findIndex((one, index) => index >= b.length || !equal(one, b[index]!))
  if (at < 0) return a.length - b.length
  return at >= b.length ? 1 : compare(a[at]!, b[at]!, sign)
}

/**
 * Below zero where Python's `<` holds, zero for equal ones, above zero else; NaN is of no order. Throws a ValueFault for
 * values of different kinds, which Python does not order; what is undefined or unknown as it is.
 */
export const compare = (left: Value, right: Value, sign = '<'): number => {
  const [a, b] = [usable(left), usable(right)]
  const [one, other] = [numeric(a), numeric(b)]
  if (one !== undefined && other !== undefined) return one < other ? -1 : one > other ? 1 : equal(a, b) ? 0 : Number.NaN
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (Array.isArray(a) && Array.isArray(b) && a instanceof Tuple === b instanceof Tuple) return compareLists(a, b, sign)
  if (a instanceof Moment && b instanceof Moment && !a.time === !b.time) return Number(instantOf(a) - instantOf(b))
  throw new ValueFault(`'${sign}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`)
}
