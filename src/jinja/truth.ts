import { Dict, Moment, Omit, Undefined, usable, type Value } from './value.ts'

/** Whether Python takes a value for true: what is empty or zero is not. Throws what is undefined or unknown. */
export const truth = (value: Value): boolean => {
  if (value instanceof Undefined && value.isBlank) return false
  const there = usable(value)
  if (Array.isArray(there)) return there.length > 0
  if (there instanceof Dict) return there.size > 0
  if (there instanceof Omit) return true
  return there instanceof Moment || Boolean(there)
}
