import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { easeHandshakes, watchStrain } from '../../src/host/handshake-limit.ts'

test('under a strain half of them connect at once, and without one more and more again', () => {
  const queue = { concurrency: 32 }
  let strained = true
  let time = 0
  let watched = 0
  const watch = () => {
    watched += 1
    return {
      isStrained: () => strained,
      stop: () => {
        watched -= 1
      },
    }
  }
  const ease = easeHandshakes(queue, watch, () => time)
  const look = (): number => {
    time += 300
    ease.next()
    return queue.concurrency
  }
  ease.next()
  assert.is(queue.concurrency, 32)
  assert.equal([look(), look(), look(), look()], [16, 8, 4, 4])
  // Between two looks nothing changes, whoever has connected.
  ease.next()
  strained = false
  assert.equal([look(), look()], [5, 6])
  for (let i = 0; i < 40; i++) look()
  assert.is(queue.concurrency, 32)
  assert.is(watched, 1)
  ease.end()
  assert.is(watched, 0)
})

test('a loop that is late is a strain', async () => {
  const strain = watchStrain()
  const busy = (ms: number): void => {
    const until = Date.now() + ms
    while (Date.now() < until);
  }
  for (let i = 0; i < 4; i++) {
    await new Promise(resolve => setTimeout(resolve, 1))
    busy(300)
  }
  assert.is(strain.isStrained(), true)
  strain.stop()
})

test.run()
