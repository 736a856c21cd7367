import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createRows, MOST_ROWS, type Row } from '../../src/report/rows.ts'
import { lost, numbered, planned, ref, result, started } from './rig.ts'

const rows = (...bodies: EventBody[]): Row[] => {
  const fold = createRows(() => bodies.length * 1000)
  numbered(bodies).forEach(fold.add)
  return fold.rows()
}
const running = (node: string, waits = false): EventBody => ({ type: 'running', ...ref(node), steps: [], waits })

test('a row a host: connecting, planning, running since when, a transfer, done, failed, lost', () => {
  const found = rows(
    started('apply', 'a', 'bb', 'c', 'd', 'e', 'f', 'g'),
    ...['bb', 'c', 'd', 'e', 'f', 'g'].map((host): EventBody => ({ type: 'answered', host, roundTrips: 2 })),
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
      'busy bb  has answered, 2 round trips',
      'busy c   1/2  y  waits  5 s',
      'busy d   0/1  x  kubo.tar.gz 34.1 MB of 90.2 MB  4 s',
      'done e   1/1',
      'failed f   1/1',
      'failed g   lost',
    ],
  )
})

test('while many hosts are planned: how many have answered, in how many round trips, and who has not', () => {
  const hosts = Array.from({ length: 30 }, (_, at) => `n${at}`)
  const answered = (host: string, roundTrips: number): EventBody => ({ type: 'answered', host, roundTrips })
  const [all] = rows(
    started('apply', ...hosts),
    ...hosts.slice(2).map(host => answered(host, 1)),
    answered('n2', 2),
    lost('n0'),
  )
  assert.is(all!.text, 'planning: 28 of 30 hosts have answered in 29 round trips, 1 lost; waiting for n1')
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
  assert.is(found[1]!.text, 'n5   0/1  x  26 s')
  assert.is(found.at(-1)!.text, 'and 15 more hosts')
})

test.run()
