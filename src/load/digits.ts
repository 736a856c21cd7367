/** The digits that tell a decimal number from its neighbours. */
const significant = (text: string): string =>
  text
    .replace(/^[+-]|e.*$/gi, '')
    .replace('.', '')
    .replace(/^0+|0+$/g, '')

/**
 * Whether a number as it was written has digits that the value does not hold: an integer above 2^53, a fraction of more
 * than 15 to 17 digits, an exponent that is too large.
 */
export const losesDigits = (written: string, value: number): boolean => {
  if (!/\d/.test(written)) return false
  if (/^[+-]?(\d+|0[xob][\da-f]+)$/i.test(written)) return !Number.isSafeInteger(value)
  return significant(written) !== significant(String(value))
}
