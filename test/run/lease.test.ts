import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { Refusal } from '../../src/core/failure.ts'
import type { LeaseAnswer, LeaseRequest } from '../../src/core/transport.ts'
import { rig as makeRig, type Options, type Ran, type Rig, results, verdicts } from '../plan/rig.ts'
import { createHosts, type Hosts } from './local.ts'

const two = ['node0', 'node1']
const play = (tasks: string, hosts = 'all'): string => `- hosts: ${hosts}\n  tasks:\n${tasks.replace(/^/gm, '    ')}`
const value = play('- { name: f, copy: { dest: "{{ root }}/f", content: "1" } }')

/** Another run, which has asked for a host before. */
const other: LeaseRequest = { run: 'other-run', who: 'bob@desk' }
const holdFor = async (hosts: Hosts, host: string): Promise<LeaseAnswer & { is: 'mine' }> => {
  // Over a connection of its own: by the rig's own it would be the rig's.
  const hold = await (await hosts.connect(host)).lease(other)
  assert.is(hold.is, 'mine')
  return hold as LeaseAnswer & { is: 'mine' }
}

const withTwo = async (
  playbook: string,
  options: Options,
  use: (rig: Rig, hosts: Hosts) => Promise<void>,
  before?: (name: string) => void,
): Promise<void> => {
  const hosts = createHosts(before)
  const rig = makeRig(playbook, { hosts: two, ...options }, hosts)
  try {
    await use(rig, hosts)
  } finally {
    await rig.close()
  }
}

const leaseOf = (hosts: Hosts, host: string): string => join(hosts.root(host), '..', `${host}.lease`)
const refusalOf = async (apply: Promise<Ran>): Promise<Refusal> => {
  try {
    await apply
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('it was not refused')
}
const warnings = (events: EventBody[]): string[] =>
  events.flatMap(e => (e.type === 'warning' ? [`${e.host} ${e.text}`] : []))

test('an apply that changes something has its hosts while it does, and gives them back', () =>
  withTwo(play('- { name: look, command: { argv: [test, -e, "{{ root }}.lease"] } }'), {}, async (rig, hosts) => {
    assert.equal(results(await rig.apply()), { 'node0/look': 'changed', 'node1/look': 'changed' })
    for (const host of two) assert.not(existsSync(leaseOf(hosts, host)))
  }))

test('two names whose addresses lead to one machine are told as that, and nothing is done', async () => {
  const hosts = createHosts()
  // Whatever it is called, it is node0.
  const rig = makeRig(value, { hosts: ['alpha', 'beta'] }, { ...hosts, connect: () => hosts.connect('node0') })
  const refusal = await refusalOf(rig.apply())
  await rig.close()
  assert.is(refusal.failures[0]?.reason, 'inventory-variable')
  assert.match(refusal.failures[0]!.what, 'alpha and beta are one machine')
  assert.match(refusal.failures[0]!.fix!, "--limit '!beta'")
})

test('it costs one round trip: what was read is read again', () =>
  withTwo(value, {}, async rig => {
    assert.equal((await rig.apply()).trips, { node0: 3, node1: 3 })
  }))

test('a plan, and an apply with nothing to do, ask for no host, and look once', () =>
  withTwo(value, {}, async (rig, hosts) => {
    await rig.apply()
    const holds = [await holdFor(hosts, 'node0'), await holdFor(hosts, 'node1')]
    const again = await rig.apply()
    assert.equal(results(again), { 'node0/f': 'ok', 'node1/f': 'ok' })
    assert.equal(again.trips, { node0: 1, node1: 1 })
    assert.equal(verdicts(await rig.plan()), { 'node0/f': 'ok', 'node1/f': 'ok' })
    for (const hold of holds) await hold.give()
  }))

test('a host without anything to do is not asked for', () =>
  withTwo(play('- { name: f, copy: { dest: "{{ root }}/f", content: "1" } }', 'node0'), {}, async (rig, hosts) => {
    await holdFor(hosts, 'node1')
    assert.equal(results(await rig.apply()), { 'node0/f': 'changed' })
  }))

test('where another run has one of the hosts nothing is done on any, and it is named', () => {
  const told: EventBody[] = []
  return withTwo(value, { told }, async (rig, hosts) => {
    const held = await holdFor(hosts, 'node1')
    const { failures } = await refusalOf(rig.apply())
    assert.equal(
      failures.map(f => [f.reason, f.what]),
      [['host-locked', 'node1 is held by run other-run of bob@desk.']],
    )
    for (const host of two) assert.not(existsSync(join(hosts.root(host), 'f')))
    assert.not(existsSync(leaseOf(hosts, 'node0')), 'what it had is given back')
    const planned = told.flatMap(e => (e.type === 'planned' ? [e.node] : []))
    assert.ok(planned.length > 0)
    assert.equal(
      told.flatMap(e => (e.type === 'result' && e.unbegun ? [e.node] : [])),
      planned,
      'each has its result: it has not begun',
    )
    await held.give()
  })
})

test('one that may wait says so once, plans anew what has changed by then, and says that', () =>
  withTwo(value, { patience: 60 }, async (rig, hosts) => {
    const held = await holdFor(hosts, 'node1')
    // The other run ends when it has done the same on node1 meanwhile.
    const connect = await hosts.connect('node1')
    const hold = connect.lease
    let asked = 0
    connect.lease = async request => {
      asked += 1
      if (asked === 3) {
        assert.not(existsSync(leaseOf(hosts, 'node0')), 'nobody else waits for what it could have')
        writeFileSync(join(hosts.root('node1'), 'f'), '1')
        await held.give()
      }
      return hold(request)
    }
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/f': 'changed', 'node1/f': 'ok' })
    assert.equal(warnings(ran.events), [
      'node1 it is held by run other-run of bob@desk: waiting up to 60 s',
      'node1 it has changed since it was read; planned anew: f.',
    ])
    assert.is(asked, 3)
  }))

test('what changes between the plan and the lease is planned anew', () => {
  let frames = 0
  let change = (): void => {}
  return withTwo(
    value,
    { hosts: ['node0'] },
    async (rig, hosts) => {
      change = () => writeFileSync(join(hosts.root('node0'), 'f'), 'other')
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/f': 'changed' })
      const whys = ran.events.flatMap(e => (e.type === 'planned' || e.type === 'result' ? [e.why] : []))
      assert.equal(whys, ['it does not exist', 'its content differs'], 'each task is planned once and ends once')
    },
    () => {
      // Before the second frame, which reads again what the first has read.
      frames += 1
      if (frames === 2) change()
    },
  )
})

test('a host that is taken from a run is lost to it, and gets no further step', () =>
  withTwo(
    play(
      [
        '- { name: out, command: { argv: [sh, -c, "kill -KILL $(cut -d\\\\  -f2 {{ root }}.lease); sleep 600"] } }',
        '- { name: next, copy: { dest: "{{ root }}/next", content: "1" } }',
      ].join('\n'),
    ),
    { hosts: ['node0'] },
    async (rig, hosts) => {
      const ran = await rig.apply()
      assert.is(ran.outcome.exit, 3)
      assert.match(JSON.stringify(ran.outcome.failures), /no longer kept for this run/)
      assert.not(existsSync(join(hosts.root('node0'), 'next')))
    },
  ))

test.run()
