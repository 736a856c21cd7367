import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rig as makeRig, type Options, type Rig, results, verdicts, withRig } from '../plan/rig.ts'
import { createHosts, type Hosts } from './local.ts'
import { shared } from './modules.ts'

const hosts = ['node0', 'node1', 'node2']
const modules = { shared }
const play = (tasks: string): string => `- hosts: all\n  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
const key = `- { name: key, shared: { path: "{{ root }}/key" }, register: key }`
const withGroup = (tasks: string, use: (rig: Rig) => Promise<void>, options: Options = {}) =>
  withRig(play(tasks), { hosts, modules, ...options }, use)
const held = (rig: Rig): string[] =>
  hosts.map(host => {
    try {
      return readFileSync(join(rig.hosts.root(host), 'key'), 'utf8')
    } catch {
      return '-'
    }
  })
const each = (task: string, status: string): Record<string, string> =>
  Object.fromEntries(hosts.map(host => [`${host}/${task}`, status]))

test('one value for all, born on the first; the second apply has nothing to do, in one trip', () =>
  withGroup(key, async rig => {
    const plan = await rig.plan()
    assert.equal(verdicts(plan), each('key', 'change'))
    assert.not(
      plan.lines.some(({ needs }) => needs),
      'what the node itself makes known is waited for by none of its hosts',
    )
    assert.equal(held(rig), ['-', '-', '-'])
    const ran = await rig.apply()
    assert.equal(results(ran), each('key', 'changed'))
    const [first, ...rest] = held(rig)
    assert.match(first!, /^[0-9a-f]{8}$/)
    assert.equal(rest, [first, first])
    const again = await rig.apply()
    assert.equal(results(again), each('key', 'ok'))
    assert.equal(Object.values(again.trips), [1, 1, 1])
  }))

test('one that has it hands it on', () =>
  withGroup(key, async rig => {
    writeFileSync(join(rig.hosts.root('node1'), 'key'), 'mine')
    assert.equal(results(await rig.apply()), { ...each('key', 'changed'), 'node1/key': 'ok' })
    assert.equal(held(rig), ['mine', 'mine', 'mine'])
  }))

test('a host that a condition leaves out is not waited for', () =>
  withGroup(`- { name: key, when: inventory_hostname != "node1", shared: { path: "{{ root }}/key" } }`, async rig => {
    assert.equal(results(await rig.apply()), { ...each('key', 'changed'), 'node1/key': 'skipped' })
    const [first, left, last] = held(rig)
    assert.equal([left, last], ['-', first])
  }))

test('a host that cannot get what it needs leaves alone', () =>
  withGroup(
    `- { name: a, when: inventory_hostname == "node0", command: { cmd: "false" }, register: a }
     - { name: b, when: inventory_hostname != "node0", command: { cmd: "true" }, register: a }
     - { name: key, needs: [], when: a.changed, shared: { path: "{{ root }}/key" } }`,
    async rig => {
      writeFileSync(join(rig.hosts.root('node1'), 'key'), 'mine')
      const ran = results(await rig.apply())
      assert.is(ran['node0/key'], 'skipped (needs node0/a)')
      assert.is(ran['node2/key'], 'changed')
      assert.equal(held(rig), ['-', 'mine', 'mine'])
    },
  ))

/** The same with hosts that a test watches or kills. */
const withHosts = async (tasks: string, local: Hosts, use: (rig: Rig) => Promise<void>): Promise<void> => {
  try {
    await use(makeRig(play(tasks), { hosts, modules }, local))
  } finally {
    await local.close()
  }
}

test('phases are a barrier: no host writes before the value has been born', () => {
  const frames: string[] = []
  const local = createHosts((host, fragments) => {
    const text = fragments.map(f => f.sh).join()
    if (text.includes('/dev/urandom')) frames.push(`${host} generates`)
    if (text.includes('mktemp -')) frames.push(`${host} writes`)
  })
  return withHosts(key, local, async rig => {
    await rig.apply()
    assert.is(frames[0], 'node0 generates')
    assert.equal(
      frames.slice(1).sort(),
      hosts.map(h => `${h} writes`),
    )
  })
})

test('tasks before it are waited for on every host, tasks behind it see its value', () =>
  withGroup(
    `- { name: before, command: { cmd: "touch {{ root }}/b", creates: "{{ root }}/b" } }
     ${key}
     - { name: behind, when: key.changed, file: { path: "{{ root }}/after", state: touch } }`,
    async rig => {
      const ran = await rig.apply()
      assert.equal(results(ran), {
        ...each('before', 'changed'),
        ...each('key', 'changed'),
        ...each('behind', 'changed'),
      })
      const order = ran.events.flatMap(e => (e.type === 'result' ? [e.node.split('/')[1]] : []))
      assert.ok(order.lastIndexOf('before') < order.indexOf('key'))
    },
  ))

test('a host whose earlier task failed leaves the barrier; the others decide without it', () =>
  withGroup(
    `- { name: before, command: { argv: [sh, -c, '[ "$0" != node2 ] && touch "$1"', "{{ inventory_hostname }}", "{{ root }}/b"], creates: "{{ root }}/b" } }
     ${key}
     - { name: behind, file: { path: "{{ root }}/after", state: touch } }`,
    async rig => {
      writeFileSync(join(rig.hosts.root('node0'), 'key'), 'mine')
      const ran = await rig.apply()
      assert.is(results(ran)['node1/key'], 'changed')
      assert.is(results(ran)['node2/key'], 'skipped (needs node2/before)')
      assert.is(results(ran)['node2/behind'], 'skipped (needs node2/before)')
      assert.is(results(ran)['node1/behind'], 'changed')
      assert.equal(held(rig), ['mine', 'mine', '-'])
      assert.is(ran.outcome.exit, 1)
    },
  ))

test('a host that does not answer is null to the module', () =>
  withGroup(key, async rig => {
    writeFileSync(join(rig.hosts.root('node0'), 'key'), 'mine')
    rig.hosts.kill('node2')
    const ran = await rig.apply()
    assert.is(results(ran)['node1/key'], 'changed')
    assert.is(results(ran)['node2/key'], 'skipped (needs node2)')
    assert.is(ran.outcome.exit, 3)
  }))

test('a decision that cannot be made fails on all hosts that answered, with no step', () =>
  withGroup(key, async rig => {
    rig.hosts.kill('node2')
    const plan = await rig.plan()
    assert.equal(verdicts(plan), {
      'node0/key': 'fail: node2 may hold it',
      'node1/key': 'fail: node2 may hold it',
      'node2/key': 'skipped: needs node2',
    })
    await rig.apply()
    assert.equal(held(rig), ['-', '-', '-'])
  }))

const behind = '- { name: behind, file: { path: "{{ root }}/x", state: touch } }'

test('a host that is lost between the phases leaves; the others end', () => {
  const local = createHosts((host, fragments) => {
    if (host === 'node1' && fragments.some(f => f.sh.includes('mktemp -'))) local.kill('node1')
  })
  return withHosts(`${key}\n${behind}`, local, async rig => {
    const ran = await rig.apply()
    assert.is(results(ran)['node0/key'], 'changed')
    assert.is(results(ran)['node2/key'], 'changed')
    assert.match(results(ran)['node1/key']!, /unverified|skipped/)
    assert.is(results(ran)['node2/behind'], 'changed')
    assert.match(results(ran)['node1/behind']!, 'skipped')
    assert.is(ran.outcome.exit, 3)
  })
})

test('a host that is lost with the value it was to make: who needs it is skipped because of it', () => {
  const local = createHosts((host, fragments) => {
    if (host === 'node0' && fragments.some(f => f.sh.includes('/dev/urandom'))) local.kill('node0')
  })
  return withHosts(`${key}\n${behind}`, local, async rig => {
    const ran = await rig.apply()
    assert.is(results(ran)['node1/key'], 'skipped (needs node0/key)')
    assert.is(results(ran)['node1/behind'], 'skipped (needs node0/key)')
    assert.equal(held(rig), ['-', '-', '-'])
    assert.is(ran.outcome.exit, 3)
  })
})

test('under --limit the others are read, and nothing runs there', () =>
  withGroup(
    key,
    async rig => {
      writeFileSync(join(rig.hosts.root('node0'), 'key'), 'mine')
      const ran = await rig.apply()
      assert.is(results(ran)['node2/key'], 'changed')
      assert.equal(held(rig), ['mine', '-', 'mine'])
      assert.is(results(ran)['node1/key'], undefined)
    },
    { limit: 'node2' },
  ))

test.run()
