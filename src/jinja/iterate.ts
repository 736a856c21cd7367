import { Dict, Live, typeName, Undefined, usable, type Value, ValueFault } from './value.ts'

/** Something else that can be gone over. */
export abstract class Iterable extends Live {
  abstract items(): Value[]
  abstract readonly length: number
  /** The same kind of what stands at these positions. */
  abstract sliced(positions: number[]): Value
}

/** What a loop goes over: members of a list, keys of a mapping, characters of a text. Throws a ValueFault for anything else. */
export const iterate = (value: Value): Value[] => {
  if (value instanceof Undefined && value.isBlank) return []
  const there = usable(value)
  if (Array.isArray(there)) return there
  if (there instanceof Dict) return there.keys()
  if (typeof there === 'string') return [...there]
  if (there instanceof Iterable) return there.items()
  throw new ValueFault(`'${typeName(there)}' object is not iterable`)
}

/** How many members a value has; undefined where it has none to be counted. */
export const lengthOf = (value: Value): number | undefined => {
  const there = usable(value)
  if (there instanceof Dict) return there.size
  if (typeof there === 'string') return [...there].length
  return Array.isArray(there) || there instanceof Iterable ? there.length : undefined
}
