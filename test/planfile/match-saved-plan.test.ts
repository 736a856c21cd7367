import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../src/core/event.ts'
import { unfinishedLines } from '../../src/core/unfinished-lines.ts'
import { defineModule, exec, file, isUnknown, later, stat, T, uses } from '../../src/module/module.ts'
import { failuresOf, type Options, type Ran, type Rig, results, withRig } from '../plan/rig.ts'
import { held } from './saving.ts'

const files = (text: string, options: Options, use: (rig: Rig, at: (path: string) => string) => Promise<void>) =>
  withRig(`- hosts: all\n  tasks:\n${text}`, options, rig => use(rig, path => join(rig.hosts.root('node0'), path)))

const whyOf = ({ events }: Ran, node: string): string =>
  events.flatMap(e => (e.type === 'result' && e.node === node ? [e.failure?.why ?? ''] : [])).join()

const three = `
    - { name: a, copy: { dest: "{{ root }}/a", content: "1\\n", mode: "0644" } }
    - { name: b, needs: [a], copy: { dest: "{{ root }}/b", content: "2\\n" } }
    - { name: c, needs: [], copy: { dest: "{{ root }}/c", content: "x" } }`

test('where nothing has moved the plan is applied as it was shown, and once more there is nothing to do', () =>
  files(three, {}, async (rig, at) => {
    const plan = held(await rig.plan())
    const ran = await rig.apply(plan)
    assert.equal(results(ran), { 'node0/a': 'changed', 'node0/b': 'changed', 'node0/c': 'changed' })
    assert.is(readFileSync(at('a'), 'utf8'), '1\n')
    const again = await rig.apply(plan)
    assert.equal(Object.values(results(again)), ['ok', 'ok', 'ok'])
    assert.is(again.outcome.exit, 0)
  }))

test('what has moved is refused with both sides shown, what needs it is skipped, and the rest is applied', () =>
  files(three, {}, async (rig, at) => {
    writeFileSync(at('a'), '0\n', { mode: 0o644 })
    const plan = held(await rig.plan())
    chmodSync(at('a'), 0o600)
    const ran = await rig.apply(plan)
    assert.equal(results(ran), { 'node0/a': 'refused', 'node0/b': 'skipped (needs node0/a)', 'node0/c': 'changed' })
    assert.equal(failuresOf(ran), { 'node0/a': 'plan-moved' })
    assert.match(whyOf(ran, 'node0/a'), `planned over: ${at('a')} mode 0644; now: mode 0600`)
    assert.is(ran.outcome.exit, 5)
    assert.is(readFileSync(at('a'), 'utf8'), '0\n')
  }))

test('with refresh what has moved is planned anew, and told with both sides', () =>
  files(three, {}, async (rig, at) => {
    writeFileSync(at('a'), '0\n', { mode: 0o644 })
    const plan = held(await rig.plan(), { moved: 'refresh' })
    writeFileSync(at('a'), '00\n')
    const ran = await rig.apply(plan)
    assert.equal(Object.values(results(ran)), ['changed', 'changed', 'changed'])
    const warnings = ran.events.flatMap(e => (e.type === 'warning' ? [`${e.node}: ${e.text}`] : []))
    assert.is(warnings.length, 1)
    assert.match(
      warnings[0]!,
      /^node0\/a: it has moved on and is planned anew\.\nplanned over: .*2 bytes.*; now: .*3 bytes/,
    )
    assert.is(readFileSync(at('a'), 'utf8'), '1\n')
  }))

test('what somebody else has done by now has not moved, and what would fail now fails as ever', () =>
  files(three, {}, async (rig, at) => {
    const plan = held(await rig.plan())
    writeFileSync(at('c'), 'x', { mode: 0o644 })
    assert.is(results(await rig.apply(plan))['node0/c'], 'ok')
    rmSync(at('c'))
    rmSync(at('a'))
    const failing = held(await rig.plan())
    const away = at('')
    rmSync(away, { recursive: true })
    const ran = await rig.apply(failing)
    assert.is(ran.outcome.exit, 1)
    assert.is(existsSync(away), false)
  }))

test('a line that the plan shows as unchanged is not changed', () =>
  files(three, {}, async (rig, at) => {
    await rig.apply()
    const plan = held(await rig.plan())
    rmSync(at('c'))
    const ran = await rig.apply(plan)
    assert.is(results(ran)['node0/c'], 'refused')
    assert.not.ok(existsSync(at('c')))
    assert.match(
      whyOf(ran, 'node0/c'),
      /planned: ok\nnow: change, .*\nplanned over: .* exists true.*; now: exists false/,
    )
  }))

test('what was undecided may turn out as it will, its loop too', () =>
  files(
    `
    - { name: make, command: { cmd: "sh -c 'echo 1; touch {{ root }}/m'", creates: "{{ root }}/m" }, register: made }
    - { name: each, loop: made.stdout_lines, when: "'skipped' not in item", copy: { dest: "{{ root }}/{{ item }}", content: "x" } }
    - { name: in, copy: { dest: "{{ root }}/in", content: "{{ made.stdout }}" } }`,
    {},
    async (rig, at) => {
      const plan = held(await rig.plan())
      const ran = await rig.apply(plan)
      assert.equal(results(ran), { 'node0/make': 'changed', 'node0/each[1]': 'changed', 'node0/in': 'changed' })
      assert.is(readFileSync(at('in'), 'utf8'), '1')
      // Gone on with from the middle: what was to be known later is known now.
      rmSync(at('in'))
      assert.is(results(await rig.apply(plan))['node0/in'], 'changed')
    },
  ))

