import { iterate } from '../iterate.ts'
import { percentFormat } from '../percent-format.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { Dict, omit, tupleOf, typeName, usable, type Value, ValueFault } from '../value.ts'
import type { Lookup, LookupTerms } from './lookup.ts'
import { flagOption, wholeOption, writtenOptions } from './options.ts'

/** One level of lists among the terms is opened. */
const opened = (terms: Value[]): Value[] => terms.flatMap(term => (Array.isArray(term) ? term : [usable(term)]))

const plain = (run: (asked: LookupTerms) => Value[]): Lookup => ({ run: (_context, asked) => run(asked) })

const pairsOf = (term: Value): Value[] => {
  const there = usable(term)
  if (!(there instanceof Dict))
    throw new ValueFault(`The lookup "dict" wants mappings, and this is '${typeName(there)}'.`)
  return there.entries().map(
    ([key, value]) =>
      new Dict([
        ['key', key],
        ['value', value],
      ]),
  )
}

const together = (terms: Value[]): Value[] => {
  if (terms.length === 0) throw new ValueFault('The lookup "together" wants at least one list.')
  const lists = terms.map(iterate)
  const longest = Math.max(...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, at) => opened(lists.map(list => list[at] ?? null)))
}

/** Each member of the first list with each of the next. */
const nested = (terms: Value[]): Value[] => {
  const [first, ...rest] = terms
  if (first === undefined) throw new ValueFault('The lookup "nested" wants at least one list.')
  const rows = rest.reduce<Value[]>(
    (made, list) => made.flatMap(row => iterate(list).map(one => opened([row, one]))),
    iterate(first),
  )
  return rows.map(row => opened(Array.isArray(row) ? row : iterate(row)))
}

const cartesian = (terms: Value[]): Value[] => {
  if (terms.length === 0) throw new ValueFault('The lookup "cartesian" wants at least one list.')
  const rows = terms.reduce<Value[][]>(
    (made, list) => made.flatMap(row => iterate(list).map(one => [...row, one])),
    [[]],
  )
  return rows.map(opened)
}

const flattened = (terms: Value[]): Value[] =>
  terms.flatMap(term => {
    const there = usable(term)
    if (there === null || there === 'None' || there === 'null') return []
    return Array.isArray(there) ? flattened(there) : [there]
  })

/** The list below a mapping that a path of keys leads to; undefined where there is none. */
const listBelow = (item: Dict, path: string[]): { list: Value[]; in: Dict } | string => {
  let at = item
  for (const [index, key] of path.entries()) {
    const found = at.get(key)
    if (found === undefined) return `There is no "${key}" in this item: ${str(item)}.`
    const there = usable(found)
    if (index === path.length - 1)
      return Array.isArray(there) ? { list: there, in: at } : `"${key}" is no list: '${typeName(there)}'.`
    if (!(there instanceof Dict)) return `"${key}" is no mapping: '${typeName(there)}'.`
    at = there
  }
  return 'No key is named.'
}

/** A mapping without the list that its copies go through. */
const withoutList = (item: Dict, path: string[]): Dict => {
  const [key, ...rest] = path
  return new Dict(
    item.entries().flatMap(([name, value]): [Value, Value][] => {
      if (name !== key) return [[name, value]]
      return rest.length > 0 && value instanceof Dict ? [[name, withoutList(value, rest)]] : []
    }),
  )
}

const isSkipped = (item: Dict): boolean => (item.get('skipped') ?? false) !== false

const subelements = ({ terms }: LookupTerms): Value[] => {
  if (terms.length < 2 || terms.length > 3)
    throw new ValueFault(
      'The lookup "subelements" wants a list of mappings, the key of a list in them, and perhaps options.',
    )
  const [all, key, flags] = terms.map(term => usable(term))
  const isList = Array.isArray(all) || all instanceof Dict
  if (!isList || typeof key !== 'string')
    throw new ValueFault('The lookup "subelements" wants a list or mapping first, and the name of a key behind it.')
  if (all instanceof Dict && isSkipped(all)) return []
  const isLenient = flags instanceof Dict && flagOption(flags, 'skip_missing', false)
  const path = key.split('.')
  return (all instanceof Dict ? all.values() : all).flatMap(one => {
    const item = usable(one)
    if (!(item instanceof Dict))
      throw new ValueFault(`The lookup "subelements" wants mappings, and this is one of them: ${str(item)}.`)
    if (isSkipped(item)) return []
    const found = listBelow(item, path)
    if (typeof found !== 'string') {
      const rest = withoutList(item, path)
      return found.list.map(member => tupleOf([rest, member]))
    }
    if (isLenient && !found.includes('is no list')) return []
    throw new ValueFault(found)
  })
}

