/** `over / under` to the nearest whole number, the even one of two. */
export const nearest = (over: bigint, under: bigint): bigint => {
  const floor = over / under - (over % under < 0n ? 1n : 0n)
  const twice = 2n * (over - floor * under)
  return twice > under || (twice === under && floor % 2n !== 0n) ? floor + 1n : floor
}

/** A float as the fraction that it is: its denominator is a power of two. */
const fraction = (value: number): [bigint, bigint] => {
  let [over, under] = [value, 1n]
  while (!Number.isInteger(over)) {
    over *= 2
    under *= 2n
  }
  return [BigInt(over), under]
}

/** To so many digits, of the number that the float really is, as Python does. */
export const rounded = (value: number, digits: number): number => {
  if (!Number.isFinite(value) || digits > 300) return value
  if (digits < -300) return 0 * value
  const [over, under] = fraction(value)
  const scale = 10n ** BigInt(Math.abs(digits))
  const found = digits >= 0 ? nearest(over * scale, under) : nearest(over, under * scale)
  const result = Number(`${found}e${-digits}`)
  return result === 0 && (value < 0 || Object.is(value, -0)) ? -0 : result
}