test('what a run had begun and not ended is not taken for moved by the one that goes on with it', () =>
  files(three, {}, async (rig, at) => {
    writeFileSync(at('a'), '0\n', { mode: 0o600 })
    const { events, ...ran } = await rig.plan()
    const plan = held({ ...ran, events })
    chmodSync(at('a'), 0o644)
    const line = { host: 'node0', task: 'x' }
    const result = { ...line, type: 'result', steps: 0, ms: 0, diff: [] }
    const earlier = [
      { ...line, type: 'running', node: 'node0/a', steps: [] },
      { ...line, type: 'running', node: 'node0/b', steps: [] },
      { ...line, type: 'running', node: 'node0/c', steps: [] },
      { ...result, node: 'node0/b', status: 'changed' },
      { ...result, node: 'node0/c', status: 'failed' },
    ] as unknown as Event[]
    assert.equal(unfinishedLines(earlier), new Set(['node0/a', 'node0/c']))
    assert.is(results(await rig.apply(plan))['node0/a'], 'refused')
    const resumed = await rig.apply({ ...plan, begun: unfinishedLines(earlier) })
    assert.is(results(resumed)['node0/a'], 'changed')
    assert.is(statSync(at('a')).mode & 0o777, 0o644)
  }))

/** Wants words in a file; of a file that it cannot see yet it says that all of them are missing. */
const words = defineModule({
  name: 'words',
  about: 'For a test.',
  examples: [],
  args: T.Object({ path: T.String({ description: 'A file.' }) }, { additionalProperties: false }),
  reads: args => ({ file: file(args.path), beside: uses(stat(`${args.path}.beside`)) }),
  plan: (args, { file: seen }, { ok, change }) => {
    const text = later(() => (seen.exists && seen.kind === 'file' ? seen.content.bytes.toString() : ''))
    const missing = ['a', 'b'].filter(one => isUnknown(text) || !text.includes(one))
    if (missing.length === 0) return ok()
    const steps = [exec(['sh', '-c', 'printf "$1" >>"$0"', args.path, missing.join('')])]
    return change({ will: { file: { exists: true } }, steps, reason: `without ${missing}` })
  },
})

test('what was shown over something to be known later may turn out to be less, once that is there', () =>
  files(
    `
    - { name: make, command: { cmd: "sh -c 'printf a >{{ root }}/f'", creates: "{{ root }}/f" } }
    - { name: all, words: { path: "{{ root }}/f" } }`,
    { modules: { words } },
    async (rig, at) => {
      const plan = held(await rig.plan())
      writeFileSync(at('f'), 'a')
      const ran = await rig.apply(plan)
      assert.equal(results(ran), { 'node0/make': 'ok', 'node0/all': 'changed' })
      assert.is(readFileSync(at('f'), 'utf8'), 'ab')
      writeFileSync(at('f'), 'a')
      writeFileSync(at('f.beside'), '')
      assert.is(results(await rig.apply(plan))['node0/all'], 'refused')
      // Over what was there it had been shown as it is: then something else is something else.
      writeFileSync(at('f'), '')
      const seen = held(await rig.plan())
      writeFileSync(at('f'), 'b')
      assert.is(results(await rig.apply(seen))['node0/all'], 'refused')
    },
  ))

test('a loop that has lost an item is another one', () =>
  files(
    `
    - { name: list, command: { cmd: "cat {{ root }}/list", reads: ["{{ root }}/list"] }, register: listed }
    - { name: each, loop: listed.stdout_lines, copy: { dest: "{{ root }}/{{ item }}", content: "x" } }`,
    {},
    async (rig, at) => {
      writeFileSync(at('list'), 'p\nq\n')
      const plan = held(await rig.plan())
      writeFileSync(at('list'), 'p\n')
      assert.is(results(await rig.apply(plan))['node0/each[p]'], 'refused')
      writeFileSync(at('list'), 'p\nq\nr\n')
      const grown = await rig.apply(plan)
      assert.is(results(grown)['node0/each[r]'], 'refused')
      assert.match(whyOf(grown, 'node0/each[r]'), /planned: nothing\nnow: change/)
    },
  ))

test('a host that did not answer when the plan was made is refused, whatever it says now', () =>
  files(three, { hosts: ['node0', 'node1'] }, async rig => {
    const ran = await rig.plan()
    const events = ran.events.map(e =>
      e.type === 'planned' && e.host === 'node1' ? { ...e, verdict: 'skipped' as const } : e,
    )
    const lost = held({ ...ran, events })
    for (const [id, { line }] of lost.lines) if (id.startsWith('node1')) line.fingerprint = 'of a skipped line'
    const applied = await rig.apply(lost)
    assert.is(results(applied)['node0/a'], 'changed')
    assert.is(results(applied)['node1/a'], 'refused')
    assert.is(results(applied)['node1/b'], 'skipped (needs node1/a)')
  }))

test.run()
