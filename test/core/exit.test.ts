import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exit, worstExit } from '../../src/core/exit.ts'

test('nothing to tell is success', () => assert.is(worstExit([]), 0))

test('of several codes the one a caller has to act on first wins', () => {
  const order = [70, 130, 4, 1, 5, 3, 2, 0]
  for (const [i, winner] of order.entries()) {
    assert.is(worstExit(order.slice(i)), winner)
    assert.is(worstExit(order.slice(i).reverse()), winner)
  }
})

test('every code has its place in the order', () => {
  for (const code of Object.values(exit)) assert.is(worstExit([code]), code)
})

test.run()
