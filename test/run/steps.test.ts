import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { defineModule, exec, file, program, T } from '../../src/module/module.ts'
import { pack } from '../artifact/rig.ts'
import { failuresOf, rig as makeRig, type Ran, type Rig, results, verdicts, withRig } from '../plan/rig.ts'
import { createHosts } from './local.ts'

const play = (tasks: string): string => `- hosts: all\n  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
const steps = (ran: Ran): number => ran.events.reduce((sum, e) => sum + (e.type === 'result' ? e.steps : 0), 0)

/** Sets a member of a JSON file, as modules of programs with such files do. */
const setting = defineModule({
  name: 'setting',
  about: 'For a test.',
  examples: [],
  args: T.Object({ path: T.String(), to: T.Number() }, { additionalProperties: false }),
  reads: args => ({
    member: program<unknown>({
      key: `member:${args.path}#a.b`,
      sh: `cat -- ${args.path}`,
      looks: [`member:${args.path}#a.b`],
      parse: o => ({ value: JSON.parse(o.stdout.toString()).a.b }),
    }),
  }),
  plan: (args, { member }, { ok, change }) =>
    (member as { value: number }).value === args.to
      ? ok()
      : change({
          will: { member: { value: args.to } as never },
          steps: [{ do: 'members', path: args.path, set: { 'a.b': args.to }, indent: 2 }],
          reason: 'it is another',
        }),
})

/** Steps of which one fails: what came before it has happened, what comes after has not. */
const broken = defineModule({
  name: 'broken',
  about: 'For a test.',
  examples: [],
  args: T.Object({ path: T.String() }, { additionalProperties: false }),
  reads: args => ({ file: file(args.path) }),
  plan: (args, _, { change }) =>
    change({
      will: { file: { exists: true } },
      steps: [exec(['touch', `${args.path}1`]), exec(['false']), exec(['touch', `${args.path}3`])],
      reason: 'x',
    }),
})
const modules = { setting, broken }
const withRoot = (
  tasks: string,
  use: (rig: Rig, root: string) => Promise<void>,
  files: Record<string, string | Buffer> = {},
) => withRig(play(tasks), { modules, files }, rig => use(rig, rig.hosts.root('node0')))

test('a big file is uploaded, with a receipt; the next check reads neither it nor anything twice', () =>
  withRoot(
    `- { name: up, copy: { src: big, dest: "{{ root }}/big", mode: "0755" } }`,
    async (rig, root) => {
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/up': 'changed' })
      assert.is(statSync(join(root, 'big')).size, 6_000_000)
      assert.is(statSync(join(root, 'big')).mode & 0o777, 0o755)
      assert.ok(existsSync(join(root, '.big.receipt')))
      const again = await rig.apply()
      assert.is(steps(again), 0)
      assert.is(again.trips.node0, 1)
      writeFileSync(join(root, 'big'), 'other')
      assert.is(verdicts(await rig.plan())['node0/up'], 'change')
    },
    { 'files/big': 'x'.repeat(6_000_000) },
  ))

test('numbers of a JSON file that no task names keep their digits', () =>
  withRoot(`- { name: set, setting: { path: "{{ root }}/c.json", to: 2 } }`, async (rig, root) => {
    const path = join(root, 'c.json')
    writeFileSync(path, '{"z": [123456789012345678, 1.0], "a": {"b": 1}}')
    await rig.apply()
    assert.match(readFileSync(path, 'utf8').replace(/\s+/g, ''), '{"z":[123456789012345678,1.0],"a":{"b":2}}')
  }))

test('members of a JSON file: the rest stays, its mode too', () =>
  withRoot(`- { name: set, setting: { path: "{{ root }}/c.json", to: 2 } }`, async (rig, root) => {
    const path = join(root, 'c.json')
    writeFileSync(path, '{\n  "z": [1],\n  "a": {\n    "b": 1,\n    "c": "ż"\n  }\n}\n', { mode: 0o600 })
    assert.equal(results(await rig.apply()), { 'node0/set': 'changed' })
    assert.is(
      readFileSync(path, 'utf8'),
      '{\n  "z": [1],\n  "a": {\n    "b": 2,\n    "c": "ż"\n  }\n}\n'.replace('[1]', '[\n    1\n  ]'),
    )
    assert.is(statSync(path).mode & 0o777, 0o600)
    assert.is(steps(await rig.apply()), 0)
  }))

