import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expandHosts } from '../../src/load/host-range.ts'
import { refusedOnce } from './refused.ts'

const origin = { file: 'h', line: 1, column: 1 }
const names = (written: string) => expandHosts(written, origin).names.join(' ')

test('ranges of numbers and letters, with padding and steps', () => {
  const cases: [string, string][] = [
    ['node', 'node'],
    ['node[0:2]', 'node0 node1 node2'],
    ['node[:1]', 'node0 node1'],
    ['n[08:10]', 'n08 n09 n10'],
    ['n[1:9:4].x', 'n1.x n5.x n9.x'],
    ['db-[a:c]', 'db-a db-b db-c'],
    ['[y:A]', 'y z A'],
    ['r[1:2]n[a:b]', 'r1na r1nb r2na r2nb'],
  ]
  for (const [written, wanted] of cases) assert.is(names(written), wanted)
})

test('a port belongs to every host of the range', () => {
  assert.equal(expandHosts('n[0:1]:2222', origin), { names: ['n0', 'n1'], port: 2222 })
  assert.equal(expandHosts('[fe80::1]:22', origin), { names: ['fe80::1'], port: 22 })
  assert.equal(expandHosts('fe80::1', origin), { names: ['fe80::1'] })
})

test('ranges that make no sense are refused with what is wrong', () => {
  const cases: [string, RegExp][] = [
    ['n[1]', /no end/],
    ['n[1:2', /not closed/],
    ['n[1:]', /no end/],
    ['n[3:1]', /begins behind its end/],
    ['n[c:a]', /begins behind its end/],
    ['n[01:100]', /same number of digits/],
    ['n[a:5]', /neither numbers nor single letters/],
    ['n[1:2:0]', /step/],
    ['n[0:9999999]', /too long/],
    ['n[1:10000][1:10000]', /stands for more than 100000 hosts/],
    [`n${'[1:10]'.repeat(6)}`, /stands for more than 100000 hosts/],
    [`n[1${'0'.repeat(199)}:1${'0'.repeat(198)}9]`, /at most 15 digits/],
    [`n[0:1${'0'.repeat(400)}]`, /at most 15 digits/],
    [`n${'[1:1]'.repeat(20_000)}`, /at most 16 ranges/],
    ['n[1:1000000000:2]', /too long/],
  ]
  for (const [written, what] of cases) assert.match(refusedOnce(() => names(written)).what, what)
})

test('ranges as large as the limit, and a step over a wide one', () => {
  assert.is(expandHosts('n[1:100000]', origin).names.length, 100_000)
  assert.is(expandHosts('n[1:100][1:1000]', origin).names.length, 100_000)
  assert.equal(expandHosts('n[1:900000:300000]', origin).names, ['n1', 'n300001', 'n600001'])
})

test.run()
