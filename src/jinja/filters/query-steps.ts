import { equal, numeric } from '../equality.ts'
import { compare } from '../order.ts'
import { slice } from '../slice.ts'
import { Dict, usable, type Value, ValueFault } from '../value.ts'

/** What an expression makes of data; `&expression` makes a function, which only a function of queries takes. */
export type DataQuery = (data: Value) => Value | QueryReference
export type QueryReference = (data: Value) => Value

export type Sign = '==' | '!=' | '<' | '<=' | '>' | '>='

/** A value, and no `&expression`. */
const valueFrom = (query: DataQuery, data: Value): Value => {
  const found = query(data)
  if (typeof found === 'function') throw new ValueFault('&expression stands outside of a function in this query.')
  return usable(found)
}

/** What counts as no: nothing, false, and what is empty. Zero is yes. */
const isFalse = (value: Value): boolean =>
  value === null ||
  value === false ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (value instanceof Dict && value.size === 0)

export const isNumber = (value: Value): value is bigint | number =>
  typeof value === 'bigint' || typeof value === 'number'

export const itself: DataQuery = data => data
export const constant =
  (value: Value): DataQuery =>
  () =>
    value
export const field =
  (name: string): DataQuery =>
  data => {
    const owner = usable(data)
    return owner instanceof Dict ? (owner.get(name) ?? null) : null
  }
export const at =
  (index: number): DataQuery =>
  data => {
    const list = usable(data)
    return Array.isArray(list) ? (list.at(index) ?? null) : null
  }
export const sliceStep =
  (start: bigint | null, stop: bigint | null, step: bigint | null): DataQuery =>
  data => {
    const list = usable(data)
    return Array.isArray(list) ? slice(list, start, stop, step) : null
  }
export const chained =
  (left: DataQuery, right: DataQuery): DataQuery =>
  data =>
    right(valueFrom(left, data))
export const reference =
  (inner: DataQuery): DataQuery =>
  () =>
  data =>
    valueFrom(inner, data)

const present = (items: Value[], right: DataQuery): Value[] =>
  items.map(one => valueFrom(right, one)).filter(one => one !== null)

/** Each member of a list; what is nothing then is left out. */
export const each =
  (left: DataQuery, right: DataQuery): DataQuery =>
  data => {
    const list = valueFrom(left, data)
    return Array.isArray(list) ? present(list, right) : null
  }
export const valuesEach =
  (left: DataQuery, right: DataQuery): DataQuery =>
  data => {
    const owner = valueFrom(left, data)
    return owner instanceof Dict ? present(owner.values(), right) : null
  }
export const filtered =
  (left: DataQuery, condition: DataQuery, right: DataQuery): DataQuery =>
  data => {
    const list = valueFrom(left, data)
    if (!Array.isArray(list)) return null
    return present(
      list.filter(one => !isFalse(valueFrom(condition, one))),
      right,
    )
  }
export const flat =
  (left: DataQuery): DataQuery =>
  data => {
    const list = valueFrom(left, data)
    if (!Array.isArray(list)) return null
    return list.flatMap(one => {
      const there = usable(one)
      return Array.isArray(there) ? there : [there]
    })
  }
export const listStep =
  (all: DataQuery[]): DataQuery =>
  data =>
    usable(data) === null ? null : all.map(one => valueFrom(one, data))
export const mappingOf =
  (pairs: (readonly [string, DataQuery])[]): DataQuery =>
  data =>
    usable(data) === null ? null : new Dict(pairs.map(([key, one]) => [key, valueFrom(one, data)]))
export const not =
  (inner: DataQuery): DataQuery =>
  data =>
    isFalse(valueFrom(inner, data))
export const or =
  (left: DataQuery, right: DataQuery): DataQuery =>
  data => {
    const found = valueFrom(left, data)
    return isFalse(found) ? right(data) : found
  }
export const and =
  (left: DataQuery, right: DataQuery): DataQuery =>
  data => {
    const found = valueFrom(left, data)
    return isFalse(found) ? found : right(data)
  }

/** True is not 1 here. */
const isSame = (a: Value, b: Value): boolean =>
  (typeof a === 'boolean') !== (typeof b === 'boolean') && numeric(a) !== undefined && numeric(b) !== undefined
    ? false
    : equal(a, b)

const ORDERS: Record<string, (order: number) => boolean> = {
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}
const isOrdered = (value: Value): boolean => isNumber(value) || typeof value === 'string'

export const compared =
  (sign: Sign, left: DataQuery, right: DataQuery): DataQuery =>
  data => {
    const [a, b] = [valueFrom(left, data), valueFrom(right, data)]
    if (sign === '==') return isSame(a, b)
    if (sign === '!=') return !isSame(a, b)
    return isOrdered(a) && isOrdered(b) ? ORDERS[sign]!(compare(a, b, sign)) : null
  }
