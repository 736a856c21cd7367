import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Refusal } from '../../src/core/failure.ts'
import { failuresOf, rig as makeRig, type Options, type Ran, type Rig, results, verdicts } from '../plan/rig.ts'
import { createHosts } from './local.ts'
import { daemon, shared } from './modules.ts'

const hosts = ['node0', 'node1', 'node2']
const play = (tasks: string): string => `- hosts: all\n  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
const ready = '- { name: ready, file: { path: "{{ root }}/d.ready", state: touch, mode: "0644" } }'
const run = '- { name: run, rolling: [ready], daemon: { path: "{{ root }}/d", version: "2" } }'

/** Hosts with a daemon of version 1, except where it says so, and what was sent to them, in words. */
const rolling = async (
  tasks: string,
  use: (rig: Rig, said: string[]) => Promise<void>,
  { fresh = [], ...options }: Options & { fresh?: string[] } = {},
): Promise<void> => {
  const said: string[] = []
  const local = createHosts((host, fragments) => {
    const sent = fragments
      .filter(f => f.step)
      .map(f => f.sh)
      .join()
    if (sent.includes('ready"')) said.push(`${host} run`)
    else if (sent.includes('d.ready')) said.push(`${host} ready`)
  })
  for (const host of hosts) if (!fresh.includes(host)) writeFileSync(join(local.root(host), 'd'), '1')
  try {
    await use(makeRig(play(tasks), { hosts, modules: { daemon, shared }, ...options }, local), said)
  } finally {
    await local.close()
  }
}
const each = (task: string, status: string): Record<string, string> =>
  Object.fromEntries(hosts.map(host => [`${host}/${task}`, status]))
const warnings = ({ events }: Ran): string[] => events.flatMap(e => (e.type === 'warning' ? [e.text] : []))

test('where it interrupts, one host after the other, each through its gates; each task is told once, as planned', () =>
  rolling(`${run}\n${ready}`, async (rig, said) => {
    const plan = await rig.plan()
    assert.equal(verdicts(plan), { ...each('run', 'change'), ...each('ready', 'change') })
    assert.ok(plan.events.every(e => e.type !== 'planned' || e.node.endsWith('run') === (e.turn === true)))
    const ran = await rig.apply()
    assert.equal(results(ran), { ...each('run', 'changed'), ...each('ready', 'changed') })
    assert.equal(
      said,
      hosts.flatMap(host => [`${host} run`, `${host} ready`]),
    )
    assert.equal(warnings(ran), [])
    assert.is(ran.events.filter(e => e.type === 'result').length, 6)
    assert.equal(results(await rig.apply()), { ...each('run', 'ok'), ...each('ready', 'ok') })
  }))

test('where nothing runs yet, all start at once, and nobody waits for a turn', () =>
  rolling(
    `${run}\n${ready}`,
    async (rig, said) => {
      assert.equal(results(await rig.apply()), { ...each('run', 'changed'), ...each('ready', 'changed') })
      assert.equal(
        said.slice(0, 3).sort(),
        hosts.map(host => `${host} run`),
      )
    },
    { fresh: hosts },
  ))

test('a host where it is new has no turn; its gates wait until all had theirs', () =>
  rolling(
    `${run}\n${ready}`,
    async (rig, said) => {
      await rig.apply()
      const turns = ['node0 run', 'node0 ready', 'node2 run', 'node2 ready']
      assert.equal(
        said.filter(s => !s.startsWith('node1')),
        turns,
      )
      assert.ok(said.indexOf('node1 ready') > said.indexOf('node2 run'))
    },
    { fresh: ['node1'] },
  ))

test('the first that does not come up keeps the others from their turn', () =>
  rolling(`${run}\n${ready}`, async (rig, said) => {
    mkdirSync(join(rig.hosts.root('node0'), 'd.broken'))
    const ran = await rig.apply()
    assert.is(results(ran)['node0/run'], 'failed')
    for (const host of ['node1', 'node2']) {
      assert.is(results(ran)[`${host}/run`], 'skipped (needs node0/run)')
      assert.is(readFileSync(join(rig.hosts.root(host), 'd'), 'utf8'), '1')
    }
    assert.equal(said, ['node0 run'])
    assert.is(ran.outcome.failures.length, 1)
  }))

test('one that had nothing to interrupt and did not come up keeps those that run from their turn', () =>
  rolling(
    `${run}\n${ready}`,
    async rig => {
      mkdirSync(join(rig.hosts.root('node1'), 'd.broken'))
      const ran = await rig.apply()
      assert.is(results(ran)['node1/run'], 'failed')
      for (const host of ['node0', 'node2']) assert.is(results(ran)[`${host}/run`], 'skipped (needs node1/run)')
    },
    { fresh: ['node1'] },
  ))

const gate = (host: string): string =>
  `- { name: gate, command: { argv: [sh, -c, '[ "$0" != ${host} ] || { echo alone >&2; exit 3; }', "{{ inventory_hostname }}"] } }`
const gated = '- { name: run, rolling: [gate], daemon: { path: "{{ root }}/d", version: "2" } }'

test('the first that does not pass a gate keeps the others from their turn; the gate is what failed', () =>
  rolling(`${gated}\n${gate('node1')}`, async rig => {
    const ran = await rig.apply()
    assert.equal(results(ran), {
      'node0/run': 'changed',
      'node1/run': 'changed',
      'node2/run': 'skipped (needs node1/gate)',
      'node0/gate': 'changed',
      'node1/gate': 'failed',
      'node2/gate': 'skipped (needs node1/gate)',
    })
    assert.equal(failuresOf(ran), { 'node1/gate': 'host-step' })
    assert.is(readFileSync(join(rig.hosts.root('node2'), 'd'), 'utf8'), '1')
  }))

test('a host that is lost in its turn, or does not answer at all: no further turn, no hang', async () => {
  await rolling(`${run}\n${ready}`, async rig => {
    rig.hosts.kill('node1')
    const ran = await rig.apply()
    assert.is(results(ran)['node2/run'], 'changed')
    assert.is(results(ran)['node1/run'], 'skipped (needs node1)')
    assert.is(ran.outcome.exit, 3)
  })
  const local = createHosts((host, fragments) => {
    if (host === 'node0' && fragments.some(f => f.step && f.sh.includes('printf'))) local.kill('node0')
  })
  for (const host of hosts) writeFileSync(join(local.root(host), 'd'), '1')
  try {
    const ran = await makeRig(play(`${run}\n${ready}`), { hosts, modules: { daemon } }, local).apply()
    assert.is(results(ran)['node1/run'], 'skipped (needs node0/run)')
    assert.is(ran.outcome.exit, 3)
  } finally {
    await local.close()
  }
})

test('a gate may be a collective task, and is then passed by all', () =>
  rolling(
    `- { name: run, rolling: [key], daemon: { path: "{{ root }}/d", version: "2" } }
     - { name: key, shared: { path: "{{ root }}/key" } }`,
    async (rig, said) => {
      const ran = await rig.apply()
      assert.equal(results(ran), { ...each('run', 'changed'), ...each('key', 'changed') })
      assert.equal(
        said,
        hosts.map(host => `${host} run`),
      )
      assert.equal(new Set(hosts.map(host => readFileSync(join(rig.hosts.root(host), 'key'), 'utf8'))).size, 1)
    },
  ))

test('under --limit a host has its turn alone', () =>
  rolling(
    `${run}\n${ready}`,
    async rig => assert.equal(results(await rig.apply()), { 'node1/run': 'changed', 'node1/ready': 'changed' }),
    { limit: 'node1' },
  ))

test('a gate that is no later task of the play is refused', async () => {
  const refusal = async (tasks: string): Promise<string> => {
    try {
      await rolling(tasks, async rig => void (await rig.plan()))
      return 'none'
    } catch (error) {
      return (error as Refusal).failures.map(f => [f.what, f.fix].join(' ')).join()
    }
  }
  assert.match(await refusal(`${run}\n- { name: readi, file: { path: /x, state: touch } }`), /no task "ready".*readi/)
  assert.match(await refusal(`${ready}\n${run}`), /"ready" comes before "run"/)
})

test.run()
