import { rounded } from './rounding.ts'

/** The digits of a float that is not negative, as Python's `e`, `f` and `g` write it. `keepsZeros`: those of `#g` stay. */
export const formatFloat = (value: number, kind: string, precision: number, keepsZeros = false): string => {
  const isUpper = kind !== kind.toLowerCase()
  const text = !Number.isFinite(value)
    ? Number.isNaN(value)
      ? 'nan'
      : 'inf'
    : kind.toLowerCase() === 'f'
      ? fixed(value, precision)
      : kind.toLowerCase() === 'e'
        ? scientific(value, precision)
        : general(value, precision || 1, keepsZeros)
  return isUpper ? text.toUpperCase() : text
}

/** toFixed knows 100 digits and no number from 1e21 on. */
const fixed = (value: number, precision: number): string => {
  if (value < 1e21) {
    const text = value.toFixed(Math.min(precision, 100))
    // Of two that are as near, JavaScript takes the larger and Python the even one.
    const even = rounded(value, precision)
    return Number(text) === even ? text : even.toFixed(Math.min(precision, 100))
  }
  const whole = BigInt(value).toString()
  return precision > 0 ? `${whole}.${'0'.repeat(precision)}` : whole
}

const scientific = (value: number, precision: number): string =>
  value.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2')

const general = (value: number, precision: number, keepsZeros: boolean): string => {
  const power = Number(value.toExponential(precision - 1).split('e')[1])
  const text =
    power < -4 || power >= precision
      ? scientific(value, precision - 1)
      : fixed(value, Math.max(0, precision - 1 - power))
  if (keepsZeros || !text.includes('.')) return text
  return text.replace(/\.?0+($|e)/, '$1')
}

/** Digits in groups of three, or of another size. */
export const grouped = (digits: string, separator: string, size = 3): string =>
  digits.replace(new RegExp(`\\B(?=(?:[\\da-f]{${size}})+$)`, 'gi'), separator)
