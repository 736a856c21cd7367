import { isUnknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import type { AnyQuery } from '../module/query.ts'
import type { Line } from '../plan/line.ts'

/** Each promise costs a process or two on the host: of more than these a round trip costs less. */
const maxPromises = 20

/** The test of one promise; empty where nothing of it is known yet. */
const testOf = ([query, patch]: [AnyQuery, unknown]): string | undefined => {
  if (isUnknown(patch)) return ''
  if (!isRecord(patch)) return undefined
  const known = Object.entries(patch).filter(([, value]) => value !== undefined && !isUnknown(value))
  return known.length === 0 ? '' : query.holds?.(Object.fromEntries(known))
}

/**
 * The shell text that ends with 0 exactly where what a line promises holds on the host, as far as it is known; empty
 * where it promises nothing. Undefined: that cannot be told there, so that nothing may run behind it in its frame.
 */
export const promiseTest = ({ will }: Line): string | undefined => {
  if (will.length > maxPromises) return undefined
  const tests = will.map(testOf)
  if (tests.includes(undefined)) return undefined
  return tests.flatMap(test => (test === '' ? [] : [`{ ${test}\n}`])).join(' && ')
}