test('a step that fails ends the steps of its task', () =>
  withRoot(`- { name: b, broken: { path: "{{ root }}/f" } }`, async (rig, root) => {
    const ran = await rig.apply()
    assert.equal(failuresOf(ran), { 'node0/b': 'host-step' })
    assert.ok(existsSync(join(root, 'f1')))
    assert.not(existsSync(join(root, 'f3')))
  }))

test('what a command said is known to the tasks behind it', () =>
  withRoot(
    `- { name: say, command: { argv: [sh, -c, "echo one; echo two >&2; echo three"] }, register: said }
     - { name: use, copy: { dest: "{{ root }}/f", content: "{{ said.stdout }}|{{ said.stderr }}|{{ said.stdout_lines[1] }}|{{ said.rc }}" } }`,
    async (rig, root) => {
      const plan = await rig.plan()
      assert.is(verdicts(plan)['node0/use'], 'undecided: known after node0/say')
      assert.ok(plan.lines[0]?.always)
      assert.equal(results(await rig.apply()), { 'node0/say': 'changed', 'node0/use': 'changed' })
      assert.match(readFileSync(join(root, 'f'), 'utf8'), /^one\nthree\|two\n?\|three\|0$/)
    },
  ))

test('decided neighbours travel in one frame: their steps and their verification', () =>
  withRoot(
    Array.from({ length: 20 }, (_, i) => `- { name: t${i}, copy: { dest: "{{ root }}/d/f${i}", content: "${i}" } }`)
      .toSpliced(0, 0, `- { name: d, file: { path: "{{ root }}/d", state: directory } }`)
      .join('\n'),
    async rig => {
      const ran = await rig.apply()
      assert.is(steps(ran), 21)
      assert.is(ran.trips.node0, 3, 'one to plan, one to be sure of it, one to do and to verify all')
    },
  ))

test('the dead of one run do not matter to the next: what a killed write left behind is no obstacle', () =>
  withRoot(`- { name: w, copy: { dest: "{{ root }}/d/f", content: "x" } }`, async (rig, root) => {
    mkdirSync(join(root, 'd'))
    writeFileSync(join(root, 'd/.f.AbCdEf'), 'half')
    assert.equal(results(await rig.apply()), { 'node0/w': 'changed' })
    assert.is(readFileSync(join(root, 'd/f'), 'utf8'), 'x')
  }))

test('a hundred hosts at once', async () => {
  const hosts = Array.from({ length: 100 }, (_, i) => `h${i}`)
  const rig = makeRig(
    play(`- { name: w, copy: { dest: "{{ root }}/f", content: "{{ groups.all | length }} hosts" } }`),
    {
      hosts,
    },
  )
  try {
    const ran = await rig.apply()
    assert.ok(Object.values(results(ran)).every(r => r === 'changed'))
    assert.ok(Object.values(ran.trips).every(n => n === 3))
  } finally {
    await rig.close()
  }
})

test('what a look behind a change of the same frame says is known before it is used', () =>
  withRoot(
    `- { file: { path: "{{ root }}/l", src: d, state: link, force: true } }
     - { stat: { path: "{{ root }}/l" }, register: s }
     - { name: use, copy: { dest: "{{ root }}/f", content: "{{ s.stat.mode }}" } }`,
    async (rig, root) => {
      assert.is(results(await rig.apply())['node0/use'], 'changed')
      assert.is(readFileSync(join(root, 'f'), 'utf8'), '0777')
    },
  ))

