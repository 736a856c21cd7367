import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createRows, MOST_ROWS, type Row } from '../../src/report/rows.ts'
import { lost, numbered, planned, ref, result, started } from './rig.ts'

const rows = (...bodies: EventBody[]): Row[] => {
  const fold = createRows()
  numbered(bodies).forEach(fold.add)
  return fold.rows()
}
const running = (node: string, waits = false): EventBody => ({ type: 'running', ...ref(node), steps: [], waits })

test('a row a host: connecting, reading, running, a transfer, done, failed, lost', () => {
  const found = rows(
    started('apply', 'a', 'bb', 'c', 'd', 'e', 'f', 'g'),
    ...['bb', 'c', 'd', 'e', 'f', 'g'].map((host): EventBody => ({ type: 'connected', host, ms: 1 })),
    ...['c/x', 'c/y', 'd/x', 'e/x', 'f/x'].map(node => planned(node, 'change')),
    result('c/x', 'changed'),
    running('c/y', true),
    { type: 'progress', ...ref('d/x'), done: 34_100_000, total: 90_200_000, what: 'kubo.tar.gz' },
    result('e/x', 'changed'),
    result('f/x', 'failed'),
    lost('g'),
  )
  assert.equal(
    found.map(row => `${row.state} ${row.text}`),
    [
      'busy a   connecting',
      'busy bb  reading',
      'busy c   1/2  y  waits',
      'busy d   0/1  x  kubo.tar.gz 34.1 MB of 90.2 MB',
      'done e   1/1',
      'failed f   1/1',
      'failed g   lost',
    ],
  )
})

test('many hosts share the rows', () => {
  const hosts = Array.from({ length: 30 }, (_, at) => `n${at}`)
  const found = rows(
    started('apply', ...hosts),
    ...hosts.map(host => planned(`${host}/x`, 'change')),
    ...hosts.slice(5).map(host => running(`${host}/x`)),
    lost('n0'),
  )
  assert.is(found.length, MOST_ROWS)
  assert.is(found[0]!.text, '30 hosts, 1 lost  0/30')
  assert.is(found[1]!.text, 'n5   0/1  x')
  assert.is(found.at(-1)!.text, 'and 15 more hosts')
})

test.run()
