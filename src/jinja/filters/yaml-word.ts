import { Moment, type Value, ValueFault } from '../value.ts'

const isWordOf = (...words: string[]): RegExp => {
  const spelled = words.flatMap(word => [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()])
  return new RegExp(`^(?:${spelled.join('|')})$`)
}
const NULL = /^(?:~|null|Null|NULL|)$/
const BOOLEAN = isWordOf('yes', 'no', 'true', 'false', 'on', 'off')
const INTEGER = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][\d_]*|0x[\da-fA-F_]+|[1-9][\d_]*(?::[0-5]?\d)+)$/
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const DATE = /^\d{4}-\d\d-\d\d$/
const TIME = /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/

const noNumber = (kind: string, written: string): never => {
  throw new ValueFault(`${JSON.stringify(written)} is no ${kind}`)
}

/** Python makes no number of more digits of a text. */
const MOST_DIGITS = 4300
const BASES: Record<number, [prefix: string, digits: RegExp]> = {
  2: ['0b', /^[01]+$/],
  8: ['0o', /^[0-7]+$/],
  10: ['', /^\d+$/],
  16: ['0x', /^[\da-f]+$/],
}

/** A whole number as Python reads it in a base: with a sign, and the prefix of the base. */
const inBase = (written: string, base: 2 | 8 | 10 | 16): bigint => {
  const [prefix, pattern] = BASES[base]!
  const [, sign, rest] = /^([-+]?)(.*)$/.exec(written.normalize('NFKC').trim().toLowerCase())!
  const digits = prefix !== '' && rest!.startsWith(prefix) ? rest!.slice(2) : rest!
  if (!pattern.test(digits) || (base === 10 && digits.length > MOST_DIGITS)) return noNumber('whole number', written)
  const value = BigInt(prefix + digits)
  return sign === '-' ? -value : value
}

const signed = (written: string): { isNegative: boolean; rest: string } => ({
  isNegative: written.startsWith('-'),
  rest: written.replace(/^[-+]/, ''),
})

/**
 * The whole number that a text is in YAML 1.1: `0644` in octal, `0x1f`, `0b11`, `1_000`, and `12:30:00` counts in sixties.
 * Throws a ValueFault where it is none.
 */
export const integerOf = (written: string): bigint => {
  const { isNegative, rest } = signed(written.replaceAll('_', ''))
  const value = (): bigint => {
    if (rest.startsWith('0b')) return inBase(rest.slice(2), 2)
    if (rest.startsWith('0x')) return inBase(rest.slice(2), 16)
    if (rest.startsWith('0') && rest !== '0') return inBase(rest, 8)
    return rest.split(':').reduce((sum, part) => sum * 60n + inBase(part, 10), 0n)
  }
  return isNegative ? -value() : value()
}

const decimal = (written: string): number => {
  const text = written.normalize('NFKC').trim()
  const { isNegative, rest } = signed(text)
  if (/^inf(inity)?$/.test(rest)) return isNegative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (rest === 'nan') return Number.NaN
  return /^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(rest) ? Number(text) : noNumber('number', written)
}

/** The number that a text is in YAML 1.1, always with a fraction. Throws a ValueFault where it is none. */
export const floatOf = (written: string): number => {
  const { isNegative, rest } = signed(written.replaceAll('_', '').toLowerCase())
  const value = (): number => {
    if (rest === '.inf') return Number.POSITIVE_INFINITY
    if (rest === '.nan') return Number.NaN
    // From the last part to the first, as the sum is rounded there.
    const parts = rest.split(':').reverse()
    return parts.reduce((sum, part, index) => sum + decimal(part) * 60 ** index, 0)
  }
  return isNegative ? -value() : value()
}

/** True or false as YAML 1.1 writes them, in letters of any size. Throws a ValueFault for any other word. */
export const booleanOf = (written: string): boolean => {
  const word = written.toLowerCase()
  if (!['yes', 'no', 'true', 'false', 'on', 'off'].includes(word)) return noNumber('"yes" or "no"', written)
  return word === 'yes' || word === 'true' || word === 'on'
}

const STAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?\n?$/

const isDay = (year: number, month: number, day: number): boolean => {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

/** A date, or a time on a day. Throws a ValueFault for a text that is none, and for a day or a time that does not exist. */
export const momentOf = (written: string): Moment => {
  const found = STAMP.exec(written)
  if (!found) return noNumber('date', written)
  const number = (group: number): number => Number(found[group] ?? 0)
  const day = [number(1), number(2), number(3)] as const
  if (!isDay(...day)) return noNumber('date', written)
  if (found[4] === undefined) return new Moment(day)
  const time = [number(4), number(5), number(6), Number((found[7] ?? '').slice(0, 6).padEnd(6, '0'))] as const
  const far = number(10) * 60 + number(11)
  if (time[0] > 23 || time[1] > 59 || time[2] > 59 || far >= 24 * 60) return noNumber('time', written)
  return new Moment(day, time, found[8] === undefined ? undefined : found[9] === '-' ? -far : far)
}

/**
 * What a word without quotes is in YAML 1.1, as PyYAML has it: `yes` is true, `0644` is 420, `1e3` is a text. Undefined for
 * `=` and `<<`, which mean nothing by themselves. Throws a ValueFault for what looks like a number or a date and is none.
 */
export const wordValue = (written: string): Value | undefined => {
  if (written === '=' || written === '<<') return undefined
  if (NULL.test(written)) return null
  // Most words begin with a letter and are text.
  if (BOOLEAN.test(written)) return booleanOf(written)
  if (!/^[-+.\d]/.test(written)) return written
  if (FLOAT.test(written)) return floatOf(written)
  if (INTEGER.test(written)) return integerOf(written)
  return DATE.test(written) || TIME.test(written) ? momentOf(written) : written
}
