import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { defineModule, T } from '../../src/module/module.ts'
import { type Options, type Ran, type Rig, results, verdicts, withRig } from './rig.ts'

/** Takes a list of hosts' values as far as it goes, and is told who is missing. */
const listing = defineModule({
  name: 'listing',
  about: 'For a test.',
  examples: [],
  args: T.Object(
    {
      of: T.Array(T.String(), { partial: 'absent' }),
      absent: T.Optional(T.Array(T.Object({ host: T.String(), address: T.Optional(T.Unknown()) }))),
    },
    { additionalProperties: false },
  ),
  reads: () => ({}),
  plan: (args, _, { say }) =>
    say(`${args.of.join()}; missing ${(args.absent ?? []).map(a => `${a.host} at ${a.address}`).join()}`),
})

const hosts = ['node0', 'node1', 'node2']
const play = (tasks: string, more = ''): string =>
  `- hosts: all\n${more}  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
const withHosts = (tasks: string, use: (rig: Rig) => Promise<void>, options: Options = {}, more = '') =>
  withRig(play(tasks, more), { hosts, modules: { listing }, ...options }, use)
const said = ({ lines }: Ran): Record<string, string | undefined> =>
  Object.fromEntries(lines.map(l => [l.host, l.text]))

const name = `- { name: name, command: { cmd: "cat {{ root }}/name", reads: ["{{ root }}/name"] }, register: name }`
const named = (rig: Rig): void => {
  for (const host of hosts) writeFileSync(join(rig.hosts.root(host), 'name'), `I am ${host}`)
}

test('a list over a group has all hosts that answered', () =>
  withHosts(
    `${name}
     - { name: list, listing: { of: "{{ groups.all | map('extract', hostvars, ['name', 'stdout']) }}" } }`,
    async rig => {
      named(rig)
      assert.is(said(await rig.plan()).node1, 'I am node0,I am node1,I am node2; missing ')
    },
  ))

test('a partial list: an argument that can do with it is told who is missing, any other needs the lost host', () =>
  withHosts(
    `${name}
     - { name: any, needs: [], copy: { dest: "{{ root }}/all", content: "{{ groups.all | map('extract', hostvars, ['name', 'stdout']) | join }}" } }
     - { name: list, needs: [], listing: { of: "{{ groups.all | map('extract', hostvars, ['name', 'stdout']) }}" } }`,
    async rig => {
      named(rig)
      rig.hosts.kill('node1')
      const ran = await rig.apply()
      assert.is(said(ran).node0, 'I am node0,I am node2; missing node1 at node1')
      assert.is(results(ran)['node0/any'], 'skipped (needs node1)')
      assert.is(results(ran)['node2/list'], 'ok')
      assert.is(ran.outcome.exit, 3)
    },
  ))

test('a partial list also does without a host where what the task comes after has failed; any other list has it', () =>
  withHosts(
    `${name}
     - { name: start, when: inventory_hostname != "node0", command: { argv: [sh, -c, 'test "$0" != node1', "{{ inventory_hostname }}"] } }
     - { name: any, after: [all/start], copy: { dest: "{{ root }}/all", content: "{{ groups.all | map('extract', hostvars, ['name', 'stdout']) | join }}" } }
     - { name: list, after: [all/start], listing: { of: "{{ groups.all | map('extract', hostvars, ['name', 'stdout']) }}" } }`,
    async rig => {
      named(rig)
      const ran = await rig.apply()
      assert.is(results(ran)['node1/start'], 'failed')
      const texts = ran.events.flatMap(e => (e.type === 'message' ? [`${e.host} ${e.text}`] : []))
      assert.equal(texts.sort(), [
        'node0 I am node0,I am node2; missing node1 at node1',
        'node2 I am node0,I am node2; missing node1 at node1',
      ])
      assert.is(results(ran)['node2/any'], 'changed')
      assert.is(ran.outcome.exit, 1)
    },
  ))

test('so it does without one whose value could not be made; any other list needs it', () =>
  withHosts(
    `- { name: ready, command: { argv: [sh, -c, 'test "$0" != node1', "{{ inventory_hostname }}"] } }
     ${name}
     - { name: any, needs: [], copy: { dest: "{{ root }}/all", content: "{{ groups.all | map('extract', hostvars, ['name', 'stdout']) | join }}" } }
     - { name: list, needs: [], listing: { of: "{{ groups.all | map('extract', hostvars, ['name', 'stdout']) }}" } }`,
    async rig => {
      named(rig)
      const ran = await rig.apply()
      const texts = ran.events.flatMap(e => (e.type === 'message' && e.host === 'node0' ? [e.text] : []))
      assert.equal(texts, ['I am node0,I am node2; missing node1 at node1'])
      assert.is(results(ran)['node0/any'], 'skipped (needs node1/ready)')
    },
  ))

test('a host that does not answer changes nothing where its values are not used', () =>
  withHosts(
    `- { name: a, copy: { dest: "{{ root }}/a", content: "{{ groups.all | join }}" } }
     - { name: b, copy: { dest: "{{ root }}/b", content: "{{ hostvars.node0.root }}" } }`,
    async rig => {
      rig.hosts.kill('node1')
      const ran = await rig.apply()
      for (const id of ['node0/a', 'node2/a', 'node0/b', 'node2/b']) assert.is(results(ran)[id], 'changed', id)
    },
  ))

test('facts of another host are read there, in the same trip', () =>
  withHosts(
    `- { name: a, copy: { dest: "{{ root }}/a", content: "{{ hostvars.node1.facts.system }}" } }`,
    async rig => {
      const ran = await rig.plan()
      assert.is(verdicts(ran)['node0/a'], 'change')
      assert.equal(Object.values(ran.trips), [1, 1, 1])
      rig.hosts.kill('node1')
      assert.is(verdicts(await rig.plan())['node0/a'], 'skipped: needs node1')
    },
  ))

test('run_once: its value stands for every host', () =>
  withHosts(
    `- { name: once, run_once: true, command: { cmd: "sh -c 'echo 42; touch {{ root }}/once'", creates: "{{ root }}/once" }, register: once }
     - { name: use, copy: { dest: "{{ root }}/n", content: "{{ once.stdout }}" } }`,
    async rig => {
      const ran = await rig.apply()
      assert.is(results(ran)['node0/once'], 'changed')
      assert.is(results(ran)['node1/once'], undefined)
      for (const host of hosts) assert.is(results(ran)[`${host}/use`], 'changed')
    },
  ))

const handlers = `  handlers:
    - { name: Restart, copy: { dest: "{{ root }}/restarted", content: "yes" } }
    - { name: Never, copy: { dest: "{{ root }}/never", content: "no" } }
