import { numeric } from './equality.ts'
import { momentSum } from './moments.ts'
import { percentFormat } from './percent-format.ts'
import type { Operation } from './tree.ts'
import { Tuple, tupleOf, typeName, usable, type Value, ValueFault } from './value.ts'

/** A text or list that is longer than this is not made by repeating one: nobody means it. */
const LONGEST = 16_777_216
/** The bits of the largest integer that `**` makes. */
const WIDEST = 1_000_000n

const repeated = (what: Value, times: Value): Value | undefined => {
  const count = numeric(times)
  if (typeof count !== 'bigint' || (typeof what !== 'string' && !Array.isArray(what))) return undefined
  const often = count > 0n ? Number(count) : 0
  if (often * what.length > LONGEST) throw new ValueFault('This would repeat something more often than there is room.')
  if (typeof what === 'string') return what.repeat(often)
  const items = Array.from({ length: often }, () => [...what]).flat()
  return what instanceof Tuple ? tupleOf(items) : items
}

const nonZero = <N extends bigint | number>(divisor: N): N => {
  if (Number(divisor) === 0) throw new ValueFault('division by zero')
  return divisor
}

const floorDivided = (a: bigint, b: bigint): bigint => {
  const quotient = a / nonZero(b)
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}
const remainder = (a: bigint, b: bigint): bigint => a - floorDivided(a, b) * b
const floatRemainder = (a: number, b: number): number => {
  const rest = a % nonZero(b)
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}

const power = (a: bigint, b: bigint): bigint | number => {
  if (b < 0n) return Number(nonZero(a)) ** Number(b)
  const bits = BigInt(a.toString(2).length)
  if (bits * b > WIDEST) throw new ValueFault('This number would be larger than there is room for.')
  return a ** b
}

const OF_INTEGERS: Record<Operation, (a: bigint, b: bigint) => bigint | number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => Number(a) / Number(nonZero(b)),
  '//': floorDivided,
  '%': remainder,
  '**': power,
}
const OF_FLOATS: Record<Operation, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / nonZero(b),
  '//': (a, b) => Math.floor(a / nonZero(b)),
  '%': floatRemainder,
  '**': (a, b) => a ** b,
}

const ofOthers = (sign: Operation, a: Value, b: Value): Value | undefined => {
  if (sign === '*') return repeated(a, b) ?? repeated(b, a)
  if (sign === '%' && typeof a === 'string') return percentFormat(a, b)
  const moved = sign === '+' || sign === '-' ? momentSum(sign, a, b) : undefined
  if (moved !== undefined || sign !== '+') return moved
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (!Array.isArray(a) || !Array.isArray(b) || a instanceof Tuple !== b instanceof Tuple) return undefined
  return a instanceof Tuple ? tupleOf([...a, ...b]) : [...a, ...b]
}

/**
 * What Python makes of two values and a sign between them. Throws a ValueFault for values that do not go together, which
 * texts and numbers do not; what is undefined or unknown as it is.
 */
export const operate = (sign: Operation, left: Value, right: Value): Value => {
  const [a, b] = [usable(left), usable(right)]
  const [one, other] = [numeric(a), numeric(b)]
  if (typeof one === 'bigint' && typeof other === 'bigint') return OF_INTEGERS[sign](one, other)
  if (one !== undefined && other !== undefined) return OF_FLOATS[sign](Number(one), Number(other))
  const made = ofOthers(sign, a, b)
  if (made !== undefined) return made
  throw new ValueFault(`"${sign}" does not go between ${typeName(a)} and ${typeName(b)}.`)
}

/** `-x` and `+x`. */
export const signed = (sign: '-' | '+', value: Value): Value => {
  const number = numeric(usable(value))
  if (number === undefined) throw new ValueFault(`"${sign}" does not go before ${typeName(value)}.`)
  return sign === '-' ? -number : number
}
