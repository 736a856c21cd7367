import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { defineModule, exec, stat, T } from '../../src/module/module.ts'
import { type Options, type Ran, type Rig, results, rig } from '../plan/rig.ts'
import { createHosts } from './local.ts'
import { slow } from './modules.ts'

/** A task that says where it is and then waits for a fifo that the test has. */
const blocks = (name: string): string =>
  `- { name: ${name}, command: { argv: [sh, -c, 'touch "$0/${name}.begun"; read -r x <"$0/fifo"; touch "$0/${name}"', "{{ root }}"], creates: "{{ root }}/${name}" } }`
const writes = (name: string): string => `- { name: ${name}, copy: { dest: "{{ root }}/${name}", content: x } }`

/** Interrupts what runs, and then waits for the fifo. */
const restarts = defineModule({
  name: 'restarts',
  about: 'For a test.',
  examples: [],
  args: T.Object({ root: T.String({ description: 'A folder.' }) }, { additionalProperties: false }),
  reads: ({ root }) => ({ file: stat(`${root}/turn`) }),
  plan: ({ root }, { file }, { ok, change }) =>
    file.exists
      ? ok()
      : change({
          will: { file: { exists: true } },
          steps: [exec(['sh', '-c', 'touch "$0/turn.begun"; read -r x <"$0/fifo"; touch "$0/turn"', root])],
          interrupts: true,
          reason: 'it is to be restarted',
        }),
})

/** Resolves when a path is there: by the events of its folder, and a look now. */
const isThere = async (path: string): Promise<void> => {
  while (!existsSync(path)) await new Promise(resolve => setImmediate(resolve))
}

type Cut = { apply: Promise<Ran>; rig: Rig; at(name: string): string; interrupt(): Promise<void> }

/** Applies tasks on hosts that each have a fifo nobody writes to, and lets the test act while they run. */
const applying = async (tasks: string[], act: (cut: Cut) => Promise<void>, options: Options = {}): Promise<void> => {
  const hosts = createHosts()
  const stop = new AbortController()
  const done = tasks.some(task => task.includes('notify')) ? '  handlers: [{ name: done, debug: { msg: x } }]\n' : ''
  const playbook = `- hosts: all\n${done}  tasks:\n${tasks.map(task => `    ${task}`).join('\n')}\n`
  const made = rig(playbook, { signal: stop.signal, ...options }, hosts)
  const names = (options.hosts as string[] | undefined) ?? ['node0']
  for (const name of names) execFileSync('mkfifo', [join(hosts.root(name), 'fifo')])
  try {
    await act({
      apply: made.apply(),
      rig: made,
      at: name => join(hosts.root('node0'), name),
      interrupt: async () => {
        stop.abort()
        await hosts.letGo()
      },
    })
  } finally {
    await made.close()
  }
}

const resultsOf = (ran: Ran): [string, string][] =>
  ran.events.flatMap(e =>
    e.type === 'result' ? [[e.node, e.unbegun ? 'not begun' : e.status] as [string, string]] : [],
  )
const eventsOf = (ran: Ran, type: EventBody['type']): string[] =>
  ran.events.flatMap(e => (e.type === type && 'node' in e ? [e.node as string] : []))
/** Every planned node has exactly one result. */
const assertOneEach = (ran: Ran): void =>
  assert.equal(eventsOf(ran, 'result').toSorted(), eventsOf(ran, 'planned').toSorted())

test('interrupted in the middle of a frame: what was done, what is not known, what had not begun', () =>
  applying([writes('a'), blocks('b'), writes('c'), writes('d')], async ({ apply, at, interrupt }) => {
    await isThere(at('b.begun'))
    await interrupt()
    const ran = await apply
    assert.equal(resultsOf(ran), [
      ['node0/a', 'changed'],
      ['node0/b', 'unverified'],
      ['node0/c', 'not begun'],
      ['node0/d', 'not begun'],
    ])
    assertOneEach(ran)
    assert.equal(readdirSync(join(at('a'), '..')).sort(), ['a', 'b.begun', 'fifo'])
    const { changed, unverified, unbegun } = ran.outcome.hosts.node0!
    assert.equal({ changed, unverified, unbegun }, { changed: 1, unverified: 1, unbegun: 2 })
  }))

test('interrupted while a task runs that would be done by itself: it is not known, and never unchanged', () =>
  applying([blocks('b')], async ({ apply, at, interrupt }) => {
    await isThere(at('b.begun'))
    writeFileSync(at('b'), '')
    await interrupt()
    const ran = await apply
    assert.equal(resultsOf(ran), [['node0/b', 'unverified']])
    assert.is(ran.outcome.hosts.node0!.changed, 0)
  }))

