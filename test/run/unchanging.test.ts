import { readFileSync, statSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../graph/rig.ts'
import { loadText, rig as makeRig, results, verdicts, withTasks } from '../plan/rig.ts'
import { held } from '../planfile/saving.ts'

const write = '{ name: write, copy: { dest: "{{ root }}/f", content: "a\\n" } }'
const count = (name: string): string => `argv: [sh, -c, 'echo x >>"$0"', "{{ root }}/${name}"]`

test('a question that has to be asked after changes is asked at its place, and is no change', () =>
  withTasks(
    [
      write,
      '{ name: ask, changed_when: false, touches: [], command: { argv: [cat, "{{ root }}/f"] }, register: ask }',
      '{ name: copy, copy: { dest: "{{ root }}/g", content: "{{ ask.stdout }}{{ ask.changed }}" } }',
    ],
    async (rig, at) => {
      assert.equal(verdicts(await rig.plan()), {
        'node0/write': 'change',
        'node0/ask': 'undecided: known after node0/write',
        'node0/copy': 'change',
      })
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/write': 'changed', 'node0/ask': 'ok', 'node0/copy': 'changed' })
      assert.equal(
        ran.events.filter(event => event.type === 'warning'),
        [],
      )
      assert.is(readFileSync(at('g'), 'utf8'), 'aFalse')
      const again = await rig.apply()
      assert.equal(results(again), { 'node0/write': 'ok', 'node0/ask': 'ok', 'node0/copy': 'ok' })
      assert.is(again.outcome.exit, 0)
    },
  ))

test('changed_when: false alone says nothing of what is touched: it runs every time, told as ok', () =>
  withTasks(
    [
      `{ name: run, changed_when: false, command: { ${count('n')} }, notify: [h], register: run }`,
      '{ name: after, stat: { path: "{{ root }}/n" } }',
      '{ name: told, when: run.changed, file: { path: "{{ root }}/told", state: touch } }',
    ],
    async (rig, at) => {
      const plan = await rig.plan()
      assert.is(verdicts(plan)['node0/after'], 'undecided: known after node0/run')
      const told = plan.events.find(event => event.type === 'planned' && event.node === 'node0/run')
      assert.is(told?.type === 'planned' && `${told.verdict} ${told.always}`, 'ok true')
      for (const times of [1, 2]) {
        const ran = await rig.apply()
        assert.equal(results(ran), {
          'node0/run': 'ok',
          'node0/after': 'ok',
          'node0/told': 'skipped',
          'node0/h': 'skipped',
        })
        assert.is(ran.outcome.hosts.node0?.changed, 0)
        assert.equal(
          ran.events.filter(event => event.type === 'warning'),
          [],
        )
        assert.is(statSync(at('n')).size, 2 * times)
      }
    },
    ['{ name: h, file: { path: "{{ root }}/h", state: touch } }'],
  ))

test('with touches it hides these alone', () =>
  withTasks(
    [
      `{ name: run, changed_when: false, touches: ["{{ root }}/n"], command: { ${count('n')} } }`,
      '{ name: other, stat: { path: "{{ root }}/f" } }',
      '{ name: own, stat: { path: "{{ root }}/n" } }',
    ],
    async rig => {
      const plan = verdicts(await rig.plan())
      assert.equal([plan['node0/other'], plan['node0/own']], ['ok', 'undecided: known after node0/run'])
      assert.is((await rig.apply()).outcome.exit, 0)
    },
  ))

test('a saved plan that shows it does it, and no other', () =>
  withTasks([`{ name: run, changed_when: false, command: { ${count('n')} } }`, write], async (rig, at) => {
    const plan = held(await rig.plan())
    assert.equal(results(await rig.apply(plan)), { 'node0/run': 'ok', 'node0/write': 'changed' })
    assert.is(statSync(at('n')).size, 2)
  }))

test('a question that fails keeps its host from what is behind it', () =>
  withTasks(
    [
      write,
      '{ name: ask, changed_when: false, touches: [], command: { argv: [grep, b, "{{ root }}/f"] } }',
      write.replace('write', 'behind').replace('/f', '/z'),
    ],
    async rig =>
      assert.equal(results(await rig.apply()), {
        'node0/write': 'changed',
        'node0/ask': 'failed',
        'node0/behind': 'skipped (needs node0/ask)',
      }),
  ))

test('what such words cannot say is refused with its place', async () => {
  const of = (task: string): string => `- hosts: all\n  tasks:\n    - ${task}\n`
  const [number] = refused(() => loadText(of('{ command: a, changed_when: 3 }'), 'all: { hosts: { a: {} } }'))
  assert.match(number!.what, '"changed_when" must be an expression, not the number 3.')
  for (const [task, says] of [
    ['{ copy: { dest: /a, content: a }, touches: [/a] }', '"copy" takes no "touches".'],
    [
      '{ command: { cmd: a, touches: [/a] }, touches: [/b] }',
      '"touches" stands twice: beside the module and among its arguments.',
    ],
  ] as const) {
    const rig = makeRig(of(task))
    try {
      await rig.plan()
      assert.unreachable(task)
    } catch (error) {
      assert.match((error as Error).message, says)
    } finally {
      await rig.close()
    }
  }
})

test.run()
