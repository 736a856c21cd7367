import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failuresOf, type Rig, results, withRig } from '../plan/rig.ts'
import { held } from '../planfile/saving.ts'
import { daemon, shared } from './modules.ts'

// What a saved plan does not show is not done, also where several hosts are needed for one task.

const hosts = ['node0', 'node1', 'node2']
const play = (tasks: string): string => `- hosts: all\n  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
const on = (tasks: string, use: (rig: Rig, at: (host: string, path: string) => string) => Promise<void>) =>
  withRig(play(tasks), { hosts, modules: { daemon, shared } }, rig =>
    use(rig, (host, path) => join(rig.hosts.root(host), path)),
  )
const key = '- { name: key, shared: { path: "{{ root }}/key" }, register: key }'
const after = '- { name: after, copy: { dest: "{{ root }}/after", content: x } }'
const free = '- { name: free, needs: [], copy: { dest: "{{ root }}/free", content: x } }'

test('hosts that decide together are refused together', () =>
  on(`${key}\n${after}\n${free}`, async (rig, at) => {
    const plan = held(await rig.plan())
    writeFileSync(at('node1', 'key'), 'mine')
    const ran = await rig.apply(plan)
    for (const host of hosts) {
      assert.is(results(ran)[`${host}/key`], 'refused')
      assert.is(results(ran)[`${host}/after`], `skipped (needs ${host}/key)`)
      assert.is(results(ran)[`${host}/free`], 'changed')
    }
    assert.is(ran.outcome.exit, 5)
    assert.not.ok(existsSync(at('node0', 'key')))
    assert.is(readFileSync(at('node1', 'key'), 'utf8'), 'mine')
  }))

const before = '- { name: before, copy: { dest: "{{ root }}/before", content: x } }'

test('a host that is refused before it comes to a group leaves it, as a host that failed does', () =>
  on(`${before}\n${key}`, async (rig, at) => {
    const plan = held(await rig.plan())
    writeFileSync(at('node2', 'before'), 'y')
    const ran = await rig.apply(plan)
    // Who is away may hold the key: so without it nothing can be decided, which is what a plan would say, too.
    assert.equal(failuresOf(ran), {
      'node2/before': 'plan-moved',
      'node0/key': 'task-failed',
      'node1/key': 'task-failed',
    })
    assert.is(results(ran)['node2/key'], 'skipped (needs node2/before)')
    assert.is(ran.outcome.exit, 1)
  }))

const run = (gate: string): string =>
  `- { name: run, rolling: [${gate}], daemon: { path: "{{ root }}/d", version: "2" } }`
const ready = '- { name: ready, needs: [run], file: { path: "{{ root }}/d.ready", state: touch, mode: "0644" } }'
const shut = '- { name: shut, needs: [], copy: { dest: "{{ root }}/shut", content: x } }'
const running = (at: (host: string, path: string) => string): void => {
  for (const host of hosts) writeFileSync(at(host, 'd'), '1')
}
const versions = (at: (host: string, path: string) => string): string =>
  hosts.map(host => readFileSync(at(host, 'd'), 'utf8')).join(' ')

test('where hosts take turns, one that has moved keeps the others from theirs', () =>
  on(`${run('ready')}\n${ready}`, async (rig, at) => {
    running(at)
    const plan = held(await rig.plan())
    writeFileSync(at('node1', 'd'), '1b')
    const ran = await rig.apply(plan)
    assert.is(results(ran)['node1/run'], 'refused')
    for (const host of ['node0', 'node2']) assert.is(results(ran)[`${host}/run`], 'skipped (needs node1/run)')
    assert.is(versions(at), '1 1b 1')
  }))

test('a gate that is refused is not passed', () =>
  on(`${run('shut')}\n${shut}`, async (rig, at) => {
    running(at)
    const plan = held(await rig.plan())
    writeFileSync(at('node0', 'shut'), 'y')
    const ran = await rig.apply(plan)
    assert.is(results(ran)['node0/shut'], 'refused')
    assert.is(results(ran)['node0/run'], 'changed')
    for (const host of ['node1', 'node2']) assert.is(results(ran)[`${host}/run`], 'skipped (needs node0/shut)')
    assert.is(versions(at), '2 1 1')
  }))

test.run()