const NUMBER = '(0?x?[0-9a-f]+)'
const SHORTCUT = new RegExp(`^(?:${NUMBER}-)?${NUMBER}(?:/${NUMBER})?(?::(.+))?$`, 'i')
const FIELDS = ['start', 'end', 'stride', 'count', 'format']

const sequenceOptions = (term: string): [string, Value][] => {
  const [, start, end, stride, format] = SHORTCUT.exec(term) ?? []
  if (end !== undefined)
    return Object.entries({ start, end, stride, format }).filter((one): one is [string, string] => one[1] !== undefined)
  const { rest, written } = writtenOptions(term)
  const stray = rest || written.find(([name]) => !FIELDS.includes(name))?.[0]
  if (stray) throw new ValueFault(`The lookup "sequence" knows no "${stray}".`)
  return written
}

/** More numbers than these are not made: nobody means it. */
const LONGEST = 1_000_000n

const sequence = (options: Dict): Value[] => {
  const [start, stride] = [wholeOption(options, 'start') ?? 1n, wholeOption(options, 'stride') ?? 1n]
  const [count, last] = [wholeOption(options, 'count'), wholeOption(options, 'end')]
  const format = options.has('format') ? str(options.get('format')!) : '%d'
  if ((count === undefined) === (last === undefined))
    throw new ValueFault('The lookup "sequence" wants either count or end.')
  if (count === 0n) return []
  const end = last ?? start + count! * stride - 1n
  if (stride > 0n && end < start) throw new ValueFault('A sequence that counts backwards has a stride below zero.')
  if (stride < 0n && end > start) throw new ValueFault('A sequence that counts forwards has no stride below zero.')
  if (stride === 0n) return []
  if (format.split('%').length !== 2) throw new ValueFault(`The format of a sequence has one %: ${format}`)
  const made = (stride > 0n ? end - start : start - end) / (stride > 0n ? stride : -stride) + 1n
  if (made > LONGEST) throw new ValueFault(`A sequence has at most ${LONGEST} numbers here.`)
  return Array.from({ length: Number(made) }, (_, at) => percentFormat(format, start + BigInt(at) * stride))
}

const sequences = ({ terms, options }: LookupTerms): Value[] =>
  (terms.length === 0 && options.size > 0 ? [''] : terms).flatMap(term => {
    const there = usable(term)
    if (typeof there !== 'string')
      throw new ValueFault(`The lookup "sequence" wants texts such as "1-5" or "start=1 end=5", not ${str(there)}.`)
    return sequence(new Dict([...options.entries(), ...sequenceOptions(there)]))
  })

/** Lookups that loops are made of: what is given, in another order. */
export const loopLookups: Record<string, Lookup> = {
  items: plain(({ terms }) => opened(terms)),
  list: plain(({ terms }) => terms.filter(term => term !== omit)),
  dict: plain(({ terms }) => terms.flatMap(pairsOf)),
  flattened: plain(({ terms }) => flattened(terms)),
  together: plain(({ terms }) => together(terms)),
  nested: plain(({ terms }) => nested(terms)),
  cartesian: plain(({ terms }) => cartesian(terms)),
  indexed_items: plain(({ terms }) => opened(terms).map((one, at) => tupleOf([BigInt(at), one]))),
  subelements: plain(subelements),
  sequence: plain(sequences),
  random_choice: {
    run: (context, { terms }) => {
      if (!truth(terms)) return terms
      return [terms[Number(context.ask('random_choice', controller => controller.chance()) % BigInt(terms.length))]!]
    },
  },
}