test('a host that is lost in the middle of a frame: what has come of it is told, and the rest is not known', () => {
  const told: EventBody[] = []
  return applying(
    [writes('a'), blocks('b'), writes('c'), '- { name: last, debug: { msg: x } }'],
    async ({ apply, at, rig }) => {
      await isThere(at('b.begun'))
      // What it has said of the first has come in.
      while (!told.some(event => event.type === 'running' && event.node === 'node0/b'))
        await new Promise(resolve => setImmediate(resolve))
      await rig.hosts.kill('node0')
      const ran = await apply
      assert.equal(results(ran), {
        'node0/a': 'changed',
        'node0/b': 'unverified',
        // It was on its way there: the host could have begun it before it heard that the connection had gone.
        'node0/c': 'unverified',
        'node0/last': 'skipped (needs node0)',
      })
      assertOneEach(ran)
      assert.is(ran.outcome.exit, 3)
      const why = ran.events.flatMap(e => (e.type === 'result' && e.status === 'unverified' ? [e.why] : []))
      assert.match(why[0]!, 'node0 was lost while it was under way: what it has done is not known')
      assert.match(why[1]!, 'whether it has begun is not known')
    },
    { told },
  )
})

test('tasks of a frame are told as they begin and end, and what travels behind them before it is sent', () =>
  applying([writes('a'), blocks('b'), writes('c')], async ({ apply, at, interrupt }) => {
    await isThere(at('b.begun'))
    writeFileSync(at('fifo'), '\n')
    const ran = await apply
    const told = ran.events.flatMap(e => (e.type === 'running' || e.type === 'result' ? [`${e.type} ${e.node}`] : []))
    assert.equal(told, [
      'running node0/a',
      'running node0/b',
      'result node0/a',
      'running node0/c',
      'result node0/b',
      'result node0/c',
    ])
    assert.equal(
      ran.events.flatMap(e => (e.type === 'running' ? [e.behind] : [])),
      [['node0/b', 'node0/c'], undefined, undefined],
    )
    await interrupt()
  }))

test('hosts that wait for others are interrupted too, and those at work still say how far they have come', () =>
  applying(
    [writes('a'), blocks('b'), '- { name: after, needs: [], after: [node0/b, node1/b], debug: { msg: x } }'],
    async ({ apply, rig, interrupt }) => {
      await Promise.all(['node0', 'node1'].map(host => isThere(join(rig.hosts.root(host), 'b.begun'))))
      await interrupt()
      const ran = await apply
      assertOneEach(ran)
      for (const host of ['node0', 'node1']) {
        assert.is(results(ran)[`${host}/a`], 'changed')
        assert.is(results(ran)[`${host}/b`], 'unverified')
        assert.is(results(ran)[`${host}/after`], 'skipped')
      }
    },
    { hosts: ['node0', 'node1'] },
  ))

test('items of a loop, what is undecided behind them, and a handler: each has its one result', () =>
  applying(
    [
      '- { name: many, loop: [x, y, z], command: { argv: [sh, -c, \'touch "$0/$1.begun"; [ "$1" = x ] || read -r l <"$0/fifo"\', "{{ root }}", "{{ item }}"] }, register: many, notify: done }',
      '- { name: behind, copy: { dest: "{{ root }}/{{ many.results[0].rc }}", content: x } }',
    ],
    async ({ apply, at, interrupt }) => {
      await isThere(at('y.begun'))
      await interrupt()
      const ran = await apply
      assert.equal(resultsOf(ran), [
        ['node0/many[x]', 'changed'],
        ['node0/many[y]', 'unverified'],
        ['node0/many[z]', 'not begun'],
        ['node0/behind', 'not begun'],
        ['node0/done', 'not begun'],
      ])
      assertOneEach(ran)
    },
  ))

test('what waits for something that does not come is not known when it is interrupted, and has not failed', () =>
  applying(
    [writes('a'), '- { name: wait, slow: { path: "{{ root }}/s", after: 600, seconds: 600 } }', writes('b')],
    async ({ apply, rig, interrupt }) => {
      // Its step has ended, and so the frame that looks once; the next waits.
      while (rig.hosts.frames.at(-1)?.fragments[0]?.sh.startsWith('n=0;') !== true) await new Promise(setImmediate)
      await interrupt()
      assert.equal(resultsOf(await apply), [
        ['node0/a', 'changed'],
        ['node0/wait', 'unverified'],
        ['node0/b', 'not begun'],
      ])
    },
    { modules: { slow } },
  ))

test('of hosts that take turns the one at work is not known, and the others have not begun', () =>
  applying(
    ['- { name: turn, rolling: [gate], restarts: { root: "{{ root }}" } }', '- { name: gate, debug: { msg: x } }'],
    async ({ apply, at, interrupt }) => {
      await isThere(at('turn.begun'))
      await interrupt()
      const ran = await apply
      assertOneEach(ran)
      assert.is(results(ran)['node0/turn'], 'unverified')
      assert.is(results(ran)['node1/turn'], 'skipped')
    },
    { hosts: ['node0', 'node1'], modules: { restarts } },
  ))

test.run()
