import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import { gateway, hostAddress, pickNumber, pickSlot, slotOf, subnet } from '../../src/lab/addresses.ts'

test('a slot is the third number of the subnet', () => {
  assert.equal([subnet(7), gateway(7), hostAddress(7, 12)], ['10.77.7.0/24', '10.77.7.1', '10.77.7.12'])
  assert.equal(['10.77.7.12', '10.78.7.12', 'fe80::1'].map(slotOf), [7, undefined, undefined])
})

test('a lab keeps its slot if it can, else takes the lowest free one', () => {
  assert.is(pickSlot(new Set()), 0)
  assert.is(pickSlot(new Set([0, 1, 3])), 2)
  assert.is(pickSlot(new Set([0, 1]), 5), 5)
  assert.is(pickSlot(new Set([0, 5]), 5), 1)
  assert.throws(
    () => pickSlot(new Set(Array(256).keys())),
    (error: Error) => error instanceof Refusal,
  )
})

test('nodeN has address 10 + N, others the lowest that is free', () => {
  assert.is(pickNumber(new Set(), 'node0'), 10)
  assert.is(pickNumber(new Set([10, 11]), 'node3'), 13)
  assert.is(pickNumber(new Set([10, 13]), 'node3'), 11)
  assert.is(pickNumber(new Set([10]), 'web'), 11)
  assert.is(pickNumber(new Set(), 'node999'), 10)
  assert.throws(
    () => pickNumber(new Set(Array(255).keys()), 'web'),
    (error: Error) => error instanceof Refusal,
  )
})

test.run()
