import { Iterable } from './iterate.ts'
import { Tuple, tupleOf, typeName, usable, type Value, ValueFault } from './value.ts'

const boundOf = (value: Value): number | undefined => {
  const there = usable(value)
  if (there === null) return undefined
  if (typeof there === 'boolean' || typeof there === 'bigint') return Number(there)
  throw new ValueFault('slice indices must be integers or None or have an __index__ method')
}

/** The positions that `[start:stop:step]` of so many members takes. */
const positions = (length: number, start: Value, stop: Value, step: Value): number[] => {
  const stride = boundOf(step) ?? 1
  if (stride === 0) throw new ValueFault('slice step cannot be zero')
  const [lowest, highest] = stride > 0 ? [0, length] : [-1, length - 1]
  const clamped = (bound: number | undefined, usual: number): number =>
    bound === undefined ? usual : Math.min(highest, Math.max(lowest, bound < 0 ? bound + length : bound))
  const from = clamped(boundOf(start), stride > 0 ? 0 : length - 1)
  const to = clamped(boundOf(stop), stride > 0 ? length : -1)
  const found: number[] = []
  for (let at = from; stride > 0 ? at < to : at > to; at += stride) found.push(at)
  return found
}

/** `value[start:stop:step]` of a text, a list or a tuple. Throws a ValueFault for anything else. */
export const slice = (value: Value, start: Value, stop: Value, step: Value): Value => {
  const there = usable(value)
  if (typeof there === 'string') {
    const characters = [...there]
    return positions(characters.length, start, stop, step)
      .map(at => characters[at])
      .join('')
  }
  if (there instanceof Iterable) return there.sliced(positions(there.length, start, stop, step))
  const items = Array.isArray(there) ? there : undefined
  if (!items) throw new ValueFault(`'${typeName(there)}' object is not subscriptable`)
  const found = positions(items.length, start, stop, step).map(at => items[at]!)
  return there instanceof Tuple ? tupleOf(found) : found
}
