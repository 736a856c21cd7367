import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import type { Transport } from '../../src/core/transport.ts'
import { createPool } from '../../src/host/pool.ts'
import type { Target } from '../../src/settings/target.ts'
import { reasonsOf } from './local.ts'

const target = (name: string): Target => ({
  name,
  host: name,
  port: 22,
  user: 'root',
  knownHosts: [],
  timeoutSeconds: 1,
})

const targetsOf = (...names: string[]) => Object.fromEntries(names.map(name => [name, target(name)]))

const standIn = (closed: string[], name: string): Transport => ({
  run: async () => [],
  upload: async () => {},
  lease: async () => ({ is: 'nobody', why: 'it is no host' }),
  as: () => standIn(closed, name),
  roundTrips: 7,
  user: 'root',
  close: async () => {
    closed.push(name)
  },
})

test('connecting twice gives the same promise, also a failed one', async () => {
  let asked = 0
  const pool = createPool({
    targets: targetsOf('a', 'b'),
    connect: async ({ name }) => {
      asked += 1
      if (name === 'b') throw new Refusal({ reason: 'host-unreachable', what: 'b' })
      return standIn([], name)
    },
  })
  assert.is(pool.connect('a'), pool.connect('a'))
  await pool.connect('a')
  const failed = pool.connect('b')
  assert.is(pool.connect('b'), failed)
  assert.equal(await reasonsOf(failed), ['host-unreachable'])
  assert.is(asked, 2)
  assert.equal(await reasonsOf(pool.connect('toString')), ['inventory-no-host'])
})

test('at most 32 connect at once', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `h${index}`)
  const waiting: (() => void)[] = []
  let most = 0
  let now = 0
  const pool = createPool({
    targets: targetsOf(...names),
    connect: async ({ name }) => {
      now += 1
      most = Math.max(most, now)
      await new Promise<void>(resolve => waiting.push(resolve))
      now -= 1
      return standIn([], name)
    },
  })
  let left = names.length
  const all = Promise.all(names.map(name => pool.connect(name).finally(() => (left -= 1))))
  while (left > 0) {
    waiting.shift()?.()
    await new Promise(setImmediate)
  }
  await all
  assert.is(most, 32)
})

test('closing all closes what is open, breaks off the rest, and trips stay counted', async () => {
  const closed: string[] = []
  const pool = createPool({
    targets: targetsOf('a', 'b', 'c'),
    connect: ({ name }, signal) =>
      name === 'a'
        ? Promise.resolve(standIn(closed, name))
        : new Promise((_, reject) => {
            const stop = () => reject(new Refusal({ reason: 'run-interrupted', what: name }))
            signal?.addEventListener('abort', stop)
          }),
  })
  assert.is(pool.roundTrips('a'), 0)
  await pool.connect('a')
  const pending = reasonsOf(pool.connect('b'))
  await pool.closeAll()
  assert.equal(closed, ['a'])
  assert.is(pool.roundTrips('a'), 7)
  assert.equal(await pending, ['run-interrupted'])
  assert.equal(await reasonsOf(pool.connect('c')), ['run-interrupted'])
  await pool.closeAll()
})

test.run()