test('what a host would have said that gets no step is lost to the others, not waited for', () =>
  withRig(
    play(`- { file: { path: "{{ root }}/l", src: d, state: link, force: true }, when: inventory_hostname == "node0" }
     - { name: look, stat: { path: "{{ root }}/l" }, register: s }
     - { name: use, copy: { dest: "{{ root }}/f", content: "{{ hostvars.node0.s.stat.mode }}" } }
     - { name: "no", assert: { that: "false" }, when: inventory_hostname == "node0" }`),
    { hosts: ['node0', 'node1'] },
    async rig => {
      const found = results(await rig.apply())
      assert.is(found['node0/look'], 'ok')
      assert.is(found['node1/use'], 'skipped (needs node0/no)')
    },
  ))

for (const name of ['n'.repeat(255), 'ż'.repeat(127)])
  test(`a name of ${Buffer.byteLength(name)} bytes can be put in place in every way`, () =>
    withRoot(
      `- { name: folders, loop: [a, b, c, d, "d/${name}"], file: { path: "{{ root }}/{{ item }}", state: directory } }
     - { name: link, file: { path: "{{ root }}/a/${name}", src: x, state: link, force: true } }
     - { name: up, copy: { src: big, dest: "{{ root }}/b/${name}" } }
     - { name: there, copy: { src: "{{ root }}/b/${name}", remote_src: true, dest: "{{ root }}/c/${name}" } }
     - { name: unpack, unarchive: { src: p.tar.gz, dest: "{{ root }}/d/${name}" } }
     - { name: small, copy: { content: x, dest: "{{ root }}/a/0${name.slice(1)}" } }`,
      async (rig, root) => {
        assert.is(steps(await rig.apply()) > 0, true)
        assert.is(statSync(join(root, 'c', name)).size, 6_000_000)
        assert.ok(existsSync(join(root, 'd', name, 'f')))
        assert.is((await rig.apply()).outcome.exit, 0)
        for (const folder of ['a', 'b', 'c', 'd'])
          assert.equal(
            readdirSync(join(root, folder)).filter(one => one.includes('runbook') || one.startsWith('.')),
            [],
          )
      },
      { 'files/big': 'x'.repeat(6_000_000), 'files/p.tar.gz': pack({ f: '1\n' }, '-z') },
    ))

/** A rig in which `write` happens before each frame that puts something in place. */
const meddled = async (write: (path: string, times: number) => void, use: (ran: Ran, path: string) => void) => {
  let times = 0
  const hosts = createHosts((name, fragments) => {
    if (fragments.some(({ step }) => step)) write(join(hosts.root(name), 'f.json'), ++times)
  })
  const made = makeRig(play(`- { name: set, setting: { path: "{{ root }}/f.json", to: 2 } }`), { modules }, hosts)
  try {
    const path = join(hosts.root('node0'), 'f.json')
    writeFileSync(path, '{"a":{"b":1}}')
    use(await made.apply(), path)
  } finally {
    await made.close()
  }
}

test('members are set over what the file holds when they are written', () =>
  meddled(
    (path, times) => times === 1 && writeFileSync(path, '{"a":{"b":1},"theirs":3}'),
    (ran, path) => {
      assert.equal(results(ran), { 'node0/set': 'changed' })
      assert.equal(JSON.parse(readFileSync(path, 'utf8')), { a: { b: 2 }, theirs: 3 })
    },
  ))

test('a member that is another by then is not overwritten', () =>
  meddled(
    (path, times) => times === 1 && writeFileSync(path, '{"a":{"b":7}}'),
    (ran, path) => {
      assert.equal(results(ran), { 'node0/set': 'refused' })
      assert.is(JSON.parse(readFileSync(path, 'utf8')).a.b, 7)
    },
  ))

test('a file of members that is written to each time is left', () =>
  meddled(
    (path, times) => writeFileSync(path, `{"a":{"b":1},"theirs":${times}}`),
    (ran, path) => {
      assert.equal(failuresOf(ran), { 'node0/set': 'host-settle' })
      assert.is(JSON.parse(readFileSync(path, 'utf8')).a.b, 1)
    },
  ))

test.run()
