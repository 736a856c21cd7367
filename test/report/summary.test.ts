import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createSummary, type Outcome } from '../../src/report/summary.ts'
import { lost, numbered, planned, result, started } from './rig.ts'

const outcome = (bodies: EventBody[], command: 'plan' | 'apply', detailedExitcode = false): Outcome => {
  const summary = createSummary()
  numbered(bodies).forEach(summary.add)
  return summary.result({ command, detailedExitcode })
}
const plan = (...bodies: EventBody[]): Outcome => outcome([started('plan', 'a', 'b'), ...bodies], 'plan')
const detailed = (...bodies: EventBody[]): Outcome => outcome([started('plan', 'a', 'b'), ...bodies], 'plan', true)
const apply = (...bodies: EventBody[]): Outcome => outcome([started('apply', 'a', 'b'), ...bodies], 'apply')
const failed = (node: string, reason: 'host-step' | 'host-lost' | 'bug-engine' | 'playbook-value'): EventBody =>
  result(node, 'failed', { failure: { reason, what: 'x' } })

test('counts of a plan, hosts in inventory order whatever came first', () => {
  const { hosts } = plan(planned('b/1', 'ok'), planned('a/1', 'change', { steps: ['x', 'y'] }), planned('a/2', 'fail'))
  assert.equal(Object.keys(hosts), ['a', 'b'])
  const none = { ok: 0, changed: 0, failed: 0, skipped: 0, undecided: 0, unreachable: false, roundTrips: 0, steps: 0 }
  assert.equal(hosts, { a: { ...none, changed: 1, failed: 1, steps: 2 }, b: { ...none, ok: 1 } })
})

test('in an apply results count, not what was planned', () => {
  const { hosts } = apply(
    planned('a/1', 'change', { steps: ['x', 'y'] }),
    planned('a/2', 'undecided'),
    planned('a/3', 'change'),
    result('a/1', 'changed', { steps: 2 }),
    result('a/2', 'skipped'),
  )
  assert.equal(hosts.a, {
    ok: 0,
    changed: 1,
    failed: 0,
    skipped: 1,
    undecided: 0,
    unreachable: false,
    roundTrips: 0,
    steps: 2,
  })
})

test('exit codes of a plan', () => {
  assert.is(plan(planned('a/1', 'change')).exit, 0)
  assert.is(detailed(planned('a/1', 'ok')).exit, 0)
  assert.is(detailed(planned('a/1', 'change')).exit, 2)
  assert.is(detailed(planned('a/1', 'undecided')).exit, 2)
  assert.is(detailed(planned('a/1', 'skipped')).exit, 0)
  assert.is(detailed(planned('a/1', 'change'), planned('a/2', 'fail')).exit, 1)
  assert.is(detailed(planned('a/1', 'change'), lost('b')).exit, 3)
  assert.is(plan(lost('a'), lost('b', 'host-key-changed')).exit, 5)
  assert.is(plan(planned('a/1', 'fail'), lost('b', 'host-key-changed')).exit, 1)
})

test('exit codes of an apply', () => {
  assert.is(apply(result('a/1', 'changed')).exit, 0)
  assert.is(apply(failed('a/1', 'host-step')).exit, 1)
  assert.is(apply(result('a/1', 'refused')).exit, 5)
  assert.is(apply(result('a/1', 'refused', { failure: { reason: 'plan-moved', what: 'x' } })).exit, 5)
  assert.is(apply(lost('a'), failed('a/1', 'host-lost')).exit, 3, 'a lost machine is no failed task')
  assert.is(apply(lost('b'), failed('a/1', 'host-step')).exit, 1)
  assert.is(apply(failed('a/1', 'host-step'), failed('a/2', 'bug-engine')).exit, 70)
  assert.is(apply(failed('a/1', 'playbook-value')).exit, 1, 'hosts were contacted, so it is no bad input')
  assert.is(apply(planned('a/1', 'fail')).exit, 1, 'never run because it would fail')
})

test('every root cause is there once', () => {
  const { failures } = apply(failed('a/1', 'host-step'), failed('b/1', 'host-step'), lost('b'))
  assert.equal(
    failures.map(failure => failure.what),
    ['b does not answer', 'x'],
  )
})

test.run()
