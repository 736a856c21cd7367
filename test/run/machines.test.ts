import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeId } from '../../src/graph/graph.ts'
import { failuresOf, type Options, type Rig, results, verdicts, withRig } from '../plan/rig.ts'
import { createHosts } from './local.ts'
import { shared, slow } from './modules.ts'

// `alpha` and `beta` are names of one machine, `gamma` is another one.

const options: Options = { hosts: ['alpha', 'beta', 'gamma'], machines: { beta: 'alpha' }, modules: { shared, slow } }
const withNames = (text: string, use: (rig: Rig) => Promise<void>, more: Options = {}) =>
  withRig(text, { ...options, ...more }, use)
const read = (rig: Rig, path: string): string => readFileSync(join(rig.hosts.root('alpha'), path), 'utf8')

/** Each task adds a line to a file of its machine: what it says is the order in which they ran. */
const adds = (name: string, more = ''): string =>
  `{ name: ${name}, ${more} command: { argv: [sh, -c, 'echo "$1" >>"$2"', sh, "{{ inventory_hostname }} ${name}", "{{ root }}/log"] } }`
const tasks = (...list: string[]): string => `- hosts: all\n  tasks:\n${list.map(one => `    - ${one}\n`).join('')}`

test('what one name writes the other sees, in the plan and after it, in as many round trips as one name needs', () =>
  withNames(
    `- hosts: alpha
  tasks:
    - { name: make, copy: { dest: "{{ root }}/f", content: "one\\n" } }
- hosts: beta
  tasks:
    - { name: same, copy: { dest: "{{ root }}/f", content: "one\\n" } }
    - { name: look, stat: { path: "{{ root }}/f" }, register: seen }
    - { name: then, copy: { dest: "{{ root }}/g", content: x }, when: seen.stat.exists }
`,
    async rig => {
      const expected = { 'alpha/make': 'change', 'beta/same': 'ok', 'beta/look': 'ok', 'beta/then': 'change' }
      const plan = await rig.plan()
      assert.equal(verdicts(plan), expected)
      assert.equal(plan.trips, { alpha: 1, beta: 0 })
      const ran = await rig.apply()
      assert.equal(results(ran), {
        'alpha/make': 'changed',
        'beta/same': 'ok',
        'beta/look': 'ok',
        'beta/then': 'changed',
      })
      assert.is(ran.events.filter(({ type }) => type === 'warning').length, 0)
      assert.equal(Object.values(verdicts(await rig.plan())), ['ok', 'ok', 'ok', 'ok'])
    },
  ))

test('lines of the names of one machine run in written order, task by task, and travel together', () =>
  withNames(
    tasks(
      ...'abcd'
        .split('')
        .map(name => `{ name: ${name}, file: { path: "{{ root }}/${name}{{ inventory_hostname }}", state: touch } }`),
    ),
    async rig => {
      const ran = await rig.apply()
      const told = ran.events.flatMap(e => (e.type === 'result' && e.host !== 'gamma' ? [e.node] : []))
      assert.equal(
        told,
        'abcd'.split('').flatMap(name => [`alpha/${name}`, `beta/${name}`]),
      )
      assert.is(ran.trips.alpha, ran.trips.gamma)
    },
  ))

test('commands too, which go one by one', () =>
  withNames(tasks(adds('a'), adds('b', 'when: "inventory_hostname != \'gamma\'",')), async rig => {
    await rig.apply()
    assert.is(read(rig, 'log'), 'alpha a\nbeta a\nalpha b\nbeta b\n')
  }))

test('a name that waits for another machine keeps the other name from what is written behind', () =>
  withNames(
    tasks(
      `{ name: slow, slow: { path: "{{ root }}/slow", after: 0.2, seconds: 5 }, when: "inventory_hostname == 'gamma'" }`,
      adds('a', `after: ['{{ "gamma" if inventory_hostname == "alpha" else inventory_hostname }}/slow'],`),
      adds('b'),
    ),
    async rig => {
      await rig.apply()
      assert.is(read(rig, 'log'), 'alpha a\nbeta a\nalpha b\nbeta b\n')
    },
  ))

