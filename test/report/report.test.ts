import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRedactor } from '../../src/report/redact.ts'
import { createReport, wantsColour } from '../../src/report/report.ts'
import { keepingStream, planned, reported, started } from './rig.ts'

test('colour is for terminals, and can be turned off', () => {
  assert.ok(wantsColour(true, {}, {}))
  assert.not.ok(wantsColour(false, {}, {}))
  assert.not.ok(wantsColour(true, { noColor: true }, {}))
  assert.not.ok(wantsColour(true, {}, { NO_COLOR: '1' }))
  assert.not.ok(wantsColour(true, {}, { TERM: 'dumb' }))
})

test('an exit code of the caller counts with the others, the worst of all wins', () => {
  const events = [started('plan', 'a'), planned('a/x', 'fail')]
  assert.is(reported({ command: 'plan' }, events, { roundTrips: {}, exit: 130 }).code, 130)
  assert.is(reported({ command: 'plan' }, events, { roundTrips: {}, exit: 3 }).code, 1)
  const interrupted = { reason: 'run-interrupted', what: 'interrupted' } as const
  assert.is(reported({ command: 'plan' }, events, { roundTrips: {}, failures: [interrupted] }).code, 130)
})

test('it ends once: what comes later is neither written nor counted', () => {
  const out = keepingStream()
  const report = createReport({
    format: 'json',
    command: 'plan',
    diff: 'hide',
    privateDiff: 'hide',
    verbosity: 'changes',
    detailedExitcode: false,
    out: out.stream,
    err: out.stream,
    tty: false,
    colour: false,
    redact: createRedactor(),
  })
  report.emit(started('plan', 'a'))
  assert.is(report.finish({ roundTrips: {} }), 0)
  const before = out.text()
  report.emit(planned('a/x', 'fail'))
  assert.is(report.finish({ roundTrips: {}, exit: 70 }), 0)
  assert.is(out.text(), before)
})

test.run()
