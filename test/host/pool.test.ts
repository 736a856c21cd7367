import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectFailure } from '../../src/connection/connection-errors.ts'
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

test('hosts that are silent at the login keep nobody from connecting', async () => {
  const silent = Array.from({ length: 40 }, (_, index) => `silent${index}`)
  const never = Promise.withResolvers<Transport>()
  const pool = createPool({
    targets: targetsOf(...silent, 'healthy'),
    connect: ({ name }) => (name === 'healthy' ? Promise.resolve(standIn([], name)) : never.promise),
  })
  const others = silent.map(name => pool.connect(name))
  assert.is((await pool.connect('healthy')).user, 'root')
  never.reject(new Refusal({ reason: 'host-unreachable', what: 'silent' }))
  await Promise.allSettled(others)
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

/** Hosts whose frames end when they are told to. */
const many = (count: number, more: Partial<Parameters<typeof createPool>[0]> = {}) => {
  const names = Array.from({ length: count }, (_, index) => `h${index}`)
  const state = { now: 0, most: 0, open: 0, mostOpen: 0, connects: 0 }
  const waiting: (() => void)[] = []
  const told: string[] = []
  const work = async (): Promise<void> => {
    state.now += 1
    state.most = Math.max(state.most, state.now)
    await new Promise<void>(resolve => waiting.push(resolve))
    state.now -= 1
  }
  const transport = (): Transport => {
    const frames = { sent: 0 }
    state.open += 1
    state.mostOpen = Math.max(state.mostOpen, state.open)
    return {
      ...standIn([], ''),
      run: async () => {
        frames.sent += 1
        await work()
        return []
      },
      lease: async () => ({ is: 'mine', give: async () => {} }),
      get roundTrips() {
        return frames.sent
      },
      close: async () => {
        state.open -= 1
      },
    }
  }
  const pool = createPool({
    targets: targetsOf(...names),
    connect: async () => {
      state.connects += 1
      await work()
      return transport()
    },
    tell: text => told.push(text),
    ...more,
  })
  /** Lets one after the other end until all of these have. */
  const all = async (...promises: Promise<unknown>[]): Promise<void> => {
    let left = promises.length
    for (const promise of promises) promise.catch(() => {}).finally(() => (left -= 1))
    while (left > 0) {
      waiting.shift()?.()
      await new Promise(setImmediate)
    }
    await Promise.all(promises)
  }
  const frame = async (name: string): Promise<unknown> => (await pool.connect(name)).run([])
  return { names, pool, state, told, all, frame }
}

test('so many hosts are worked on at once as forks allow, and one that is connected comes first', async () => {
  const { names, state, all, frame, told } = many(40, { forks: 5 })
  const ended: string[] = []
  await all(...names.map(name => frame(name).then(() => ended.push(name))))
  assert.is(state.most, 5)
  assert.equal([state.connects, state.mostOpen, told], [40, 40, []])
  assert.is(ended[0], 'h0')
})

test('where fewer connections can be open than there are hosts, idle ones are closed, made again, and it is told once', async () => {
  const { names, pool, state, all, frame, told } = many(30, { forks: 10, mostOpen: 6 })
  await all(...names.map(frame))
  await all(...names.map(frame))
  assert.ok(state.mostOpen <= 6, `${state.mostOpen} were open`)
  assert.ok(state.connects > 30)
  assert.is(told.length, 1)
  assert.match(told[0]!, /^only 6 of 30 connections can be open at once here.*`ulimit -n 4096`/)
  for (const name of names) assert.is(pool.roundTrips(name), 2)
})

test('what is leased is not closed; where all is, the next host is told why it cannot be connected to', async () => {
  const { pool, state, all, frame, told } = many(9, { mostOpen: 2 })
  const leases = ['h0', 'h1'].map(async name => (await pool.connect(name)).lease({ run: 'r', who: 'a' }))
  await all(...leases)
  assert.equal(await reasonsOf(frame('h2')), ['host-unreachable'])
  assert.is(state.open, 2)
  assert.is(told.length, 1)
  for (const lease of leases) {
    const answer = await lease
    if (answer.is === 'mine') await answer.give()
  }
  await all(frame('h3'))
  assert.is(state.open, 2)
})

test('descriptors that run out on the way: so many as there were are open from then on', async () => {
  const targets = targetsOf(...Array.from({ length: 8 }, (_, index) => `h${index}`))
  const told: string[] = []
  let open = 0
  const pool = createPool({
    targets,
    tell: text => told.push(text),
    connect: async one => {
      if (open >= 3) throw new Refusal(connectFailure(one, Object.assign(new Error('x'), { code: 'EMFILE' })))
      open += 1
      return {
        ...standIn([], one.name),
        close: async () => {
          open -= 1
        },
      }
    },
  })
  await Promise.all(Object.keys(targets).map(async name => (await pool.connect(name)).run([])))
  assert.equal([open, told.length], [3, 1])
})

test.run()
