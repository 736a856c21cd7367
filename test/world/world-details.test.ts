import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content, defineModule, exec, file, isUnknown, type Later, later, T } from '../../src/module/module.ts'
import { explain } from '../../src/plan/explain.ts'
import { type Ran, type Rig, results, verdicts, withRig } from '../plan/rig.ts'
import { held } from '../planfile/saving.ts'

/** Names ids in a file. One that is still to be made is not in it: then it will change, nobody knows yet to what. */
const naming = defineModule({
  name: 'naming',
  about: 'For a test.',
  examples: [],
  args: T.Object({ path: T.String(), ids: T.Array(T.Object({ id: T.String() })) }, { additionalProperties: false }),
  reads: args => ({ list: file(args.path) }),
  plan(args, { list }, { ok, change }) {
    const details = args.ids.map(one => later(() => one.id)).find(id => isUnknown(id)) as Later | undefined
    if (details)
      return change({
        will: { list: { exists: true, kind: 'file', content: details } },
        steps: [],
        details,
        reason: `it lacks one of ${args.ids.length}`,
      })
    const wanted = content(args.ids.map(({ id }) => id).join())
    if (list.exists && list.kind === 'file' && list.content.digest === wanted.digest) return ok()
    return change({
      will: { list: { exists: true, kind: 'file', content: wanted } },
      steps: [{ do: 'write', path: args.path, content: wanted, mode: '0644' }],
      reason: 'it names others',
    })
  },
})

/** An id of its own, born on the host and never again. */
const identity = defineModule({
  name: 'identity',
  about: 'For a test.',
  examples: [],
  args: T.Object({ path: T.String() }, { additionalProperties: false }),
  outputs: T.Object({ id: T.String() }),
  reads: args => ({ file: file(args.path) }),
  plan: (args, { file: seen }, { ok, change }) =>
    seen.exists && seen.kind === 'file'
      ? ok({ id: seen.content.bytes.toString() })
      : change({
          will: { file: { exists: true, kind: 'file' } },
          steps: [exec(['sh', '-c', 'basename $(dirname "$0") >"$0"', args.path])],
          reason: 'it has no id',
        }),
})

const make = `- { name: make, command: { cmd: "sh -c 'echo {{ inventory_hostname }}; touch {{ root }}/made'", creates: "{{ root }}/made" }, register: made }`
const names = `- { name: names, naming: { path: "{{ root }}/names", ids: [{ id: "{{ hostvars.node0.made.stdout }}" }, { id: "{{ hostvars.node1.made.stdout }}" }] } }`
const own = `- { name: own, naming: { path: "{{ root }}/own", ids: [{ id: a }, { id: "{{ made.stdout }}" }] } }`
const play = (...tasks: string[]): string => `- hosts: all\n  tasks:\n    ${tasks.join('\n    ')}\n`
const hosts = ['node0', 'node1']
const withNames = (use: (rig: Rig) => Promise<void>, tasks = [make, own, names]): Promise<void> =>
  withRig(play(...tasks), { hosts, modules: { naming } }, use)
const planned = ({ events }: Ran) => events.flatMap(e => (e.type === 'planned' ? [e] : []))
const warnings = ({ events }: Ran): string[] => events.flatMap(e => (e.type === 'warning' ? [e.text] : []))
const wholeRun = ['changed', 'changed', 'changed', 'changed', 'changed', 'changed']

test('a change that is certain is decided, and names the node that its details wait for', () =>
  withNames(async rig => {
    const ran = await rig.plan()
    for (const host of hosts) {
      const said = planned(ran).filter(e => e.host === host)
      assert.equal(
        said.map(({ verdict, needs }) => [verdict, needs]),
        [
          ['change', undefined],
          ['change', `${host}/make`],
          ['change', 'node0/make'],
        ],
      )
      assert.is(said[2]!.why, 'it lacks one of 2')
      assert.is(said[2]!.waits, undefined, 'it is no wait')
    }
  }))

test('explain says so too', () =>
  withNames(async rig => {
    const { walk } = await rig.plan()
    const [one] = explain(walk, line => line.id === 'node0/names')
    assert.equal([one!.verdict, one!.needs, one!.steps], ['change', 'node0/make', []])
    assert.is((one!.will[0]!.is as { content: string }).content, '(known after node0/make)')
  }))

