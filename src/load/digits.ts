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

/**
 * Whether a number that keeps its digits shows as another text than it was written, and than Ansible makes of it: `1.0` as 1,
 * `12e5` (text in YAML 1.1, as in the name of a commit) as 1200000, `01234` as 1234. An end such as that of `1.50` is lost
 * in Ansible too.
 */
export const looksOther = (written: string, value: number): boolean =>
  /^[+-]?(\d+e|0\d)/i.test(written) || (/^[+-]?\d*\.\d/.test(written) && Number.isInteger(value))
