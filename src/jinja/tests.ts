import { isAbsolute } from 'node:path'
import { acceptingAnything, type Callable, callable } from './callable.ts'
import { equal, numeric } from './equality.ts'
import { filters } from './filters/all.ts'
import { textOnly } from './filters/argument.ts'
import { looksLike } from './filters/encodings.ts'
import { matches } from './filters/regex.ts'
import { Invocable } from './function-value.ts'
import { iterate, lengthOf } from './iterate.ts'
import { isIn } from './membership.ts'
import { testsOnDemand } from './on-demand.ts'
import { compare } from './order.ts'
import { str } from './repr.ts'
import { resultTests } from './result-tests.ts'
import { truth } from './truth.ts'
import { Dict, typeName, Undefined, usable, type Value, ValueFault } from './value.ts'
import { versionOrders } from './versions.ts'

/** What is not known yet is a value that will be there: it is defined. */
const isDefined = (value: Value): boolean => !(value instanceof Undefined)

const is = (holds: (value: Exclude<Value, Undefined>) => boolean): Callable =>
  callable(['value'], (value: Value) => holds(usable(value)))

const compares = (holds: (order: number) => boolean, sign: string): Callable =>
  callable(['a', 'b'], (a: Value, b: Value) => holds(compare(a, b, sign)))

const remainder = (value: Value, by: bigint | number): bigint | number => {
  const found = numeric(usable(value))
  if (found === undefined) throw new ValueFault(`unsupported operand type(s) for %: '${typeName(value)}' and 'int'`)
  if (Number(by) === 0) throw new ValueFault('integer modulo by zero')
  if (typeof found === 'bigint' && typeof by === 'bigint') return found % by
  return Number(found) % Number(by)
}
const isDivisible = (value: Value, by: Value): Value => {
  const divisor = numeric(usable(by))
  if (divisor === undefined) throw new ValueFault(`unsupported operand type(s) for %: '${typeName(by)}'`)
  return Number(remainder(value, divisor)) === 0
}
/** Of a negative number Python's remainder is not negative. */
const isOdd = (value: Value): boolean => Math.abs(Number(remainder(value, 2n))) === 1

const hasCase = (change: (found: string) => string, other: (found: string) => string): Callable =>
  is(value => {
    const found = str(value)
    return found === change(found) && found !== other(found)
  })
const upper = (found: string): string => found.toUpperCase()
const lower = (found: string): string => found.toLowerCase()

const isIterable = (value: Value): boolean => lengthOf(value) !== undefined

const isSame = (a: Value, b: Value): Value => {
  const [one, other] = [usable(a), usable(b)]
  if (one !== null && typeof one === 'object') return one === other
  return typeName(one) === typeName(other) && equal(one, other)
}

const members = (value: Value): Dict => new Dict(iterate(value).map(one => [one, null]))
const isSubset = (a: Value, b: Value): Value => {
  const all = members(b)
  return members(a)
    .keys()
    .every(one => all.has(one))
}

/** What one takes for true or false when it is written as a word. */
const WORDS = new Map<string, boolean>([
  ...['y', 'yes', 'on', '1', 'true', 't'].map(word => [word, true] as const),
  ...['n', 'no', 'off', '0', 'false', 'f'].map(word => [word, false] as const),
])
const isTruthy = (value: Value, convertBool: Value = false): boolean => {
  const there = usable(value)
  const word = truth(convertBool) && typeof there === 'string' ? WORDS.get(there.trim().toLowerCase()) : undefined
  return word ?? truth(there)
}

type Sign = (order: number) => boolean
const SIGNS: Record<string, Sign> = Object.fromEntries(
  (
    [
      ['== = eq', order => order === 0],
      ['< lt', order => order < 0],
      ['<= le', order => order <= 0],
      ['> gt', order => order > 0],
      ['>= ge', order => order >= 0],
      ['!= <> ne', order => order !== 0],
    ] as [string, Sign][]
  ).flatMap(([names, holds]) => names.split(' ').map(name => [name, holds])),
)

const version = (
  value: Value,
  other: Value,
  operator: Value = 'eq',
  strict: Value = null,
  versionType: Value = null,
): Value => {
  if (strict !== null && versionType !== null) throw new ValueFault("Cannot specify both 'strict' and 'version_type'")
  if (!truth(value)) throw new ValueFault('Input version value cannot be empty')
  if (!truth(other)) throw new ValueFault('Version parameter to compare against cannot be empty')
  const kind = truth(strict) ? 'strict' : truth(versionType) ? str(versionType) : 'loose'
  const order = versionOrders[kind]
  if (!order)
    throw new ValueFault(`Invalid version type (${kind}). Must be one of ${Object.keys(versionOrders).join(', ')}`)
  const holds = SIGNS[str(operator)]
  if (!holds)
    throw new ValueFault(`Invalid operator type (${str(operator)}). Must be one of ${Object.keys(SIGNS).join(', ')}`)
  return holds(order(str(value), str(other)))
}

