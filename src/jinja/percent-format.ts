import { numeric } from './equality.ts'
import { formatFloat } from './number-format.ts'
import { repr, str } from './repr.ts'
import { Dict, Tuple, type Value, ValueFault } from './value.ts'

const DIRECTIVE =
  /%(?:\((?<key>[^)]*)\))?(?<flags>[-+ 0#]*)(?<width>\d+|\*)?(?:\.(?<precision>\d+|\*))?[hlL]?(?<kind>.)/gsu

type Directive = { flags: string; width: number; precision: number | undefined; kind: string }

const signOf = (isNegative: boolean, flags: string): string =>
  isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''

const integerOf = (value: Value, kind: string): bigint => {
  const number = numeric(value)
  if (typeof number === 'bigint') return number
  if (number !== undefined && 'diu'.includes(kind)) return BigInt(Math.trunc(number))
  throw new ValueFault(`%${kind} wants a whole number.`)
}

const integerText = (value: Value, { flags, kind, precision = 0 }: Directive): [sign: string, digits: string] => {
  const whole = integerOf(value, kind)
  const base = kind === 'x' || kind === 'X' ? 16 : kind === 'o' ? 8 : 10
  const digits = (whole < 0n ? -whole : whole).toString(base).padStart(precision, '0')
  const before = flags.includes('#') && base !== 10 ? `0${kind}` : ''
  return [signOf(whole < 0n, flags) + before, kind === 'X' ? digits.toUpperCase() : digits]
}

const floatPart = (value: Value, { flags, kind, precision }: Directive): [sign: string, digits: string] => {
  const number = numeric(value)
  if (number === undefined) throw new ValueFault(`%${kind} wants a number.`)
  const float = Number(number)
  const digits = formatFloat(Math.abs(float), kind, precision ?? 6, flags.includes('#'))
  return [signOf(float < 0 || Object.is(float, -0), flags), digits]
}

const padded = (sign: string, digits: string, { flags, width }: Directive, isNumber: boolean): string => {
  const length = [...sign, ...digits].length
  if (length >= width) return sign + digits
  if (flags.includes('-')) return sign + digits + ' '.repeat(width - length)
  const fill = flags.includes('0') && isNumber ? '0' : ' '
  return fill === '0' ? sign + fill.repeat(width - length) + digits : fill.repeat(width - length) + sign + digits
}

/** What is not of ASCII as Python's escapes. */
const asciiOf = (text: string): string =>
  text.replace(/[^\0-\x7f]/gu, char => {
    const code = char.codePointAt(0)!
    const [letter, width] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8]
    return `\\${letter}${code.toString(16).padStart(width as number, '0')}`
  })

const written = (value: Value, directive: Directive): string => {
  const { kind, precision } = directive
  if ('diuxXo'.includes(kind)) return padded(...integerText(value, directive), directive, true)
  if ('eEfFgG'.includes(kind)) return padded(...floatPart(value, directive), directive, true)
  if (kind === 'c') {
    const number = numeric(value)
    return padded('', number === undefined ? str(value) : String.fromCodePoint(Number(number)), directive, false)
  }
  if (!'sra'.includes(kind)) throw new ValueFault(`unsupported format character '${kind}'`)
  const shown = kind === 's' ? str(value) : kind === 'a' ? asciiOf(repr(value)) : repr(value)
  return padded('', precision === undefined ? shown : [...shown].slice(0, precision).join(''), directive, false)
}

/** Python's `%`: `'%s: %05.2f' % (name, value)`, or `'%(name)s' % mapping`. Throws a ValueFault where they do not fit. */
export const percentFormat = (format: string, given: Value): string => {
  const values = given instanceof Tuple ? [...given] : [given]
  let next = 0
  const take = (): Value => {
    if (next >= values.length) throw new ValueFault('not enough arguments for format string')
    return values[next++]!
  }
  const text = format.replace(DIRECTIVE, (...found) => {
    const { key, flags = '', width, precision, kind } = found.at(-1) as Record<string, string | undefined>
    if (kind === '%') return '%'
    const sized = (size: string | undefined): number | undefined =>
      size === undefined ? undefined : Number(size === '*' ? integerOf(take(), 'd') : size)
    const directive = { flags, width: sized(width) ?? 0, precision: sized(precision), kind: kind! }
    if (key === undefined) return written(take(), directive)
    if (!(given instanceof Dict)) throw new ValueFault('format requires a mapping')
    const member = given.get(key)
    if (member === undefined) throw new ValueFault(`There is no "${key}" to be formatted.`)
    next = values.length
    return written(member, directive)
  })
  if (/(^|[^%])(%%)*%$/.test(format)) throw new ValueFault('incomplete format')
  if (next < values.length && !(given instanceof Dict) && !(Array.isArray(given) && !(given instanceof Tuple)))
    throw new ValueFault('not all arguments converted during string formatting')
  return text
}
