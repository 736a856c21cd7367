import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { duration, hostList, plural } from '../../src/report/wording.ts'

const all = Array.from({ length: 30 }, (_, at) => `n${at}`)

test('hosts in few words', () => {
  assert.is(hostList(['n3', 'n4'], all), 'n3, n4')
  assert.is(hostList(all.slice(0, 10), all), 'n0, n1, n2 and 7 more')
  assert.is(hostList(all.slice(2), all), 'all but n0, n1')
  assert.is(hostList(all, all), 'all 30 hosts')
  assert.is(hostList(['a', 'b', 'c'], ['a', 'b', 'c']), 'a, b, c')
})

test('counts and times', () => {
  assert.is(plural(1, 'task'), '1 task')
  assert.is(plural(0, 'task'), '0 tasks')
  assert.is(duration(2149), '2.1 s')
  assert.is(duration(133_000), '2 min 13 s')
})

test.run()