`
test('a handler runs on the hosts where a task that notifies it changes something, once', () =>
  withHosts(
    `- { name: a, when: 'inventory_hostname != "node1"', notify: Restart, copy: { dest: "{{ root }}/a", content: "a" } }
     - { name: b, notify: [Restart], copy: { dest: "{{ root }}/name", content: "I am {{ inventory_hostname }}" } }`,
    async rig => {
      named(rig)
      const plan = await rig.plan()
      assert.is(verdicts(plan)['node0/restart'], 'change')
      assert.is(verdicts(plan)['node1/restart'], 'skipped: not notified')
      assert.is(verdicts(plan)['node0/never'], 'skipped: not notified')
      const ran = await rig.apply()
      assert.is(results(ran)['node0/restart'], 'changed')
      assert.is(results(ran)['node1/restart'], 'skipped')
      assert.is(verdicts(await rig.plan())['node0/restart'], 'skipped: not notified')
    },
    {},
    handlers,
  ))

test('a handler that may be notified waits for the task that decides it', () =>
  withHosts(
    `- { name: make, command: { cmd: "sh -c 'echo 1; touch {{ root }}/m'", creates: "{{ root }}/m" }, register: m }
     - { name: a, when: 'm.stdout == "1"', notify: Restart, copy: { dest: "{{ root }}/a", content: "a" } }`,
    async rig => {
      assert.is(verdicts(await rig.plan())['node0/restart'], 'undecided: known after node0/a')
      assert.is(results(await rig.apply())['node0/restart'], 'changed')
    },
    { hosts: ['node0'] },
    handlers,
  ))

test('a handler of a host that failed does not run', () =>
  withHosts(
    `- { name: a, notify: Restart, copy: { dest: "{{ root }}/a", content: "a" } }
     - { name: b, command: { argv: [sh, -c, '[ "$0" != node1 ] && touch "$1"', "{{ inventory_hostname }}", "{{ root }}/b"], creates: "{{ root }}/b" } }`,
    async rig => {
      const ran = await rig.apply()
      assert.is(results(ran)['node0/restart'], 'changed')
      assert.is(results(ran)['node1/restart'], 'skipped (needs node1/b)')
    },
    {},
    handlers,
  ))

const made = `- { name: make, command: { cmd: "sh -c 'echo 1; touch {{ root }}/m'", creates: "{{ root }}/m" }, register: m }
     - { name: use, tags: t, copy: { dest: "{{ root }}/u", content: "x{{ m.changed }}" } }
     - { name: text, tags: s, copy: { dest: "{{ root }}/s", content: "{{ m.stdout }}" } }`

test('a task that is left out is read, its steps do not run', () =>
  withHosts(
    made,
    async rig => {
      for (const host of hosts) writeFileSync(join(rig.hosts.root(host), 'm'), '')
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/use': 'changed', 'node1/use': 'changed', 'node2/use': 'changed' })
    },
    { tags: ['t'] },
  ))

test('a value that only a left-out step would make is an error before any step, naming it', () =>
  withHosts(
    `${made}
     - { name: other, tags: s, needs: [], file: { path: "{{ root }}/o", state: touch } }`,
    async rig => {
      const ran = await rig.apply()
      assert.match(verdicts(ran)['node0/text']!, /^fail: .*node0\/make/)
      assert.is(results(ran)['node0/other'], 'skipped (needs node0/text)', 'no step at all')
    },
    { tags: ['s'] },
  ))

test.run()
