import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Reason, Refusal } from '../../src/core/failure.ts'
import type { Transport } from '../../src/core/transport.ts'
import { connectTo } from '../../src/host/connect.ts'
import { openAgain, steady } from '../../src/host/reconnect.ts'
import { closedPort } from '../cli/rig.ts'
import { failuresOf, reasonsOf } from './local.ts'
import { withServer } from './server.ts'

/** An opener that fails so often with a reason, and how long was waited in between, by a clock that costs nothing. */
const opener = (reasons: Reason[], transport = {} as Transport) => {
  const waits: number[] = []
  let opened = 0
  const open = async (): Promise<Transport> => {
    const reason = reasons[opened++]
    if (reason) throw new Refusal({ reason, what: 'no', why: 'so it is' })
    return transport
  }
  const wait = async (ms: number): Promise<void> => void waits.push(ms)
  return { open, waits, wait, opened: () => opened }
}

test('a host that cannot be reached is tried again, later and later, never all at one moment', async () => {
  const { open, waits, wait } = opener(Array<Reason>(8).fill('host-unreachable'))
  await openAgain(open, { retries: 8, wait, random: () => 0.5 })
  assert.equal(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
  for (const random of [0, 0.999]) {
    const other = opener(['host-lost'])
    await openAgain(other.open, { retries: 1, wait: other.wait, random: () => random })
    assert.is(Math.round(other.waits[0]!), random === 0 ? 250 : 750)
  }
})

test('so often and no more, and it is told how often', async () => {
  const { open, wait, opened } = opener(Array<Reason>(9).fill('host-unreachable'))
  const [failure] = await failuresOf(openAgain(open, { retries: 2, wait }))
  assert.equal([failure?.reason, failure?.why, opened()], ['host-unreachable', 'so it is\ntried 3 times', 3])
  const once = opener(['host-unreachable'])
  const [first] = await failuresOf(openAgain(once.open, { retries: 0, wait }))
  assert.equal([first?.why, once.opened()], ['so it is', 1])
})

test('what is refused is not asked for again: accounts lock, and keys do not change', async () => {
  const reasons: Reason[] = ['host-login', 'host-become', 'host-key-unknown', 'host-key-changed', 'run-interrupted']
  for (const reason of reasons) {
    const { open, wait, waits, opened } = opener([reason])
    assert.equal(await reasonsOf(openAgain(open, { retries: 5, wait })), [reason])
    assert.equal([opened(), waits], [1, []], reason)
  }
})

test('a wait ends with the run', async () => {
  const { open, opened } = opener(['host-unreachable'])
  const stop = new AbortController()
  const reasons = reasonsOf(openAgain(open, { retries: 5 }, stop.signal))
  stop.abort()
  assert.equal(await reasons, ['host-unreachable'])
  assert.is(opened(), 1)
})

test('the tries are those of the target', async () => {
  const port = await closedPort()
  await withServer({}, async ({ target }) => {
    const [failure] = await failuresOf(connectTo({ ...target, port, retries: 1 }))
    assert.match(failure!.why!, 'tried 2 times')
  })
})

test('a connection that is lost while it only reads is made again, and read over', () =>
  withServer({ programs: { sudo: 'shift 5; exec "$@"' } }, async server => {
    const transport = await connectTo({ ...server.target, retries: 3 })
    const other = transport.as({ user: 'nobody', method: 'sudo' })
    await transport.run([{ sh: ':' }])
    // It is lost while it runs, and before anything was sent.
    const reads = transport.run([
      { sh: `test -e ${server.folder}/go || { touch ${server.folder}/go; exec sleep 600; }; echo read` },
    ])
    const beside = transport.run([{ sh: 'echo beside' }])
    while (!existsSync(join(server.folder, 'go'))) await new Promise(setImmediate)
    server.cut()
    assert.is(`${(await reads)[0]?.stdout}`, 'read\n')
    assert.is(`${(await beside)[0]?.stdout}`, 'beside\n')
    assert.is(server.connections, 2, 'by one connection more, whatever waited')
    server.cut()
    assert.is(`${(await other.run([{ sh: 'echo other' }]))[0]?.stdout}`, 'other\n')
    assert.is(server.connections, 3)
    assert.ok(transport.roundTrips >= 4)
    await transport.close()
  }))

test('what is not only read is never sent twice', () =>
  withServer({}, async server => {
    const cases: ((transport: Transport) => Promise<unknown>)[] = [
      transport => transport.run([{ sh: 'echo 1 >>count', step: true }]),
      transport => transport.run([{ sh: 'echo 1 >>count' }], () => {}),
      transport => transport.run([{ sh: 'echo 1 >>count' }], undefined, () => {}),
      async transport => {
        const lease = await transport.lease({ run: 'r', who: 'w' })
        assert.is.not(lease.is, 'theirs')
        server.cut()
        return transport.run([{ sh: ':' }])
      },
    ]
    for (const use of cases) {
      const transport = await connectTo({ ...server.target, retries: 3 })
      await transport.run([{ sh: ':' }])
      const before = server.connections
      if (use !== cases.at(-1)) server.cut()
      assert.equal(await reasonsOf(use(transport)), ['host-lost'])
      assert.is(server.connections, before)
      await transport.close()
    }
  }))

test('a host that loses every connection is given up', async () => {
  let opened = 0
  const lost = (): Transport =>
    ({
      run: async () => {
        throw new Refusal({ reason: 'host-lost', what: 'gone' })
      },
      close: async () => {},
      roundTrips: 1,
    }) as unknown as Transport
  const transport = await steady(async () => {
    opened += 1
    return lost()
  }, 2)
  assert.equal(await reasonsOf(transport.run([{ sh: ':' }])), ['host-lost'])
  assert.is(opened, 3)
  assert.equal(await reasonsOf(transport.run([{ sh: ':' }])), ['host-lost'])
  assert.is(opened, 3)
})

test('closed, it connects no more', () =>
  withServer({}, async server => {
    const transport = await connectTo({ ...server.target, retries: 3 })
    await transport.close()
    assert.is((await reasonsOf(transport.run([{ sh: ':' }]))).length, 1)
    assert.is(server.connections, 1)
  }))

test.run()
