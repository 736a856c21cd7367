import { stripped } from '../space.ts'

/** Digits of every script stand for those of ASCII. Their zeros are the beginnings of rows of ten. */
const withPlainDigits = (found: string): string =>
  found.replace(/\p{Nd}/gu, char => {
    const code = char.codePointAt(0)!
    let zero = code
    while (zero > code - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && code - zero < 9) zero--
    return code < 128 ? char : String((code - zero) % 10)
  })

const PREFIXES: Record<string, number> = { '0x': 16, '0o': 8, '0b': 2 }

/** A text as Python's `int(text, base)` reads it; undefined where it is none. */
export const integerFrom = (written: string, base: number): bigint | undefined => {
  const [, sign, body = ''] = /^([-+]?)(.*)$/s.exec(withPlainDigits(stripped(written)).toLowerCase())!
  const ofPrefix = PREFIXES[body.slice(0, 2)]
  const isPrefixed = ofPrefix !== undefined && (base === 0 || base === ofPrefix)
  const radix = base === 0 ? (ofPrefix ?? 10) : base
  const digits = isPrefixed ? body.slice(2).replace(/^_/, '') : body
  if (!/^[\da-z]+(_[\da-z]+)*$/.test(digits)) return undefined
  if (base === 0 && !isPrefixed && /^0+_?[1-9]/.test(digits)) return undefined
  let value = 0n
  for (const char of digits.replaceAll('_', '')) {
    const digit = Number.parseInt(char, 36)
    if (digit >= radix) return undefined
    value = value * BigInt(radix) + BigInt(digit)
  }
  return sign === '-' ? -value : value
}

/** A text as Python's `float(text)` reads it; undefined where it is none. */
export const floatFrom = (written: string): number | undefined => {
  const found = withPlainDigits(stripped(written)).toLowerCase()
  const [, sign, word] = /^([-+]?)(inf|infinity|nan)$/.exec(found) ?? []
  if (word) return word === 'nan' ? Number.NaN : sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const digits = '\\d+(?:_\\d+)*'
  if (!new RegExp(`^[-+]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[-+]?${digits})?$`).test(found))
    return undefined
  return Number(found.replaceAll('_', ''))
}
