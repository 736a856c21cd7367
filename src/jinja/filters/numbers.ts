import { type Callable, callable } from '../callable.ts'
import { numeric } from '../equality.ts'
import { str } from '../repr.ts'
import { nearest, rounded } from '../rounding.ts'
import { truth } from '../truth.ts'
import { typeName, usable, type Value, ValueFault } from '../value.ts'
import { textOnly, wholeNumber } from './argument.ts'
import { floatFrom, integerFrom } from './number-text.ts'

const counted = (value: Value): bigint | number => {
  const found = numeric(usable(value))
  if (found === undefined) throw new ValueFault(`must be a number, not ${typeName(value)}`)
  return found
}

/** The whole part of a float. */
const whole = (value: number, otherwise: Value): Value => {
  if (Number.isNaN(value)) return otherwise
  if (!Number.isFinite(value)) throw new ValueFault('cannot convert float infinity to integer')
  return BigInt(Math.trunc(value))
}

const int = (value: Value, otherwise: Value = 0n, base: Value = 10n): Value => {
  const there = usable(value)
  if (typeof there !== 'string') {
    const found = numeric(there)
    return found === undefined ? otherwise : typeof found === 'bigint' ? found : whole(found, otherwise)
  }
  const found = integerFrom(there, wholeNumber(base))
  if (found !== undefined) return found
  const float = floatFrom(there)
  return float === undefined || !Number.isFinite(float) ? otherwise : BigInt(Math.trunc(float))
}

const float = (value: Value, otherwise: Value = 0): Value => {
  const there = usable(value)
  if (typeof there === 'string') return floatFrom(there) ?? otherwise
  const found = numeric(there)
  return found === undefined ? otherwise : Number(found)
}

const abs = (value: Value): Value => {
  const found = counted(value)
  return found < 0 ? -found : typeof found === 'number' ? Math.abs(found) : found
}

const round = (value: Value, precision: Value = 0n, method: Value = 'common'): Value => {
  if (method !== 'common' && method !== 'ceil' && method !== 'floor')
    throw new ValueFault('method must be common, ceil or floor')
  const [found, digits] = [counted(value), wholeNumber(precision)]
  if (method === 'common') {
    if (typeof found === 'number') return rounded(found, digits)
    const scale = 10n ** BigInt(Math.max(-digits, 0))
    return nearest(found, scale) * scale
  }
  const scale = 10 ** digits
  return (method === 'ceil' ? Math.ceil : Math.floor)(Number(found) * scale) / scale
}

const real = (found: number): Value => {
  if (Number.isNaN(found)) throw new ValueFault('math domain error')
  return found
}

const log = (value: Value, base: Value = Math.E): Value => {
  const [found, to] = [Number(counted(value)), Number(counted(base))]
  if (found <= 0 || to <= 0) throw new ValueFault('math domain error')
  if (to === 1) throw new ValueFault('float division by zero')
  return to === 10 ? Math.log10(found) : Math.log(found) / Math.log(to)
}

const pow = (value: Value, power: Value): Value => {
  const [found, to] = [Number(counted(value)), Number(counted(power))]
  if (found === 0 && to < 0) throw new ValueFault('math domain error')
  return real(found ** to)
}

const root = (value: Value, base: Value = 2n): Value => {
  const [found, to] = [Number(counted(value)), Number(counted(base))]
  return to === 2 ? real(Math.sqrt(found)) : pow(found, 1 / to)
}

/** Units by their first letter, from the largest down. */
const UNITS = 'YZEPTGMKB'
const limitOf = (unit: string): number => 2 ** (10 * (UNITS.length - 1 - UNITS.indexOf(unit)))

const humanReadable = (size: Value, isbits: Value = false, unit: Value = null): Value => {
  const bytes = Number(counted(size))
  const wanted = unit === null ? undefined : textOnly(unit).toUpperCase()
  const found = [...UNITS].find(letter => (wanted === undefined ? bytes >= limitOf(letter) : wanted === letter)) ?? 'B'
  const kind = truth(isbits) ? 'bits' : 'Bytes'
  return `${rounded(bytes / limitOf(found), 2).toFixed(2)} ${found === 'B' ? kind : found + kind[0]}`
}

const NAMES: Record<string, string> = {
  K: 'kilo',
  M: 'mega',
  G: 'giga',
  T: 'tera',
  P: 'peta',
  E: 'exa',
  Z: 'zeta',
  Y: 'yotta',
  B: '',
}

const humanToBytes = (size: Value, defaultUnit: Value = null, isbits: Value = false): Value => {
  const [, number, own] = /^(\d*\.?\d+)(?:\s*([A-Za-z]+))?\s*$/.exec(str(size)) ?? []
  if (number === undefined) throw new ValueFault(`human_to_bytes() can't interpret following string: ${str(size)}`)
  const unit = own ?? (defaultUnit === null ? undefined : textOnly(defaultUnit))
  if (unit === undefined || unit === '') return BigInt(rounded(Number(number), 0))
  const letter = unit[0]!.toUpperCase()
  const [kind, name] = truth(isbits) ? ['b', 'bit'] : ['B', 'byte']
  const isFull = unit === (letter === 'B' ? kind : letter + kind) || unit.toLowerCase() === NAMES[letter] + name
  if (!UNITS.includes(letter) || (unit.length > 1 && !isFull))
    throw new ValueFault(`human_to_bytes() failed to convert ${str(size)}: ${unit} is no unit of ${name}s`)
  return BigInt(rounded(Number(number) * limitOf(letter), 0))
}

const PREFIXES = 'kMGTPEZY'
const filesizeformat = (value: Value, binary: Value = false): Value => {
  const there = usable(value)
  const bytes = typeof there === 'string' ? (floatFrom(there) ?? Number.NaN) : Number(counted(there))
  if (Number.isNaN(bytes)) throw new ValueFault(`could not convert string to float: ${str(there)}`)
  const base = truth(binary) ? 1024 : 1000
  if (bytes === 1) return '1 Byte'
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`
  const at = Math.max(
    [...PREFIXES].findIndex((_, index) => bytes < base ** (index + 2)),
    0,
  )
  const prefix = truth(binary) ? `${PREFIXES[at]!.toUpperCase()}iB` : `${PREFIXES[at]}B`
  return `${rounded((base * bytes) / base ** (at + 2), 1).toFixed(1)} ${prefix}`
}

/** Filters that make numbers and count with them. */
export const numberFilters: Record<string, Callable> = {
  int: callable(['value', 'default?', 'base?'], int),
  float: callable(['value', 'default?'], float),
  abs: callable(['x'], abs),
  round: callable(['value', 'precision?', 'method?'], round),
  log: callable(['x', 'base?'], log),
  pow: callable(['x', 'y'], pow),
  root: callable(['x', 'base?'], root),
  human_readable: callable(['size', 'isbits?', 'unit?'], humanReadable),
  human_to_bytes: callable(['size', 'default_unit?', 'isbits?'], humanToBytes),
  filesizeformat: callable(['value', 'binary?'], filesizeformat),
}
