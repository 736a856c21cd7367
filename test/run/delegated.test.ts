import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../load/refused.ts'
import { loadText, type Ran, type Rig, results, verdicts, withRig } from '../plan/rig.ts'

// Tasks that are done on the machine of another host.

const all = ['web0', 'web1', 'lb']
const onWeb = (tasks: string, more = ''): string => `- hosts: all:!lb\n  gather_facts: false\n  tasks:\n${tasks}${more}`
const withTasks = (tasks: string, use: (rig: Rig) => Promise<void>, more = '') =>
  withRig(onWeb(tasks, more), { hosts: all }, use)
const done = ({ events }: Ran): string[] => events.flatMap(event => (event.type === 'result' ? [event.node] : []))
/** The steps that were sent to each host, by words in them. */
const sentTo = ({ hosts }: Rig, words: string): string[] =>
  hosts.frames.flatMap(({ host, fragments }) => fragments.flatMap(one => (one.sh.includes(words) ? [host] : [])))

const copy = (name: string, more: string): string =>
  `    - { name: ${name}, copy: { dest: "{{ hostvars.lb.root }}/${name}-{{ inventory_hostname }}", content: "{{ inventory_hostname }}" }, ${more} }\n`

test('a task is done on the machine of another host, and is that of its own', () =>
  withTasks(
    `${copy('told', 'delegate_to: lb, register: told')}    - { name: own, copy: { dest: "{{ root }}/own", content: "{{ told.changed in [true, false] }}" } }\n`,
    async rig => {
      const plan = await rig.plan()
      assert.equal(
        plan.lines.filter(({ node }) => node.task.name === 'told').map(({ host, machine }) => [host, machine]),
        [
          ['web0', 'lb'],
          ['web1', 'lb'],
        ],
      )
      const ran = await rig.apply()
      assert.is(readFileSync(join(rig.hosts.root('lb'), 'told-web1'), 'utf8'), 'web1')
      assert.is(readFileSync(join(rig.hosts.root('web0'), 'own'), 'utf8'), 'True')
      assert.equal([...new Set(sentTo(rig, 'told-web'))], ['lb'])
      assert.ok(ran.outcome.exit === 2 || ran.outcome.exit === 0)
      assert.equal([...new Set(Object.values(results(await rig.apply())))], ['ok'])
    },
  ))

test('on one machine they come one after the other, among its own tasks as written', () =>
  withRig(
    `- hosts: all\n  gather_facts: false\n  tasks:\n    - { name: before, when: inventory_hostname == "lb", command: { argv: [echo, before] } }\n` +
      `    - { name: for, when: inventory_hostname != "lb", delegate_to: lb, command: { argv: [echo, "{{ inventory_hostname }}"] } }\n` +
      `    - { name: behind, when: inventory_hostname == "lb", command: { argv: [echo, behind] } }\n`,
    { hosts: ['lb', 'web0', 'web1'] },
    async rig => {
      const ran = await rig.apply()
      const ids = ran.events.flatMap(e => (e.type === 'result' && e.status === 'changed' ? [e.node] : []))
      assert.equal(ids, ['lb/before', 'web0/for', 'web1/for', 'lb/behind'])
    },
  ))

test('what a delegated task predicts is what later tasks of that machine are planned over', () =>
  withTasks(
    `    - { name: make, run_once: true, delegate_to: lb, copy: { dest: "{{ hostvars.lb.root }}/f", content: x } }\n`,
    async rig => assert.is(verdicts(await rig.plan())['lb/same'], 'ok'),
    '- hosts: lb\n  gather_facts: false\n  tasks: [{ name: same, copy: { dest: "{{ root }}/f", content: x } }]\n',
  ))

test('once, its result is that of every host of the play', () =>
  withTasks(
    `    - { name: once, run_once: true, delegate_to: lb, command: { argv: [echo, "{{ inventory_hostname }}"] }, register: said }\n` +
      `    - { name: each, copy: { dest: "{{ root }}/said", content: "{{ said.stdout }}" } }\n`,
    async rig => {
      assert.equal(done(await rig.apply()).sort(), ['web0/each', 'web0/once', 'web1/each'])
      assert.is(readFileSync(join(rig.hosts.root('web1'), 'said'), 'utf8'), 'web0')
    },
  ))

test('where that machine does not answer its own hosts go on without what needs it', () =>
  withTasks(
    `    - { name: own, copy: { dest: "{{ root }}/own", content: x } }\n${copy('told', 'delegate_to: lb')}    - { name: behind, copy: { dest: "{{ root }}/behind", content: x } }\n`,
    async rig => {
      rig.hosts.kill('lb')
      const ran = await rig.apply()
      assert.is(results(ran)['web0/own'], 'changed')
      assert.is(results(ran)['web0/told'], 'skipped (needs lb)')
      assert.not.ok(existsSync(join(rig.hosts.root('web0'), 'behind')))
      assert.ok(ran.events.some(event => event.type === 'host-lost' && event.host === 'lb'))
    },
  ))

test('a host that would fail gets no step on its own machine, and the other one goes on', () =>
  withRig(
    `- hosts: all\n  gather_facts: false\n  tasks:\n    - { name: own, copy: { dest: "{{ root }}/own", content: x } }\n` +
      `    - { name: bad, when: inventory_hostname == "web0", delegate_to: lb, fail: { msg: no } }\n`,
    { hosts: all },
    async rig => {
      const ran = await rig.apply()
      assert.is(results(ran)['web0/own'], 'skipped (needs web0/bad)')
      assert.is(results(ran)['lb/own'], 'changed')
    },
  ))

test('a block says it for its tasks, an expression is of variables', () =>
  withTasks(
    `    - { delegate_to: "{{ groups.all | last }}", block: [{ name: in, command: { argv: [echo, x] } }] }\n`,
    async rig => assert.equal([...new Set((await rig.plan()).lines.map(({ machine }) => machine))], ['lb']),
  ))

test('what cannot be is refused by its place: a name that is no host, the item of a loop, what only a run knows', async () => {
  const words = async (more: string): Promise<string> => {
    try {
      await withTasks(
        `    - { name: it, command: { argv: [echo, x] }, ${more} }\n`,
        async rig => void (await rig.plan()),
      )
      return 'nothing'
    } catch (error) {
      return (error as Error).message
    }
  }
  assert.match(await words('delegate_to: lbb'), /"lbb" is no host/)
  assert.match(await words('delegate_to: "{{ item }}", loop: [lb]'), /items of a loop/)
  assert.match(await words('delegate_to: "{{ facts.hostname }}"'), /fixed before the run/)
  assert.equal(
    refused(() => loadText(onWeb('    - { debug: { msg: x }, delegate_to: 3 }\n'), 'all: { hosts: { a: } }')).length,
    1,
  )
})

test.run()
