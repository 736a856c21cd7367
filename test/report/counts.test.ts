import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { counted, seconds, someOf } from '../../src/report/counts.ts'

const all = Array.from({ length: 30 }, (_, at) => `n${at}`)

test('hosts in few words', () => {
  assert.is(someOf(['n3', 'n4'], all), 'n3, n4')
  assert.is(someOf(all.slice(0, 10), all), 'n0, n1, n2 and 7 more')
  assert.is(someOf(all.slice(2), all), 'all but n0, n1')
  assert.is(someOf(all, all), 'all 30 hosts')
  assert.is(someOf(['a', 'b', 'c'], ['a', 'b', 'c']), 'a, b, c')
})

test('counts and times', () => {
  assert.is(counted(1, 'task'), '1 task')
  assert.is(counted(0, 'task'), '0 tasks')
  assert.is(seconds(2149), '2.1 s')
  assert.is(seconds(133_000), '2 min 13 s')
})

test.run()
