import { isUnknown, type Unknown } from '../core/unknown.ts'
import { ValueFault } from './value.ts'

/** The value, or the unknown that is met in making it; a fault gets this place, where it has none yet. */
export const knownOr = <T>(
  source: object,
  { at, length = 1 }: { at: number; length?: number },
  compute: () => T,
): T | Unknown => {
  try {
    return compute()
  } catch (error) {
    if (isUnknown(error)) return error
    if (error instanceof ValueFault) error.place ??= { source, at, length }
    throw error
  }
}
