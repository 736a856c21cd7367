import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import { cableOf, handleOf, labAt, macOf, nodeNames } from '../../src/lab/names.ts'

const lab = labAt('/home/ann/site', 'a-long-lab-name')

test('a lab lives in .runbook/lab below the working folder', () => {
  assert.is(lab.folder, '/home/ann/site/.runbook/lab/a-long-lab-name')
})

test('names of interfaces fit into the 15 characters that Linux allows', () => {
  assert.ok(lab.bridge.length <= 15, lab.bridge)
  assert.ok(lab.bridge.startsWith('rb-a-lon-'), lab.bridge)
  assert.ok(cableOf(lab, 'a-rather-long-host-name').length <= 15)
})

test('the same lab in two checkouts, and two labs in one, share no name', () => {
  const all = [lab, labAt('/home/bob/site', 'a-long-lab-name'), labAt('/home/ann/site', 'a-long-lab-name2')]
  for (const pick of [(l: typeof lab) => l.bridge, (l: typeof lab) => l.prefix, (l: typeof lab) => macOf(l, 'node0')])
    assert.is(new Set(all.map(pick)).size, 3)
})

test('every name of a lab but the bridge starts with its prefix, so that what is left of it can be found', () => {
  assert.ok(handleOf(lab, 'node0').startsWith(lab.prefix))
  assert.ok(cableOf(lab, 'node0').startsWith(lab.prefix))
})

test('a hardware address is one of a single machine, locally given', () => {
  assert.match(macOf(lab, 'node0'), /^02(:[0-9a-f]{2}){5}$/)
  assert.is.not(macOf(lab, 'node0'), macOf(lab, 'node1'))
})

test('names that would leave the folder or are no host names are refused', () => {
  for (const name of ['', '..', 'a/b', 'A', '-a', 'a-', 'a b', 'x'.repeat(33)]) {
    assert.throws(
      () => labAt('/x', name),
      (error: Error) => error instanceof Refusal,
    )
    assert.throws(
      () => handleOf(lab, name),
      (error: Error) => error instanceof Refusal,
    )
  }
})

test('hosts are counted from node0; a number that makes no lab is refused', () => {
  assert.equal(nodeNames(3), ['node0', 'node1', 'node2'])
  for (const count of [0, -1, 1.5, Number.NaN, 201])
    assert.throws(
      () => nodeNames(count),
      (error: Error) => error instanceof Refusal,
    )
})

test.run()
