import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { runLines } from '../../src/report/runs.ts'
import { numbered, result, started } from './rig.ts'

const hosts = { ok: 1, changed: 2, failed: 1, skipped: 0, undecided: 0, unreachable: true, roundTrips: 3, steps: 4 }
const summary: EventBody = {
  type: 'summary',
  exit: 1,
  hosts: { node0: hosts, node1: hosts },
  failures: [],
  wallMs: 8200,
  peakRssMb: 90,
}

test('a line for each run: what it was, and what it came to', () => {
  const events = numbered([started('apply', 'node0', 'node1'), result('node0/a', 'changed')])
  const [end] = numbered([summary])
  const runs = [
    { id: 'b', events: [...events, end!], summary: end as Extract<typeof end, { type: 'summary' }> },
    { id: 'a', events },
    { id: '0', events: [] },
  ]
  assert.equal(runLines(runs).split('\n'), [
    'b  playbooks/site.yml on 2 hosts: exit 1, 4 changed, 2 failed, 2 hosts lost in 8.2 s',
    'a  playbooks/site.yml on 2 hosts: did not end (1 result)',
    '0  nothing was started: did not end (0 results)',
    '',
  ])
})

test.run()
