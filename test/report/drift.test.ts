import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { lost, ref, reported, started } from './rig.ts'

const minute = 60_000
const compared = (more: Partial<EventBody & { type: 'compared' }> = {}): EventBody => ({
  type: 'compared',
  run: '20261122-213310-000a',
  since: 0,
  follow: 0,
  edited: 0,
  undone: 0,
  ...more,
})
const drifted = (node: string, more: Partial<EventBody & { type: 'drifted' }> = {}): EventBody => ({
  type: 'drifted',
  ...ref(node),
  why: 'its mode is 0600',
  diff: [],
  run: 'r',
  since: 0,
  traces: [],
  ...more,
})
const told = (bodies: EventBody[], diff: 'show' | 'hide' = 'hide') =>
  reported({ command: 'drift', detailedExitcode: true, diff }, [started('plan', 'node0', 'node1'), ...bodies])

test('nothing has moved', () => {
  const { out, code } = told([compared()])
  assert.is(code, 0)
  assert.is(out, 'Drift: since 1970-01-01 00:00:00 (run 20261122-213310-000a) nothing has moved on 2 hosts.\n')
})

test('what has moved, what moved it, and what else would change', () => {
  const { out, code } = told([
    compared({ follow: 2, edited: 1, undone: 3 }),
    drifted('node0/conf', {
      diff: [
        { kind: 'value', subject: '/a mode', before: '0644', after: '0600' },
        { kind: 'text', subject: '/a', before: 'x\n', after: 'y\n' },
      ],
      traces: [
        {
          of: 'path',
          subject: '/a',
          is: 'there',
          at: -5 * minute,
          owner: 'ipfs',
          package: 'kubo',
          installed: -3 * 60 * minute,
        },
        { of: 'path', subject: '/b', is: 'gone', at: 0 },
      ],
    }),
    drifted('node1/start', {
      why: 'it is inactive',
      traces: [
        {
          of: 'unit',
          subject: 'a.service',
          is: 'inactive',
          at: 0,
          result: 'success',
          restarts: 2,
          said: ['Stopped a.'],
        },
      ],
    }),
  ])
  assert.is(code, 2)
  assert.is(
    out,
    `node0  ~ conf: its mode is 0600
         /a mode: 0644 -> 0600
         /a changed 1969-12-31 23:55:00 (5 min ago), owner ipfs, package kubo installed 1969-12-31 21:00:00
         /b is gone; its folder changed 1970-01-01 00:00:00 (less than a minute ago)
node1  ~ start: it is inactive
         a.service inactive since 1970-01-01 00:00:00 (less than a minute ago), result success, 2 restarts
           Stopped a.

Not listed, but to be changed by apply: 1 because something else is asked for by now, 3 that no apply has brought about yet, 2 that may follow from others; see \`runbook plan\`.
Drift: since 1970-01-01 00:00:00 (run 20261122-213310-000a) 2 tasks on 2 of 2 hosts have moved.
`,
  )
})

test('texts show with --diff, from how they were left to how they are', () => {
  const one = drifted('node0/conf', { diff: [{ kind: 'text', subject: '/a', before: 'x\n', after: 'y\n' }] })
  assert.match(told([compared(), one], 'show').out, '--- /a (left)')
  assert.match(told([compared(), one], 'show').out, '+++ /a (now)')
})

test('a host that is lost is told, counts for none, and makes the exit code', () => {
  const { out, err, code } = told([compared(), lost('node1'), drifted('node0/conf')])
  assert.is(code, 3)
  assert.match(err, 'node1 does not answer')
  assert.match(out, '1 task on 1 of 1 host has moved.')
})

test('where nothing was compared there is only what prevented it', () => {
  const { out, err } = reported({ command: 'drift' }, [], {
    roundTrips: {},
    failures: [{ reason: 'usage-option', what: 'No apply is remembered here.' }],
  })
  assert.is(out, '')
  assert.match(err, 'No apply is remembered here.')
})

test.run()