test('the failure of one name is its own', () =>
  withNames(
    tasks(
      `{ name: fails, command: { argv: ['false'] }, when: "inventory_hostname == 'alpha'" }`,
      `{ name: made, file: { path: "{{ root }}/{{ inventory_hostname }}", state: touch } }`,
    ),
    async rig => {
      const ran = await rig.apply()
      assert.equal(Object.keys(failuresOf(ran)), ['alpha/fails'])
      assert.is(results(ran)['alpha/made'], 'skipped (needs alpha/fails)')
      assert.is(results(ran)['beta/made'], 'changed')
      assert.not.ok(existsSync(join(rig.hosts.root('alpha'), 'alpha')))
    },
  ))

test('a collective, turns and a handler pass both names', () =>
  withNames(
    `- hosts: all
  tasks:
    - { name: one, file: { path: "{{ root }}/one", state: touch }, notify: [last] }
    - { name: together, shared: { path: "{{ root }}/together{{ inventory_hostname }}" } }
    - { name: two, file: { path: "{{ root }}/two{{ inventory_hostname }}", state: touch } }
  handlers:
    - { name: last, copy: { dest: "{{ root }}/last", content: x } }
`,
    async rig => {
      const ran = await rig.apply()
      const counts = Map.groupBy(Object.entries(results(ran)), ([, status]) => status)
      assert.is(counts.get('failed'), undefined, JSON.stringify(results(ran)))
      assert.is(Object.keys(results(ran)).length, 12)
      assert.ok(existsSync(join(rig.hosts.root('alpha'), 'twobeta')))
      assert.ok(
        Object.values(verdicts(await rig.plan())).every(verdict => verdict === 'ok' || /notified/.test(verdict)),
      )
    },
  ))

test('a collective that would set one thing under two names fails in the plan, with what to do', () =>
  withNames(tasks(`{ name: together, shared: { path: "{{ root }}/together" } }`), async rig => {
    const found = verdicts(await rig.plan())
    assert.match(found['beta/together']!, /^fail: alpha and beta are one machine, and both would set .*together there/)
    assert.is(found['gamma/together'], 'change')
  }))

test('--limit to one name leaves what the other name would do out of what is foreseen', () =>
  withNames(
    tasks(`{ name: make, copy: { dest: "{{ root }}/f", content: "{{ inventory_hostname }}\\n" } }`),
    async rig => {
      const ran = await rig.apply()
      assert.equal(results(ran), { 'beta/make': 'changed' })
      assert.is(read(rig, 'f'), 'beta\n')
      assert.equal(Object.values(verdicts(await rig.plan())), ['ok'])
    },
    { limit: 'beta' },
  ))

test('two names that set one file differently are told as what undoes itself with every run', () =>
  withNames(
    tasks(`{ name: make, copy: { dest: "{{ root }}/f", content: "{{ inventory_hostname }}\\n" } }`),
    async rig => {
      const plan = await rig.plan()
      const told = plan.events.flatMap(e => (e.type === 'warning' ? [e.text] : []))
      assert.ok(
        told.some(text => /alpha\/make.*each undoing the other|both set/.test(text)),
        told.join('\n'),
      )
    },
  ))

test('a machine that is lost is lost under all of its names', async () => {
  const hosts = createHosts()
  await hosts.kill('alpha')
  await withRig(tasks(adds('a')), { ...options }, async rig => {
    rig.hosts.connect = hosts.connect
    const ran = await rig.plan()
    assert.equal(
      ran.events.flatMap(e => (e.type === 'host-lost' ? [e.host] : [])),
      ['alpha', 'beta'],
    )
  })
  await hosts.close()
})

test('each node of a machine comes behind the one before it, whatever name it is for', () =>
  withNames(tasks(adds('a'), adds('b')), async rig => {
    const { graph } = await rig.plan()
    const edges = (host: string, task: string) =>
      graph.byId.get(nodeId(host, { slug: task }))!.edges.map(({ on, kind }) => `${kind} ${on}`)
    assert.equal(edges('beta', 'a'), ['machine alpha/a'])
    assert.equal(edges('alpha', 'b'), ['order alpha/a', 'machine beta/a'])
    assert.equal(edges('gamma', 'b'), ['order gamma/a'])
  }))

test.run()
