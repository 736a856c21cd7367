import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { runLines, unfinishedText } from '../../src/report/runs.ts'
import { numbered, planned, result, started } from './rig.ts'

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

test('one whose journal cannot be read is listed with why', () =>
  assert.is(
    runLines([{ id: 'x', failure: { reason: 'usage-file', what: 'The journal x is damaged.' } }]),
    'x  The journal x is damaged.\n',
  ))

test('what a run was at that did not end, and how to go on with it', () => {
  const running = (node: string): EventBody => ({ type: 'running', host: 'node0', node, task: node, steps: [] })
  const events = numbered([
    started('apply', 'node0', 'node1'),
    ...['node0/a', 'node0/b', 'node0/c', 'node0/d', 'node1/a'].map(node => planned(node, 'change')),
    { ...running('node0/a'), behind: ['node0/b', 'node0/c'] } as EventBody,
    result('node0/a', 'changed'),
    running('node0/b'),
  ])
  assert.equal(unfinishedText({ id: 'x', events }).split('\n'), [
    '',
    'This run did not end.',
    'node0  not known: b, c',
    'node0  not begun: d',
    'node1  not begun: a',
    '',
    'Once it is over, `runbook resume x` goes on with it.',
    '',
  ])
  assert.match(unfinishedText({ id: 'x', events: [] }), 'did not end.\nOnce')
})

test.run()
