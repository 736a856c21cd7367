import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { ref, reported, started } from './rig.ts'

const explained: EventBody = {
  type: 'explained',
  ...ref('node0/copy', 'Copy the file'),
  module: 'copy',
  origin: { file: 'site.yml', line: 3, column: 7 },
  verdict: 'change',
  why: 'its content differs',
  conditions: ['word != ""'],
  arguments: { dest: '/etc/x', mode: '0644' },
  reads: [
    {
      name: 'file',
      subject: '/etc/x',
      use: 'owned',
      is: { exists: true, mode: '0600' },
      after: ['node0/user'],
      open: [],
    },
    { name: 'parent', subject: '/etc', use: 'used', is: { exists: true }, after: [], open: [] },
  ],
  will: [{ subject: '/etc/x', is: { mode: '0644' } }],
  steps: ['chmod 0644 -- /etc/x'],
  waitsFor: [
    { node: 'node0/user', kind: 'order' },
    { node: 'node1/key', kind: 'value' },
    { node: 'node2/key', kind: 'value' },
  ],
  waitedForBy: [],
}

test('a change whose details are not known yet', () => {
  const { out } = reported({ command: 'explain' }, [started('plan', 'node0'), { ...explained, needs: 'node1/key' }])
  assert.is(out.split('\n')[0], 'node0/copy: change, details after node1/key, its content differs')
})

test('one node, for people', () => {
  const { out, code } = reported({ command: 'explain' }, [started('plan', 'node0'), explained])
  assert.is(code, 0)
  assert.is(
    out,
    `node0/copy: change, its content differs
  Copy the file, module copy, site.yml:3:7
  condition
    word != ""
  arguments
    dest: /etc/x
    mode: 0644
  reads
    /etc/x: exists true, mode 0600 (after node0/user)
    uses /etc: exists true
  promises
    /etc/x: mode 0644
  steps
    chmod 0644 -- /etc/x
  comes after
    order: node0/user
    value: node1/key, node2/key

`,
  )
})

test('for programs it is an event like any other', () => {
  const { out } = reported({ command: 'explain', format: 'json' }, [started('plan', 'node0'), explained])
  const events = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.equal(
    events.map(({ type }) => type),
    ['started', 'explained', 'summary'],
  )
  assert.equal(events[1].waitsFor.length, 3)
})

test('what prevents it is told beside it', () => {
  const failure = { reason: 'usage-option', what: 'The playbook has no "x".' } as const
  const { out, err, code } = reported({ command: 'explain' }, [started('plan', 'node0')], {
    roundTrips: {},
    failures: [failure],
  })
  assert.equal([out, code], ['', 4])
  assert.match(err, 'The playbook has no "x".')
})

test.run()
