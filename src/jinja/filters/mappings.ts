import { type Callable, callable } from '../callable.ts'
import { equal } from '../equality.ts'
import { Iterable, iterate } from '../iterate.ts'
import { memberByKey } from '../named-member.ts'
import { compare } from '../order.ts'
import { repr } from '../repr.ts'
import { truth } from '../truth.ts'
import { Dict, tupleOf, typeName, usable, type Value, ValueFault } from '../value.ts'
import { caseless } from './attribute.ts'
import { flattened } from './lists.ts'

const mapping = (value: Value, filter: string): Dict => {
  const there = usable(value)
  if (there instanceof Dict) return there
  throw new ValueFault(`${filter} requires a dictionary, got ${typeName(there)} instead.`)
}

const pairs = (value: Value): Value[] => mapping(value, 'items').entries().map(tupleOf)

const dict2items = (value: Value, keyName: Value = 'key', valueName: Value = 'value'): Value =>
  mapping(value, 'dict2items')
    .entries()
    .map(
      ([key, one]) =>
        new Dict([
          [keyName, key],
          [valueName, one],
        ]),
    )

const items2dict = (value: Value, keyName: Value = 'key', valueName: Value = 'value'): Value => {
  const list = usable(value)
  if (!Array.isArray(list)) throw new ValueFault(`items2dict requires a list, got ${typeName(list)} instead.`)
  const made = new Dict()
  for (const item of list) {
    const each = usable(item)
    if (!(each instanceof Dict))
      throw new ValueFault(`items2dict requires a list of dictionaries, got ${repr(list)} instead.`)
    const [key, one] = [each.get(keyName), each.get(valueName)]
    if (key === undefined || one === undefined)
      throw new ValueFault(
        `items2dict requires each dictionary to have ${repr(keyName)} and ${repr(valueName)}: ${repr(each)}`,
      )
    made.set(usable(key), one)
  }
  return made
}

const dictsort = (value: Value, caseSensitive: Value = false, by: Value = 'key', reverse: Value = false): Value => {
  if (by !== 'key' && by !== 'value') throw new ValueFault('You can only sort by either "key" or "value"')
  const isExact = truth(caseSensitive)
  const sign = truth(reverse) ? -1 : 1
  const keyed = mapping(value, 'dictsort')
    .entries()
    .map(entry => {
      const key = entry[by === 'key' ? 0 : 1]
      return { entry, key: isExact ? key : caseless(key) }
    })
  return keyed.sort((a, b) => sign * compare(a.key, b.key)).map(({ entry }) => tupleOf(entry))
}

type Merge = (low: Value[], high: Value[]) => Value[]
const without = (low: Value[], high: Value[]): Value[] => low.filter(one => !high.some(other => equal(one, other)))
const merges: Record<string, Merge> = {
  replace: (_low, high) => high,
  keep: low => low,
  append: (low, high) => [...low, ...high],
  prepend: (low, high) => [...high, ...low],
  append_rp: (low, high) => [...without(low, high), ...high],
  prepend_rp: (low, high) => [...high, ...without(low, high)],
}

const mergedValue = (low: Value, high: Value, isDeep: boolean, lists: Merge): Value => {
  if (low instanceof Dict && high instanceof Dict) return isDeep ? merged(low, high, isDeep, lists) : high
  return Array.isArray(low) && Array.isArray(high) ? lists(low, high) : high
}

/** What is in both is that of `high`, or put together where it is of one kind. */
const merged = (low: Dict, high: Dict, isDeep: boolean, lists: Merge): Dict => {
  const made = new Dict(low)
  for (const [key, value] of high)
    made.set(key, low.has(key) ? mergedValue(low.get(key)!, value, isDeep, lists) : value)
  return made
}

