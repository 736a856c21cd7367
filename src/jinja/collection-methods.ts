import { equal } from './equality.ts'
import { iterate } from './iterate.ts'
import type { Method } from './methods.ts'
import { compare } from './order.ts'
import { Dict, orElse, Tuple, tupleOf, type Value, ValueFault } from './value.ts'

const positionIn = (list: Value[], value: Value): number => {
  const at = list.findIndex(one => equal(one, value))
  if (at < 0) throw new ValueFault('This is not in the list.')
  return at
}

const popAt = (list: Value[], index: Value = -1n): Value => {
  const at = Number(index)
  const found = list.splice(at < 0 ? at + list.length : at, 1)
  if (at >= list.length + found.length || found.length === 0) throw new ValueFault('pop index out of range')
  return found[0]!
}

const inserted = (list: Value[], index: Value, value: Value): null => {
  list.splice(Number(index), 0, value)
  return null
}

const sorted = (list: Value[], named: Dict): null => {
  const isReversed = named.get('reverse') === true
  list.sort((a, b) => (isReversed ? compare(b, a) : compare(a, b)))
  return null
}

const nothing = (_: unknown): null => null

/** Methods of lists, each with its parameters. Tuples have those that change nothing. */
export const listMethods: Record<string, [parameters: string[], run: Method]> = {
  append: [['object'], (list: Value[], value: Value) => nothing(list.push(value))],
  clear: [[], (list: Value[]) => nothing(list.splice(0))],
  copy: [[], (list: Value[]) => [...list]],
  count: [['value'], (list: Value[], value: Value) => BigInt(list.filter(one => equal(one, value)).length)],
  extend: [['iterable'], (list: Value[], more: Value) => nothing(list.push(...iterate(more)))],
  index: [['value'], (list: Value[], value: Value) => BigInt(positionIn(list, value))],
  insert: [['index', 'object'], inserted],
  pop: [['index?'], popAt],
  remove: [['value'], (list: Value[], value: Value) => nothing(list.splice(positionIn(list, value), 1))],
  reverse: [[], (list: Value[]) => nothing(list.reverse())],
  sort: [['**'], sorted],
}
export const tupleMethods = { count: listMethods.count!, index: listMethods.index! }

const pairsOf = (value: Value): [Value, Value][] =>
  value instanceof Dict
    ? value.entries()
    : iterate(value).map(pair => {
        const [key, one] = iterate(pair)
        if (key === undefined || one === undefined) throw new ValueFault('A list of pairs was expected.')
        return [key, one]
      })

const updated = (dict: Dict, others: Value[], named: Dict): null => {
  for (const [key, value] of [...others.flatMap(pairsOf), ...named.entries()]) dict.set(key, value)
  return null
}

const popKey = (dict: Dict, key: Value, usual?: Value): Value => {
  const found = orElse(dict.get(key), () => usual)
  if (found === undefined) throw new ValueFault('There is no such key.')
  dict.delete(key)
  return found
}

const orSet = (dict: Dict, key: Value, usual: Value = null): Value => {
  if (!dict.has(key)) dict.set(key, usual)
  return dict.get(key)!
}

const popLast = (dict: Dict): Value => {
  const last = dict.entries().at(-1)
  if (!last) throw new ValueFault('popitem(): dictionary is empty')
  dict.delete(last[0])
  return tupleOf(last)
}

/** Methods of mappings, each with its parameters. */
export const dictMethods: Record<string, [parameters: string[], run: Method]> = {
  clear: [[], (dict: Dict) => nothing(dict.keys().map(key => dict.delete(key)))],
  copy: [[], (dict: Dict) => new Dict(dict)],
  get: [['key', 'default?'], (dict: Dict, key: Value, usual: Value = null) => orElse(dict.get(key), () => usual)],
  items: [[], (dict: Dict) => dict.entries().map(pair => tupleOf(pair))],
  keys: [[], (dict: Dict) => dict.keys()],
  pop: [['key', 'default?'], popKey],
  popitem: [[], popLast],
  setdefault: [['key', 'default?'], orSet],
  update: [['*', '**'], updated],
  values: [[], (dict: Dict) => dict.values()],
}

/** Puts pairs, another mapping and named values into a new one, as Python's `dict()` does. */
export const dictOf = (others: Value[], named: Dict): Dict => {
  const made = new Dict()
  updated(made, others, named)
  return made
}

export const methodsOfList = (list: Value[]) => (list instanceof Tuple ? tupleMethods : listMethods)
