import { Dict, Tuple, type Value } from './value.ts'

/** Whether a value may be a key: lists and mappings may not. */
export const isHashable = (value: Value): boolean =>
  value instanceof Tuple ? value.every(isHashable) : !Array.isArray(value) && !(value instanceof Dict)
