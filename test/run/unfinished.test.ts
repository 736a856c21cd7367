import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { type Options, type Ran, type Rig, results, rig } from '../plan/rig.ts'
import { createHosts } from './local.ts'

/** A task that says where it is and then waits for a fifo that the test has. */
const blocks = (name: string): string =>
  `- { name: ${name}, command: { argv: [sh, -c, 'touch "$0/${name}.begun"; read -r x <"$0/fifo"; touch "$0/${name}"', "{{ root }}"], creates: "{{ root }}/${name}" } }`
const writes = (name: string): string => `- { name: ${name}, copy: { dest: "{{ root }}/${name}", content: x } }`

/** Resolves when a path is there: by the events of its folder, and a look now. */
const isThere = async (path: string): Promise<void> => {
  while (!existsSync(path)) await new Promise(resolve => setImmediate(resolve))
}

type Cut = { apply: Promise<Ran>; rig: Rig; at(name: string): string; interrupt(): Promise<void> }

/** Applies tasks on hosts that each have a fifo nobody writes to, and lets the test act while they run. */
const applying = async (tasks: string[], act: (cut: Cut) => Promise<void>, options: Options = {}): Promise<void> => {
  const hosts = createHosts()
  const stop = new AbortController()
  const playbook = `- hosts: all\n  tasks:\n${tasks.map(task => `    ${task}`).join('\n')}\n`
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

test('a host that is lost in the middle of a frame: what has come of it is told, and the rest is not known', () =>
  applying(
    [writes('a'), blocks('b'), writes('c'), '- { name: last, debug: { msg: x } }'],
    async ({ apply, at, rig }) => {
      await isThere(at('b.begun'))
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
  ))

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

test.run()
