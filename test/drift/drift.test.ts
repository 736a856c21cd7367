import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event, EventBody } from '../../src/core/event.ts'
import { leftStates } from '../../src/drift/drift.ts'

const key = 'fingerprint of the key'
const asks = (args: string) => ({ args, given: {} })
type Result = EventBody & { type: 'result' }
const result = (node: string, status: Result['status'], more: Partial<Result> = {}): EventBody => ({
  type: 'result',
  host: 'node0',
  node,
  task: node,
  status,
  steps: 0,
  ms: 0,
  diff: [],
  asks: asks(node),
  ...more,
})
const running = (node: string): EventBody => ({ type: 'running', host: 'node0', node, task: node, steps: [] })
const run = (id: string, bodies: EventBody[], keyPrint = key) => ({
  id,
  events: [{ type: 'started' as const, command: 'apply' as const, playbook: 'p', hosts: [], keyPrint }, ...bodies].map(
    (body, i): Event => ({ ...body, seq: i + 1, time: Number(id) * 1000 + i }),
  ),
})
const folded = (...runs: ReturnType<typeof run>[]): Record<string, string> =>
  Object.fromEntries(
    [...leftStates(runs, key)].map(([node, left]) => [
      node,
      `${left.run} ${left.inputs ? left.inputs.args : 'nothing'}`,
    ]),
  )

test('of each line the newest run counts that dealt with it', () => {
  const all = run('1', [result('a', 'changed'), result('b', 'ok')])
  const part = run('2', [result('b', 'changed', { asks: asks('other') })])
  assert.equal(folded(part, all), { b: '2 other', a: '1 a' })
})

test('skipped for want of another, and refused, leave a line to the runs before; skipped on purpose does not', () => {
  const all = run('1', [result('a', 'changed'), result('b', 'ok'), result('c', 'ok')])
  const later = run('2', [
    result('a', 'skipped', { needs: 'gone' }),
    result('b', 'refused'),
    result('c', 'skipped', { why: 'its condition is false' }),
  ])
  assert.equal(folded(later, all), { a: '1 a', b: '1 b', c: '2 nothing' })
})

test('what failed, and what was cut off in the middle, is nothing to compare with', () => {
  const all = run('1', [result('a', 'changed'), result('b', 'ok')])
  const cut = run('2', [running('a'), result('a', 'failed'), running('b')])
  assert.equal(folded(cut, all), { a: '2 nothing', b: '2 nothing' })
  assert.equal(folded(run('3', [running('a'), result('a', 'changed')]), cut, all), { a: '3 a', b: '2 nothing' })
})

test('fingerprints of another key say nothing', () => {
  const other = run('2', [result('a', 'ok')], 'another')
  assert.equal(folded(other, run('1', [result('a', 'ok')])), { a: '2 nothing' })
  assert.equal(folded({ id: '3', events: [] }), {})
})

test('a line was left so when its run was over: what the run itself moved later is none of anybody else', () => {
  const all = run('1', [result('a', 'changed'), result('b', 'ok')])
  assert.is(leftStates([all], key).get('a')!.time, 1002)
})

import { drifting } from './drifting.ts'

const chain = `
    - { name: a, copy: { dest: "{{ root }}/a", content: "1\\n", mode: "0644" } }
    - { name: b, copy: { dest: "{{ root }}/b", src: "{{ root }}/a", remote_src: true } }
    - { name: c, copy: { dest: "{{ root }}/c", content: "x" } }`

test('what has to be done again only because of another line is counted, not told', () =>
  drifting(chain, async ({ apply, drift, at, edit }) => {
    await apply()
    assert.equal(await drift(), { moved: [], follow: 0, edited: 0, undone: 0 })
    writeFileSync(at('a'), '2\n')
    // What b is a copy of is to be again what it was.
    assert.equal((await drift()).moved, ['node0/a'])
    rmSync(at('b'))
    rmSync(at('c'))
    assert.equal((await drift()).moved, ['node0/a', 'node0/b', 'node0/c'])
    await apply()
    edit(chain.replace('1\\n', '2\\n'))
    assert.equal(await drift(), { moved: [], follow: 1, edited: 1, undone: 0 })
  }))

test('tasks that are in conflict, and handlers, are no drift', () =>
  drifting(
    `
    - { name: one, copy: { dest: "{{ root }}/a", content: "1" } }
    - { name: two, copy: { dest: "{{ root }}/a", content: "2" } }
    - { name: tells, copy: { dest: "{{ root }}/b", content: "b" }, notify: [told] }
  handlers:
    - { name: told, command: { argv: [touch, "{{ root }}/c"], creates: "{{ root }}/c" } }`,
    async ({ apply, drift, at }) => {
      await apply()
      assert.equal((await drift()).moved, [])
      rmSync(at('b'))
      rmSync(at('c'))
      assert.equal((await drift()).moved, ['node0/tells'])
    },
  ))

test('a command that runs every time is no drift, and hides none of what comes behind it', () =>
  drifting(
    `
    - { name: first, copy: { dest: "{{ root }}/first", content: "first" } }
    - { name: say, command: { argv: [echo, hi] } }
    - { name: a, copy: { dest: "{{ root }}/a", content: "a" } }
    - { name: b, copy: { dest: "{{ root }}/b", content: "b" } }`,
    async ({ apply, drift, at }) => {
      await apply()
      assert.equal((await drift()).moved, [])
      rmSync(at('first'))
      rmSync(at('a'))
      rmSync(at('b'))
      assert.equal((await drift()).moved, ['node0/first', 'node0/a', 'node0/b'])
    },
  ))

test('items of a loop are told one by one', () =>
  drifting(
    `
    - { name: each, loop: [a, b, c], copy: { dest: "{{ root }}/{{ item }}", content: "{{ item }}", mode: "0644" } }`,
    async ({ apply, drift, at }) => {
      await apply()
      chmodSync(at('b'), 0o600)
      assert.equal(await drift(), { moved: ['node0/each[b]'], follow: 0, edited: 0, undone: 0 })
    },
  ))

test('what would fail now, and did not, has moved', () =>
  drifting(
    `
    - { name: a, file: { path: "{{ root }}/a", state: directory } }`,
    async ({ apply, drift, at }) => {
      await apply()
      rmSync(at('a'), { recursive: true })
      writeFileSync(join(at('a')), 'in the way')
      assert.equal((await drift()).moved, ['node0/a'])
    },
  ))

test('a drift looks and changes nothing, and asks once more only of hosts where something has moved', () =>
  drifting(chain, async ({ apply, drift, at, trips }) => {
    await apply()
    assert.is(await trips(drift), 1)
    chmodSync(at('a'), 0o600)
    assert.is(await trips(drift), 2)
  }))

test.run()