test('its steps are those of its turn, when all is known; the plan is not contradicted', () =>
  withNames(async rig => {
    const ran = await rig.apply()
    assert.equal(Object.values(results(ran)), wholeRun)
    // That what the command says is not there in the next run is told, and true.
    assert.equal(
      warnings(ran).filter(text => !text.startsWith('the next run')),
      [],
    )
    for (const host of hosts) {
      assert.is(readFileSync(join(rig.hosts.root(host), 'names'), 'utf8'), 'node0,node1')
      assert.is(readFileSync(join(rig.hosts.root(host), 'own'), 'utf8'), `a,${host}`)
    }
    const again = await rig.apply()
    assert.equal(
      Object.values(results(again)).filter(status => status === 'changed').length,
      4,
      'no value now: `creates`',
    )
  }))

test('content that waits for a node is such a detail too; what a node itself makes known is none', () =>
  withNames(
    async rig => {
      const [first, file, line] = planned(await rig.plan()).filter(e => e.host === 'node0')
      assert.equal([first!.verdict, first!.needs], ['change', undefined])
      assert.equal([file!.verdict, file!.needs], ['change', 'node0/make'])
      assert.equal([line!.verdict, line!.needs], ['undecided', 'node0/make'])
    },
    [
      make,
      '- { name: copy, copy: { dest: "{{ root }}/f", content: "{{ made.stdout }}" } }',
      '- { name: line, lineinfile: { path: "{{ root }}/f", line: x } }',
    ],
  ))

test('what it may change is unknown to those behind it, the rest is not', () =>
  withNames(
    async rig => {
      for (const host of hosts) writeFileSync(join(rig.hosts.root(host), 'names'), 'x\n', { mode: 0o644 })
      const found = verdicts(await rig.plan())
      assert.is(found['node0/line'], 'undecided: known after node0/make')
      assert.is(found['node0/mode'], 'ok')
      assert.is(found['node0/beside'], 'change')
    },
    [
      make,
      names,
      '- { name: mode, file: { path: "{{ root }}/names", state: file, mode: "0644" } }',
      '- { name: line, lineinfile: { path: "{{ root }}/names", line: x } }',
      '- { name: beside, copy: { dest: "{{ root }}/g", content: x } }',
    ],
  ))

test('that it will change is no conflict: it will not be known before the run what the next one sees', () =>
  withRig(
    play(
      '- { name: id, identity: { path: "{{ root }}/id" }, register: it }',
      `- { name: names, naming: { path: "{{ root }}/names", ids: [{ id: "{{ hostvars.node0.it.id }}" }, { id: "{{ hostvars.node1.it.id }}" }] } }`,
    ),
    { hosts, modules: { naming, identity } },
    async rig => {
      const plan = await rig.plan()
      assert.is(verdicts(plan)['node0/names'], 'change')
      assert.equal(warnings(plan), [])
      assert.equal(Object.values(results(await rig.apply())), ['changed', 'changed', 'changed', 'changed'])
      const again = await rig.apply()
      assert.equal(Object.values(results(again)), ['ok', 'ok', 'ok', 'ok'])
    },
  ))

test('of a saved plan the details may be what they come to be, also where they are known by now', () =>
  withNames(async rig => {
    const plan = held(await rig.plan())
    const ran = await rig.apply(plan)
    assert.equal(Object.values(results(ran)), wholeRun)
    assert.is(ran.outcome.exit, 0)
  }))

test('so may those that are known by the time the saved plan is applied', () =>
  withNames(async rig => {
    const plan = held(await rig.plan())
    for (const host of hosts) writeFileSync(join(rig.hosts.root(host), 'made'), '')
    const ran = await rig.apply(plan)
    for (const host of hosts) {
      assert.is(results(ran)[`${host}/make`], 'ok')
      assert.is(results(ran)[`${host}/names`], 'changed')
    }
  }))

test('a change whose details were shown is held to them', () =>
  withNames(
    async rig => {
      const plan = held(await rig.plan())
      writeFileSync(join(rig.hosts.root('node0'), 'names'), 'c')
      const ran = await rig.apply(plan)
      assert.is(results(ran)['node0/names'], 'refused')
      assert.is(results(ran)['node1/names'], 'changed')
    },
    ['- { name: names, naming: { path: "{{ root }}/names", ids: [{ id: a }, { id: b }] } }'],
  ))

test.run()
