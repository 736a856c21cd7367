import { operate } from '../arithmetic.ts'
import { type Callable, callable } from '../callable.ts'
import { equal } from '../equality.ts'
import { isHashable } from '../hashable.ts'
import { iterate, lengthOf } from '../iterate.ts'
import { compare } from '../order.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { Dict, tupleOf, typeName, usable, type Value, ValueFault } from '../value.ts'
import { wholeNumber } from './argument.ts'
import { attributeGetter, emptyFault, keyGetter, keysGetter } from './attribute.ts'

const length = (value: Value): Value => {
  const found = lengthOf(value)
  if (found === undefined) throw new ValueFault(`object of type '${typeName(value)}' has no len()`)
  return BigInt(found)
}

const first = (value: Value): Value => {
  const [found = emptyFault('first item')] = iterate(value)
  return found
}
const last = (value: Value): Value => {
  const [found = emptyFault('last item')] = iterate(value).slice(-1)
  return found
}

const join = (value: Value, between: Value = '', attribute: Value = null): Value => {
  const get = attributeGetter(attribute)
  return iterate(value)
    .map(item => str(get(item)))
    .join(str(between))
}

const reverse = (value: Value): Value => {
  const reversed = iterate(value).toReversed()
  return typeof value === 'string' ? reversed.join('') : reversed
}

/** Items in the order of their keys. Those of equal keys stay as they were, downwards too. */
const sorted = (items: Value[], keyOf: (item: Value) => Value, isDownwards: boolean): Value[] => {
  const keyed = items.map(item => ({ item, key: keyOf(item) }))
  const sign = isDownwards ? -1 : 1
  return keyed.sort((a, b) => sign * compare(a.key, b.key)).map(({ item }) => item)
}

const sort = (value: Value, reverse: Value = false, caseSensitive: Value = false, attribute: Value = null): Value =>
  sorted(iterate(value), keysGetter(attribute, truth(caseSensitive)), truth(reverse))

const extreme =
  (sign: 1 | -1) =>
  (value: Value, caseSensitive: Value = false, attribute: Value = null): Value => {
    const keyOf = keyGetter(attribute, truth(caseSensitive))
    const [start, ...rest] = iterate(value)
    if (start === undefined) return emptyFault('aggregated item')
    let found = { item: start, key: keyOf(start) }
    for (const item of rest) {
      const key = keyOf(item)
      if (sign * compare(key, found.key, sign < 0 ? '>' : '<') < 0) found = { item, key }
    }
    return found.item
  }

const sum = (value: Value, attribute: Value = null, start: Value = 0n): Value => {
  const items = iterate(value).map(attributeGetter(attribute))
  if (typeof start === 'string') throw new ValueFault("sum() can't sum strings")
  return items.reduce((sum, item) => operate('+', sum, item), start)
}

/** Items of which no earlier one has the same key. */
const withoutRepeats = (items: Value[], keyOf: (item: Value) => Value): Value[] => {
  const seen = new Dict()
  return items.filter(item => {
    const key = keyOf(item)
    if (seen.has(key)) return false
    seen.set(key, null)
    return true
  })
}

/** The same for items of any kind, one compared with each before it. */
export const distinct = (items: Value[]): Value[] =>
  items.every(isHashable)
    ? withoutRepeats(items, item => item)
    : items.filter((item, at) => !items.slice(0, at).some(other => equal(item, other)))

const unique = (value: Value, caseSensitive: Value = null, attribute: Value = null): Value => {
  const items = iterate(value)
  const keyOf = keyGetter(attribute, truth(caseSensitive))
  if (items.map(keyOf).every(isHashable)) return withoutRepeats(items, keyOf)
  if (caseSensitive === false || truth(attribute)) throw new ValueFault('unique cannot compare lists and mappings so')
  return distinct(items)
}

const NOTHING: Value[] = [null, 'None', 'null']

/** Lists in a list as part of it, `levels` deep, and without what is null. */
export const flattened = (value: Value, levels: number, skipsNulls: boolean): Value[] =>
  iterate(value).flatMap((item): Value[] => {
    if (skipsNulls && NOTHING.includes(item)) return []
    return Array.isArray(item) && levels >= 1 ? flattened(item, levels - 1, skipsNulls) : [item]
  })

const flatten = (value: Value, levels: Value = null, skipNulls: Value = true): Value =>
  flattened(value, levels === null ? Number.POSITIVE_INFINITY : wholeNumber(levels), truth(skipNulls))

const batch = (value: Value, linecount: Value, fillWith: Value = null): Value => {
  const [items, size] = [iterate(value), wholeNumber(linecount)]
  if (size < 1) return items.length === 0 ? [] : [items]
  const rows = Array.from({ length: Math.ceil(items.length / size) }, (_, row) =>
    items.slice(row * size, (row + 1) * size),
  )
  const short = rows.at(-1)
  if (short && fillWith !== null) short.push(...Array(size - short.length).fill(fillWith))
  return rows
}

const slice = (value: Value, slices: Value, fillWith: Value = null): Value => {
  const [items, count] = [iterate(value), wholeNumber(slices)]
  if (count === 0) throw new ValueFault('integer division or modulo by zero')
  const [each, longer] = [Math.floor(items.length / count), items.length % count]
  let at = 0
  return Array.from({ length: Math.max(count, 0) }, (_, number) => {
    const row = items.slice(at, at + each + (number < longer ? 1 : 0))
    at += row.length
    if (fillWith !== null && number >= longer) row.push(fillWith)
    return row
  })
}

const groupby = (value: Value, attribute: Value, other: Value = null, caseSensitive: Value = false): Value => {
  const get = attributeGetter(attribute, other)
  const isExact = truth(caseSensitive)
  const keyOf = (item: Value): Value => {
    const key = usable(get(item))
    return typeof key === 'string' && !isExact ? key.toLowerCase() : key
  }
  const groups: { key: Value; items: Value[] }[] = []
  for (const item of sorted(iterate(value), keyOf, false)) {
    const key = keyOf(item)
    const group = groups.at(-1)
    if (group && equal(group.key, key)) group.items.push(item)
    else groups.push({ key, items: [item] })
  }
  return groups.map(({ items }) => tupleOf([get(items[0]!), items]))
}

/** Filters that count, choose and arrange the items of a list. */
export const listFilters: Record<string, Callable> = {
  length: callable(['value'], length),
  count: callable(['value'], length),
  list: callable(['value'], iterate),
  first: callable(['value'], first),
  last: callable(['value'], last),
  join: callable(['value', 'd?', 'attribute?'], join),
  reverse: callable(['value'], reverse),
  sort: callable(['value', 'reverse?', 'case_sensitive?', 'attribute?'], sort),
  min: callable(['value', 'case_sensitive?', 'attribute?'], extreme(1)),
  max: callable(['value', 'case_sensitive?', 'attribute?'], extreme(-1)),
  sum: callable(['iterable', 'attribute?', 'start?'], sum),
  unique: callable(['a', 'case_sensitive?', 'attribute?'], unique),
  flatten: callable(['mylist', 'levels?', 'skip_nulls?'], flatten),
  batch: callable(['value', 'linecount', 'fill_with?'], batch),
  slice: callable(['value', 'slices', 'fill_with?'], slice),
  groupby: callable(['value', 'attribute', 'default?', 'case_sensitive?'], groupby),
}
