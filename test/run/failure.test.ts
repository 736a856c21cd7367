import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { failuresOf, type Options, type Rig, results, verdicts, withRig } from '../plan/rig.ts'

const play = (tasks: string, more = ''): string =>
  `- hosts: all\n${more}  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
const applied = (tasks: string, judge: (rig: Rig) => Promise<void>, options: Options = {}) =>
  withRig(play(tasks), { hosts: ['node0', 'node1', 'node2'], ...options }, judge)
/** A step that fails on one host, however well it was planned. */
const fails = (name: string, host: string): string =>
  `- { name: ${name}, command: { argv: [sh, -c, '[ "$0" != ${host} ] && touch "$1" || { echo no >&2; exit 7; }', "{{ inventory_hostname }}", "{{ root }}/${name}"], creates: "{{ root }}/${name}" }, register: ${name} }`

test('a step that fails stops its host and only its host', () =>
  applied(
    `- { name: a, file: { path: "{{ root }}/a", state: touch } }
     ${fails('b', 'node1')}
     - { name: c, file: { path: "{{ root }}/c", state: touch } }
     - { name: d, needs: [c], file: { path: "{{ root }}/d", state: touch } }
     - { name: free, needs: [], file: { path: "{{ root }}/free", state: touch } }`,
    async rig => {
      const ran = await rig.apply()
      for (const host of ['node0', 'node2'])
        for (const task of ['a', 'b', 'c', 'd', 'free']) assert.is(results(ran)[`${host}/${task}`], 'changed')
      assert.is(results(ran)['node1/a'], 'changed')
      assert.is(results(ran)['node1/b'], 'failed')
      assert.is(results(ran)['node1/c'], 'skipped (needs node1/b)')
      assert.is(results(ran)['node1/d'], 'skipped (needs node1/b)')
      assert.is(results(ran)['node1/free'], 'changed')
      assert.equal(readdirSync(rig.hosts.root('node1')).sort(), ['a', 'free'])
      assert.is(ran.outcome.exit, 1)
      const [failure] = ran.outcome.failures
      assert.is(failure?.reason, 'host-step')
      assert.match(failure?.what ?? '', 'exit status 7')
      assert.match(failure?.why ?? '', /\$ sh[\s\S]*no$/)
      assert.is(ran.outcome.failures.length, 1, 'one root cause')
    },
  ))

test('a task on another host that reads its value is skipped with the root cause; one that only comes after is not', () =>
  applied(
    `${fails('b', 'node1')}
     - { name: value, needs: [], copy: { dest: "{{ root }}/v", content: "{{ hostvars.node1.b.rc }}" } }
     - { name: order, needs: [], after: [node1/b], file: { path: "{{ root }}/o", state: touch } }`,
    async rig => {
      const ran = await rig.apply()
      for (const host of ['node0', 'node1', 'node2']) {
        assert.is(results(ran)[`${host}/value`], 'skipped (needs node1/b)')
        assert.is(results(ran)[`${host}/order`], 'changed')
      }
    },
  ))

test('a host that does not answer is skipped as a whole; who waits for it by order goes on', () =>
  applied(
    `- { name: a, file: { path: "{{ root }}/a", state: touch }, register: a }
     - { name: order, after: [node1/a], file: { path: "{{ root }}/o", state: touch } }
     - { name: value, copy: { dest: "{{ root }}/v", content: "{{ hostvars.node1.a.path }}" } }
     - { name: end, needs: [], file: { path: "{{ root }}/e", state: touch } }`,
    async rig => {
      rig.hosts.kill('node1')
      const plan = await rig.plan()
      assert.is(plan.outcome.exit, 3)
      const ran = await rig.apply()
      for (const task of ['a', 'order', 'value', 'end'])
        assert.is(results(ran)[`node1/${task}`], 'skipped (needs node1)', task)
      for (const host of ['node0', 'node2']) {
        assert.is(results(ran)[`${host}/order`], 'changed')
        assert.match(results(ran)[`${host}/value`]!, 'skipped (needs node1')
        assert.is(results(ran)[`${host}/end`], 'changed')
      }
      assert.is(ran.outcome.exit, 3)
      assert.is(ran.events.filter(e => e.type === 'host-lost').length, 1)
      assert.is(ran.outcome.hosts.node1?.unreachable, true)
    },
  ))

test('a host that dies in the middle of its steps is lost; the others go on', async () => {
  const { createHosts } = await import('./local.ts')
  const { rig: makeRig } = await import('../plan/rig.ts')
  const hosts = createHosts((host, fragments) => {
    if (host === 'node1' && fragments.some(f => f.sh.includes('second'))) hosts.kill('node1')
  })
  const made = makeRig(
    play(`- { name: first, file: { path: "{{ root }}/first", state: touch } }
     - { name: gap, needs: [first], command: { cmd: "true" } }
     - { name: second, needs: [gap], file: { path: "{{ root }}/second", state: touch } }
     - { name: third, needs: [second], file: { path: "{{ root }}/third", state: touch } }`),
    { hosts: ['node0', 'node1'] },
    hosts,
  )
  try {
    hosts.kill('nobody')
    const ran = await made.apply()
    assert.is(results(ran)['node0/third'], 'changed')
    assert.match(results(ran)['node1/second']!, /skipped|failed/)
    assert.match(results(ran)['node1/third']!, 'skipped')
    assert.is(ran.outcome.exit, 3)
    assert.is(ran.events.filter(e => e.type === 'host-lost').length, 1)
    assert.ok(existsSync(join(hosts.root('node0'), 'third')))
  } finally {
    await made.close()
  }
})

test('every node has one planned line and one result, loops and failures included', () =>
  applied(
    `${fails('b', 'node1')}
     - { name: items, loop: "['x', 'y']", file: { path: "{{ root }}/{{ item }}", state: touch } }
     - { name: none, loop: "[]", file: { path: "{{ root }}/{{ item }}", state: touch } }
     - { name: if, when: 'inventory_hostname == "node0"', file: { path: "{{ root }}/i", state: touch } }`,
    async rig => {
      const ran = await rig.apply()
      const ids = (type: EventBody['type']): string[] =>
        ran.events.flatMap(e => (e.type === type && 'node' in e ? [e.node!] : [])).sort()
      assert.equal(ids('result'), ids('planned'))
      assert.equal(new Set(ids('result')).size, ids('result').length)
      assert.is(results(ran)['node1/items[x]'], 'skipped (needs node1/b)')
    },
  ))

test('a plan that would fail on a host: no step there at all, the others run', () =>
  applied(
    `- { name: a, file: { path: "{{ root }}/a", state: touch } }
     - { name: b, when: 'inventory_hostname == "node1"', assert: { that: 'facts.system == "plan9"' } }
     - { name: c, file: { path: "{{ root }}/c", state: touch } }`,
    async rig => {
      const ran = await rig.apply()
      assert.equal(readdirSync(rig.hosts.root('node1')), [])
      assert.is(results(ran)['node1/a'], 'skipped (needs node1/b)')
      assert.is(results(ran)['node1/b'], 'failed')
      assert.is(results(ran)['node0/c'], 'changed')
      assert.is(ran.outcome.exit, 1)
    },
  ))

test('a half done apply is finished by the next', () =>
  applied(
    `- { name: a, copy: { dest: "{{ root }}/a", content: "1" } }
     ${fails('b', 'node1')}
     - { name: c, copy: { dest: "{{ root }}/c", content: "3" } }`,
    async rig => {
      await rig.apply()
      rig.hosts.root('node1')
      const { writeFileSync } = await import('node:fs')
      writeFileSync(join(rig.hosts.root('node1'), 'b'), '')
      const ran = await rig.apply()
      assert.equal(
        Object.entries(results(ran)).filter(([, r]) => r !== 'ok'),
        [['node1/c', 'changed']],
      )
      assert.is(readFileSync(join(rig.hosts.root('node1'), 'c'), 'utf8'), '3')
      assert.equal(failuresOf(ran), {})
      assert.ok(Object.values(verdicts(await rig.plan())).every(v => v === 'ok'))
    },
  ))

test.run()
