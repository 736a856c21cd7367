import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { starter } from '../run/modules.ts'
import { type Rig, results, verdicts, withRig } from './rig.ts'

const start = `{ name: start, starter: { mark: "{{ root }}/mark", writes: "{{ root }}/k" } }`
const withTasks = (tasks: string[], use: (rig: Rig, at: (name: string) => string) => Promise<void>) =>
  withRig(
    `- hosts: all\n  tasks:\n${tasks.map(task => `    - ${task}\n`).join('')}`,
    { modules: { starter } },
    async rig => use(rig, name => join(rig.hosts.root('node0'), name)),
  )
const waits = 'undecided: known after node0/start'

test('a file that what was started may write waits, and is then what it is', () =>
  withTasks([start, `{ name: mode, file: { path: "{{ root }}/k", mode: "0600" } }`], async (rig, at) => {
    const plan = await rig.plan()
    assert.equal(verdicts(plan), { 'node0/start': 'change', 'node0/mode': waits })
    assert.equal(results(await rig.apply()), { 'node0/start': 'changed', 'node0/mode': 'changed' })
    assert.is(statSync(at('k')).mode & 0o777, 0o600)
    assert.equal(results(await rig.apply()), { 'node0/start': 'ok', 'node0/mode': 'ok' })
  }))

test('who asks whether it is there waits, and so does what hangs on the answer', () =>
  withTasks(
    [
      start,
      `{ name: look, stat: { path: "{{ root }}/k" }, register: k }`,
      `{ name: fallback, when: not k.stat.exists, copy: { dest: "{{ root }}/k", content: fallback } }`,
    ],
    async (rig, at) => {
      assert.equal(verdicts(await rig.plan()), {
        'node0/start': 'change',
        'node0/look': waits,
        'node0/fallback': waits,
      })
      assert.equal(results(await rig.apply()), {
        'node0/start': 'changed',
        'node0/look': 'ok',
        'node0/fallback': 'skipped',
      })
      assert.is(readFileSync(at('k'), 'utf8'), 'started\n')
    },
  ))

test('what this playbook wrote before is decided: changed now, or as it wants it already; what it took away is not', () =>
  withTasks(
    [
      `{ name: new, copy: { dest: "{{ root }}/d/new", content: "a\\n" } }`,
      `{ name: kept, copy: { dest: "{{ root }}/d/kept", content: "a\\n" } }`,
      `{ name: gone, file: { path: "{{ root }}/d/gone", state: absent } }`,
      start,
      `{ name: new line, lineinfile: { path: "{{ root }}/d/new", line: b } }`,
      `{ name: kept line, lineinfile: { path: "{{ root }}/d/kept", line: a } }`,
      `{ name: back, stat: { path: "{{ root }}/d/gone" } }`,
      `{ name: folder mode, file: { path: "{{ root }}/d", state: directory, mode: "0755" } }`,
    ],
    async (rig, at) => {
      mkdirSync(at('d'))
      writeFileSync(at('d/kept'), 'a\n')
      assert.equal(verdicts(await rig.plan()), {
        'node0/new': 'change',
        'node0/kept': 'ok',
        'node0/gone': 'ok',
        'node0/start': 'change',
        'node0/new_line': 'change',
        'node0/kept_line': 'ok',
        'node0/back': waits,
        'node0/folder_mode': waits,
      })
      const ran = await rig.apply()
      assert.is(ran.outcome.exit, 0)
      assert.equal(
        ran.events.filter(event => event.type === 'warning' && /promised/.test(event.text)),
        [],
      )
    },
  ))

test('what its sandbox keeps from it is decided', () =>
  withTasks(
    [
      start.replace('} }', ', shut: ["{{ root }}/d"] } }'),
      `{ name: in, copy: { dest: "{{ root }}/d/in", content: a } }`,
      `{ name: out, copy: { dest: "{{ root }}/out", content: a } }`,
    ],
    async (rig, at) => {
      mkdirSync(at('d'))
      assert.equal(verdicts(await rig.plan()), { 'node0/start': 'change', 'node0/in': 'change', 'node0/out': waits })
      assert.is((await rig.apply()).outcome.exit, 0)
    },
  ))

test('a start that is not decided reaches as far', () =>
  withTasks(
    [
      `{ name: any, command: { argv: [touch, "{{ root }}/x"], touches: ["{{ root }}/x"] }, register: any }`,
      start.replace('{ name: start', '{ name: start, when: any.rc == 0'),
      `{ name: mode, file: { path: "{{ root }}/k", mode: "0600" } }`,
    ],
    async rig => {
      const plan = verdicts(await rig.plan())
      assert.is(plan['node0/mode'], waits)
      assert.is((await rig.apply()).outcome.exit, 0)
    },
  ))

test.run()
