import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRedactor } from '../../src/report/redact.ts'
import { lost, planned, reported, started } from './rig.ts'

const lines = (out: string): Record<string, unknown>[] =>
  out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

test('one event a line, numbered and timed, the summary last', () => {
  const events = [started('plan', 'a', 'b'), planned('a/1', 'change'), lost('b')]
  const { out, err, code } = reported({ command: 'plan', format: 'json' }, events, { roundTrips: { a: 2 } })
  const found = lines(out)
  assert.equal(found.slice(0, 3), [
    { ...events[0], seq: 1, time: 2000 },
    { ...events[1], seq: 2, time: 3000 },
    { ...events[2], seq: 3, time: 4000 },
  ])
  const { peakRssMb, ...summary } = found[3]!
  assert.type(peakRssMb, 'number')
  const none = { ok: 0, changed: 0, failed: 0, skipped: 0, undecided: 0, unreachable: false, roundTrips: 0, steps: 0 }
  assert.equal(summary, {
    type: 'summary',
    exit: 3,
    hosts: { a: { ...none, changed: 1, roundTrips: 2 }, b: { ...none, unreachable: true } },
    failures: [{ reason: 'host-unreachable', what: 'b does not answer', why: 'ECONNREFUSED', fix: 'start it' }],
    wallMs: 4000,
    seq: 4,
    time: 6000,
  })
  assert.is(code, 3)
  assert.is(err, '')
})

test('a run that never started has a summary all the same', () => {
  const failure = { reason: 'playbook-yaml', what: 'it is no YAML' } as const
  const { out, code } = reported({ command: 'plan', format: 'json' }, [], { roundTrips: {}, failures: [failure] })
  const [summary, ...none] = lines(out)
  assert.equal(none, [])
  assert.is(summary!.exit, 4)
  assert.equal(summary!.failures, [failure])
  assert.is(code, 4)
})

test('no control character and no secret, also where JSON would write the secret in its own way', () => {
  const redact = createRedactor()
  redact.add('quo"te\\and\nline')
  const event = planned('a/1', 'fail', { why: '\x1b[2J\x9b31m\u2028 quo"te\\and\nline' })
  const { out } = reported({ command: 'plan', format: 'json', redact }, [started('plan', 'a'), event])
  assert.not.match(out.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u2028]/)
  assert.is(lines(out)[1]!.why, '\x1b[2J\x9b31m\u2028 <secret>')
})

test.run()