const combine = (terms: Value[], named: Dict): Value => {
  const stray = named.keys().find(key => key !== 'recursive' && key !== 'list_merge')
  if (stray !== undefined) throw new ValueFault("'recursive' and 'list_merge' are the only valid keyword arguments")
  const all = flattened(terms, 1, true).map(usable) as Value[]
  const [only] = all
  if (all.length < 2 && !(only instanceof Iterable)) return only ?? new Dict()
  const wanted = named.get('list_merge')
  const lists = wanted === undefined ? merges.replace : merges[String(wanted)]
  if (!lists) throw new ValueFault(`'list_merge' can only be one of ${Object.keys(merges).join(', ')}`)
  const dicts = all.map(one => {
    if (one instanceof Dict) return one
    throw new ValueFault(`failed to combine variables, expected dicts but got a '${typeName(one)}'`)
  })
  const isDeep = truth(named.get('recursive') ?? false)
  return dicts.reduceRight((high, low) => (equalOrEmpty(low, high) ? high : merged(low, high, isDeep, lists)))
}

/** Of two equal mappings lists are not appended to each other. */
const equalOrEmpty = (low: Dict, high: Dict): boolean => low.size === 0 || (low.size === high.size && isSame(low, high))
const isSame = (low: Dict, high: Dict): boolean => low.keys().every(key => high.has(key)) && equal(low, high)

const extract = (item: Value, container: Value, morekeys: Value = null): Value => {
  const more = usable(morekeys)
  return [item, ...(more === null ? [] : Array.isArray(more) ? more : [more])].reduce(memberByKey, container)
}

const subelements = (value: Value, path: Value, skipMissing: Value = false): Value => {
  const [from, names] = [usable(value), usable(path)]
  const elements = from instanceof Dict ? from.values() : from
  if (!Array.isArray(elements)) throw new ValueFault('obj must be a list of dicts or a nested dict')
  const keys = typeof names === 'string' ? names.split('.') : names
  if (!Array.isArray(keys)) throw new ValueFault('subelements must be a list or a string')
  return elements.flatMap(element => below(element, keys, truth(skipMissing)).map(one => tupleOf([element, one])))
}

const below = (element: Value, keys: Value[], skipsMissing: boolean): Value[] => {
  let found = usable(element) as Value
  for (const key of keys) {
    if (!(found instanceof Dict))
      throw new ValueFault(`the key ${key} should point to a dictionary, got '${repr(found)}'`)
    const next: Value | undefined = found.get(key)
    if (next === undefined && skipsMissing) return []
    if (next === undefined) throw new ValueFault(`could not find ${repr(key)} key in iterated item ${repr(found)}`)
    found = usable(next)
  }
  if (!Array.isArray(found))
    throw new ValueFault(`the key ${repr(keys.at(-1) ?? '')} should point to a list, got ${repr(found)}`)
  return found
}

const rekeyOnMember = (value: Value, key: Value, duplicates: Value = 'error'): Value => {
  if (duplicates !== 'error' && duplicates !== 'overwrite')
    throw new ValueFault(`duplicates parameter to rekey_on_member has unknown value ${repr(duplicates)}`)
  const data = usable(value)
  if (typeof data === 'string') throw new ValueFault('Type is not a valid list, set, or dict')
  const made = new Dict()
  for (const item of data instanceof Dict ? data.values() : iterate(data)) {
    const each = usable(item)
    if (!(each instanceof Dict)) throw new ValueFault('List item is not a valid dict')
    const name = each.get(key)
    if (name === undefined) throw new ValueFault(`Key ${repr(key)} was not found.`)
    const known = made.get(usable(name))
    if (known !== undefined && truth(known) && duplicates === 'error')
      throw new ValueFault(`Key ${repr(name)} is not unique, cannot convert to dict.`)
    made.set(name, each)
  }
  return made
}

/** Filters that make mappings of lists and lists of mappings, and put mappings together. */
export const mappingFilters: Record<string, Callable> = {
  items: callable(['value'], pairs),
  dict2items: callable(['mydict', 'key_name?', 'value_name?'], dict2items),
  items2dict: callable(['mylist', 'key_name?', 'value_name?'], items2dict),
  dictsort: callable(['value', 'case_sensitive?', 'by?', 'reverse?'], dictsort),
  combine: callable(['*', '**'], combine),
  extract: callable(['item', 'container', 'morekeys?'], extract),
  subelements: callable(['obj', 'subelements', 'skip_missing?'], subelements),
  rekey_on_member: callable(['data', 'key', 'duplicates?'], rekeyOnMember),
}
