import * as assert from 'uvu/assert'
import { type Failure, Refusal } from '../../src/core/failure.ts'

/** The failures of the Refusal that a call must end in. */
export const refused = (run: () => unknown): Failure[] => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.failures
    throw error
  }
  return assert.unreachable('nothing was refused') as never
}

/** The only failure of it. */
export const refusedOnce = (run: () => unknown): Failure => {
  const failures = refused(run)
  assert.is(failures.length, 1, failures.map(one => one.what).join('\n'))
  return failures[0]!
}

/** `line:column` of a failure. */
export const spot = (failure: Failure): string => `${failure.origin?.line}:${failure.origin?.column}`
