import { LookedUp } from './looked-up.ts'
import { Dict, Tuple, type Value } from './value.ts'

/** A value with lists and mappings of its own, for who changes them in their place. */
export const copied = (value: Value): Value => {
  if (value instanceof Tuple || value instanceof LookedUp) return value
  if (Array.isArray(value)) return value.map(copied)
  return value instanceof Dict ? new Dict(value.entries().map(([key, one]) => [key, copied(one)])) : value
}
