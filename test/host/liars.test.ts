import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectSsh } from '../../src/host/connect.ts'
import { type LiarsRun, runBeside } from './liars.ts'
import { LIES } from './lies.ts'
import { reasonsOf } from './local.ts'
import { withServer } from './server.ts'

// Servers that lie, all of them beside two healthy hosts in one run: each is the end of its own host, and of no other.

let ran: LiarsRun

test.before(async () => {
  ran = await runBeside(LIES)
})

test('the healthy hosts are done, and nothing of the engine broke', () => {
  for (const host of ['healthy1', 'healthy2']) assert.equal(ran.fates[host], { reasons: [], isDone: true }, host)
  assert.is(ran.code, 3, ran.err)
  assert.not.match(ran.err, /bug/i)
})

test('the run ends in bounded time and memory', () => {
  assert.ok(ran.ms < 60_000, `${ran.ms} ms`)
  assert.ok(ran.mostMb < 700, `${ran.mostMb} MB`)
})

test('what is broken off while a server says nothing to the start of a program ends at once', async () => {
  const asked = Promise.withResolvers<void>()
  await withServer({ takes: { session: () => asked.resolve() } }, async ({ target }) => {
    const stop = new AbortController()
    const reasons = reasonsOf(connectSsh(target, stop.signal))
    await asked.promise
    stop.abort()
    assert.equal(await reasons, ['host-lost'])
  })
})

test(`there are at least 40 lies: ${Object.keys(LIES).length}`, () => assert.ok(Object.keys(LIES).length >= 40))

for (const [name, { reason }] of Object.entries(LIES))
  test(`a host that ${name} leaves the run: ${[reason].flat().join(' or ')}`, () => {
    const fate = ran.fates[name]
    assert.ok(fate && fate.reasons.length > 0 && !fate.isDone, JSON.stringify(fate))
    const wrong = fate!.reasons.filter(one => ![reason].flat().includes(one as never))
    assert.equal(wrong, [], JSON.stringify(fate))
  })

test.run()
