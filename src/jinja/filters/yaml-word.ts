import { Moment, type Value } from '../value.ts'

const spelled = (word: string, value: Value): [string, Value][] =>
  [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()].map(one => [one, value])
const WORDS: Record<string, Value> = Object.fromEntries([
  ['~', null],
  ['', null],
  ...spelled('null', null),
  ...['yes', 'true', 'on'].flatMap(word => spelled(word, true)),
  ...['no', 'false', 'off'].flatMap(word => spelled(word, false)),
])

const INTEGER = /^([-+]?)(?:0b([01_]+)|0x([\da-fA-F_]+)|(0[0-7_]+)|(0|[1-9][\d_]*)|([1-9][\d_]*(?::[0-5]?\d)+))$/

/** `12:30:00` counts in sixties. */
const sixties = (written: string): bigint => written.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)

const integer = (written: string): bigint | undefined => {
  const [whole, sign, binary, hexadecimal, octal, decimal, timed] = INTEGER.exec(written) ?? []
  if (whole === undefined) return undefined
  const digits = (text: string, prefix: string): bigint => BigInt(prefix + (text.replaceAll('_', '') || '0'))
  const value =
    binary !== undefined
      ? digits(binary, '0b')
      : hexadecimal !== undefined
        ? digits(hexadecimal, '0x')
        : octal !== undefined
          ? digits(octal, '0o')
          : timed !== undefined
            ? sixties(timed.replaceAll('_', ''))
            : digits(decimal!, '')
  return sign === '-' ? -value : value
}

const FLOAT = /^[-+]?(?:\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?)$/
const SIXTIES = /^([-+]?)(\d[\d_]*(?::[0-5]?\d)+\.[\d_]*)$/

const float = (written: string): number | undefined => {
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(written))
    return written.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^\.(?:nan|NaN|NAN)$/.test(written)) return Number.NaN
  if (FLOAT.test(written)) return Number(written.replaceAll('_', ''))
  const [, sign, timed] = SIXTIES.exec(written) ?? []
  if (timed === undefined) return undefined
  const value = timed
    .replaceAll('_', '')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0)
  return sign === '-' ? -value : value
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const TIME =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?$/

const moment = (written: string): Moment | undefined => {
  const date = DATE.exec(written)
  if (date) return new Moment([Number(date[1]), Number(date[2]), Number(date[3])])
  const found = TIME.exec(written)
  if (!found) return undefined
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const micro = Number((found[7] ?? '').slice(0, 6).padEnd(6, '0'))
  const far = Number(found[10] ?? 0) * 60 + Number(found[11] ?? 0)
  const offset = found[8] === undefined ? undefined : found[9] === '-' ? -far : far
  return new Moment([year, month, day], [hour, minute, second, micro], offset)
}

/**
 * What a word without quotes is in YAML 1.1, as PyYAML has it: `yes` is true, `0644` is 420, `1e3` is a text. Undefined for
 * `=` and `<<`, which mean nothing by themselves.
 */
export const wordValue = (written: string): Value | undefined => {
  if (written === '=' || written === '<<') return undefined
  if (Object.hasOwn(WORDS, written)) return WORDS[written]
  return integer(written) ?? float(written) ?? moment(written) ?? written
}
