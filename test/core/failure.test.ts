import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt, type Failure, Refusal, refuse } from '../../src/core/failure.ts'

test('what a room refuses comes out of its door as data', () => {
  const failure: Failure = { reason: 'playbook-shape', what: 'A task must be a mapping.', fix: 'Indent it.' }
  assert.equal(
    attempt(() => refuse('playbook-shape', 'A task must be a mapping.', { fix: 'Indent it.' })),
    { failures: [failure] },
  )
  assert.equal(
    attempt(() => {
      throw new Refusal(failure, failure)
    }).failures?.length,
    2,
  )
  assert.equal(
    attempt(() => 1),
    { value: 1 },
  )
})

test('a bug is no refusal: it goes on', () => {
  assert.throws(
    () =>
      attempt(() => {
        throw new TypeError('a bug')
      }),
    (error: Error) => error instanceof TypeError,
  )
})

test.run()
