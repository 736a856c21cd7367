import { isIn } from '../membership.ts'
import { compare } from '../order.ts'
import { Dict, usable, type Value, ValueFault } from '../value.ts'
import { dumpedJson } from './json-text.ts'
import { floatFrom, integerFrom } from './number-text.ts'
import { type DataQuery, isNumber, type QueryReference } from './query-steps.ts'

type Argument = Value | QueryReference

const typeOf = (value: Argument): string => {
  if (typeof value === 'function') return 'expref'
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'boolean'
  if (isNumber(value)) return 'number'
  if (typeof value === 'string') return 'string'
  if (Array.isArray(value)) return 'array'
  return value instanceof Dict ? 'object' : 'string'
}

/** Whether a value is of a kind: `array-number` is a list of numbers. */
const isOfKind = (value: Argument, kind: string): boolean => {
  const [outer, inner] = kind.split('-')
  if (kind === 'any') return typeof value !== 'function'
  return typeOf(value) === outer && (!inner || (value as Value[]).every(one => typeOf(usable(one)) === inner))
}

type Numbers = (bigint | number)[]
const sumOf = (numbers: Numbers): Value =>
  numbers.every(one => typeof one === 'bigint')
    ? (numbers as bigint[]).reduce((sum, one) => sum + one, 0n)
    : numbers.reduce<number>((sum, one) => sum + Number(one), 0)

const rounded = (round: (number: number) => number) => (value: bigint | number) =>
  typeof value === 'bigint' ? value : BigInt(round(value))

const extreme = (items: Value[], keys: Value[], isBetter: (order: number) => boolean): Value => {
  let best = 0
  for (let at = 1; at < items.length; at++) if (isBetter(compare(keys[at]!, keys[best]!))) best = at
  return items[best] ?? null
}
const most = (order: number): boolean => order > 0
const least = (order: number): boolean => order < 0

/** What a list is ordered by: numbers, or texts. */
const keysOf = (items: Value[], by: QueryReference, name: string): Value[] => {
  const keys = items.map(one => usable(by(one)))
  const kinds = new Set(keys.map(typeOf))
  if (keys.length > 0 && (kinds.size > 1 || !['number', 'string'].includes([...kinds][0]!)))
    throw new ValueFault(`${name}() orders by numbers or by texts, not by ${[...kinds].join(' and ')}.`)
  return keys
}
const sortedBy = (items: Value[], by: QueryReference): Value => {
  const keys = keysOf(items, by, 'sort_by')
  const order = items.map((_, at) => at).sort((a, b) => compare(keys[a]!, keys[b]!))
  return order.map(at => items[at]!)
}

const toNumber = (value: Value): Value => {
  if (isNumber(value)) return value
  if (typeof value !== 'string') return null
  return integerFrom(value, 10) ?? floatFrom(value) ?? null
}

const FUNCTIONS: Record<string, [kinds: string[], run: (...values: never[]) => Value]> = {
  abs: [['number'], (value: bigint | number) => (value < 0 ? -value : value)],
  avg: [['array-number'], (all: Numbers) => (all.length === 0 ? null : Number(sumOf(all)) / all.length)],
  ceil: [['number'], rounded(Math.ceil)],
  contains: [['array|string', 'any'], (all: Value, one: Value) => isIn(one, all)],
  ends_with: [['string', 'string'], (text: string, end: string) => text.endsWith(end)],
  floor: [['number'], rounded(Math.floor)],
  join: [['string', 'array-string'], (glue: string, texts: string[]) => texts.join(glue)],
  keys: [['object'], (all: Dict) => all.keys()],
  length: [
    ['string|array|object'],
    (all: Value) => BigInt(all instanceof Dict ? all.size : [...(all as string | Value[])].length),
  ],
  map: [['expref', 'array'], (by: QueryReference, all: Value[]) => all.map(by)],
  max: [['array-number|array-string'], (all: Value[]) => extreme(all, all, most)],
  max_by: [['array', 'expref'], (all: Value[], by: QueryReference) => extreme(all, keysOf(all, by, 'max_by'), most)],
  merge: [['...object'], (...all: Dict[]) => new Dict(all.flatMap(one => one.entries()))],
  min: [['array-number|array-string'], (all: Value[]) => extreme(all, all, least)],
  min_by: [['array', 'expref'], (all: Value[], by: QueryReference) => extreme(all, keysOf(all, by, 'min_by'), least)],
  not_null: [['...any'], (...all: Value[]) => all.find(one => one !== null) ?? null],
  reverse: [
    ['array|string'],
    (all: Value[] | string) => (typeof all === 'string' ? [...all].reverse().join('') : [...all].reverse()),
  ],
  sort: [['array-number|array-string'], (all: Value[]) => [...all].sort((a, b) => compare(a, b))],
  sort_by: [['array', 'expref'], sortedBy],
  starts_with: [['string', 'string'], (text: string, begin: string) => text.startsWith(begin)],
  sum: [['array-number'], sumOf],
  to_array: [['any'], (value: Value) => (Array.isArray(value) ? value : [value])],
  to_number: [['any'], toNumber],
  to_string: [
    ['any'],
    (value: Value) =>
      typeof value === 'string'
        ? value
        : dumpedJson(value, { sortsKeys: false, isAscii: true, between: ',', behindKey: ':' }),
  ],
  type: [['any'], typeOf],
  values: [['object'], (all: Dict) => all.values()],
}

/** The kinds of as many values as are given; the last of a function of any number of them is for all that follow. */
const kindsFor = (name: string, kinds: string[], count: number): string[] => {
  const more = kinds.at(-1)?.startsWith('...') ? kinds.at(-1)!.slice(3) : undefined
  if (more !== undefined && count > 0) return Array(count).fill(more)
  if (count !== kinds.length) throw new ValueFault(`${name}() takes ${kinds.length} values and is given ${count}.`)
  return kinds
}

/** A call of a function of JMESPath. */
export const queryFunction = (name: string, given: DataQuery[]): DataQuery => {
  if (!Object.hasOwn(FUNCTIONS, name)) throw new ValueFault(`Queries have no function ${name}().`)
  const [kinds, run] = FUNCTIONS[name]!
  return data => {
    const wanted = kindsFor(name, kinds, given.length)
    const values = given.map(one => {
      const value = one(data)
      return typeof value === 'function' ? value : usable(value)
    })
    for (const [at, value] of values.entries())
      if (!wanted[at]!.split('|').some(kind => isOfKind(value, kind)))
        throw new ValueFault(
          `${name}() wants ${wanted[at]!.replaceAll('|', ' or ')} as its value ${at + 1}, not ${typeOf(value)}.`,
        )
    return run(...(values as never[]))
  }
}