const regex = (
  value: Value = '',
  pattern: Value = '',
  ignorecase: Value = false,
  multiline: Value = false,
  matchType: Value = 'search',
): Value => {
  const way = (['match', 'fullmatch'] as const).find(one => one === matchType) ?? 'search'
  return matches(way)(value, pattern, ignorecase, multiline)
}
const REGEX = ['value?', 'pattern?', 'ignorecase?', 'multiline?'] as const

const equals = callable(['a', 'b'], (a: Value, b: Value) => equal(a, b))
const differs = callable(['a', 'b'], (a: Value, b: Value) => !equal(a, b))
const [less, most] = [compares(order => order < 0, '<'), compares(order => order <= 0, '<=')]
const [more, least] = [compares(order => order > 0, '>'), compares(order => order >= 0, '>=')]

const comparisons: Record<string, Callable> = {
  '==': equals,
  eq: equals,
  equalto: equals,
  '!=': differs,
  ne: differs,
  '<': less,
  lt: less,
  lessthan: less,
  '<=': most,
  le: most,
  '>': more,
  gt: more,
  greaterthan: more,
  '>=': least,
  ge: least,
}

const kinds: Record<string, Callable> = {
  none: is(value => value === null),
  boolean: is(value => typeof value === 'boolean'),
  true: is(value => value === true),
  false: is(value => value === false),
  integer: is(value => typeof value === 'bigint'),
  float: is(value => typeof value === 'number'),
  number: is(value => numeric(value) !== undefined),
  string: is(value => typeof value === 'string'),
  mapping: is(value => value instanceof Dict),
  sequence: is(isIterable),
  iterable: is(isIterable),
  callable: is(value => value instanceof Invocable),
  escaped: is(() => false),
  vault_encrypted: is(() => false),
  nan: is(value => Number.isNaN(value)),
  isnan: is(value => Number.isNaN(value)),
}

const contents: Record<string, Callable> = {
  in: callable(['value', 'seq'], (value: Value, all: Value) => isIn(value, all)),
  contains: callable(['seq', 'value'], (all: Value, value: Value) => isIn(value, all)),
  subset: callable(['a', 'b'], isSubset),
  issubset: callable(['a', 'b'], isSubset),
  superset: callable(['a', 'b'], (a: Value, b: Value) => isSubset(b, a)),
  issuperset: callable(['a', 'b'], (a: Value, b: Value) => isSubset(b, a)),
  any: callable(['value'], (value: Value) => iterate(value).some(truth)),
  all: callable(['value'], (value: Value) => iterate(value).every(truth)),
  lower: hasCase(lower, upper),
  upper: hasCase(upper, lower),
  match: callable(['value', ...REGEX.slice(1)], matches('match')),
  search: callable(['value', ...REGEX.slice(1)], matches('search')),
  regex: callable([...REGEX, 'match_type?'], regex),
  abs: is(value => isAbsolute(textOnly(value))),
  is_abs: is(value => isAbsolute(textOnly(value))),
  uri: callable(['value', 'schemes?'], looksLike('uri')),
  url: callable(['value', 'schemes?'], looksLike('url')),
  urn: callable(['value'], looksLike('urn')),
}

/** Those that ask what there is. */
const names: Record<string, Callable> = {
  filter: callable(['value'], (value: Value) => Object.hasOwn(filters, str(value))),
  test: callable(['value'], (value: Value) => Object.hasOwn(tests, str(value))),
}

/** Every test by its name, Ansible's and Jinja's. */
export const tests: Readonly<Record<string, Callable>> = {
  ...comparisons,
  ...kinds,
  ...contents,
  ...names,
  ...testsOnDemand,
  ...resultTests,
  defined: acceptingAnything(callable(['value'], isDefined)),
  undefined: acceptingAnything(callable(['value'], (value: Value) => !isDefined(value))),
  odd: is(isOdd),
  even: is(value => Number(remainder(value, 2n)) === 0),
  divisibleby: callable(['value', 'num'], isDivisible),
  sameas: callable(['value', 'other'], isSame),
  truthy: callable(['value', 'convert_bool?'], isTruthy),
  falsy: callable(['value', 'convert_bool?'], (value: Value, convertBool?: Value) => !isTruthy(value, convertBool)),
  version: callable(['value', 'version', 'operator?', 'strict?', 'version_type?'], version),
  version_compare: callable(['value', 'version', 'operator?', 'strict?', 'version_type?'], version),
}
