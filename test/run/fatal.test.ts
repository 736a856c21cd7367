import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Options, type Rig, results, verdicts, withRig } from '../plan/rig.ts'

// Where a failure on one host is one of all.

const hosts = ['node0', 'node1', 'node2', 'node3']
const file = (name: string, more = ''): string =>
  `{ name: ${name}, file: { path: "{{ root }}/${name}", state: touch }${more} }`
/** A step that fails on some hosts, however well it was planned. */
const breaks = (name: string, on: string, more = ''): string =>
  `{ name: ${name}, command: { argv: [sh, -c, 'case $0 in ${on}) exit 7; esac; touch "$1"', "{{ inventory_hostname }}", "{{ root }}/${name}"], creates: "{{ root }}/${name}" }${more} }`
const wrong = (name: string, on: string): string =>
  `{ name: ${name}, assert: { that: 'facts.kernel != "none" and inventory_hostname != "${on}"' } }`
const playing = (
  words: string,
  tasks: string[],
  use: (rig: Rig) => Promise<void>,
  options: Options = {},
  handlers: string[] = [],
) =>
  withRig(
    `- hosts: all\n${words}  tasks:\n${tasks.map(task => `    - ${task}\n`).join('')}  handlers:\n${handlers.map(task => `    - ${task}\n`).join('') || '    []\n'}`,
    { hosts, ...options },
    use,
  )
const fatal = '  any_errors_fatal: true\n'
const of = (all: Record<string, string>, task: string): string[] => hosts.map(host => all[`${host}/${task}`] ?? '')

test('any_errors_fatal: what fails on one host ends the play on all, when all have come to that task', () =>
  playing(fatal, [file('a'), breaks('b', 'node1'), file('c')], async rig => {
    const ran = await rig.apply()
    assert.equal(of(results(ran), 'a'), ['changed', 'changed', 'changed', 'changed'])
    assert.equal(of(results(ran), 'b'), ['changed', 'failed', 'changed', 'changed'])
    assert.equal(
      of(results(ran), 'c'),
      hosts.map(() => 'skipped (needs node1/b)'),
    )
    for (const host of hosts) assert.not.ok(existsSync(join(rig.hosts.root(host), 'c')))
    assert.is(ran.outcome.exit, 1)
    assert.is(ran.outcome.failures.length, 1)
  }))

test('of one task, or of a block, it ends what is behind that alone; another host may be ahead of the others before it', () =>
  playing('', [breaks('a', 'node0'), breaks('b', 'node1', ', any_errors_fatal: true'), file('c')], async rig => {
    const all = results(await rig.apply())
    assert.equal(of(all, 'a'), ['failed', 'changed', 'changed', 'changed'])
    assert.equal(of(all, 'b'), ['skipped (needs node0/a)', 'failed', 'changed', 'changed'])
    assert.equal(of(all, 'c'), ['skipped (needs node0/a)', ...hosts.slice(1).map(() => 'skipped (needs node1/b)')])
  }))

test('what a plan knows to fail keeps all hosts from any step', () =>
  playing(fatal, [file('a'), wrong('b', 'node1'), file('c')], async rig => {
    assert.equal(
      of(verdicts(await rig.plan()), 'c'),
      hosts.map(() => 'skipped: needs node1/b'),
    )
    const all = results(await rig.apply())
    assert.equal(
      of(all, 'a'),
      hosts.map(() => 'skipped (needs node1/b)'),
    )
    for (const host of hosts) assert.not.ok(existsSync(join(rig.hosts.root(host), 'a')))
  }))

test('a host that cannot be reached counts', () =>
  playing(fatal, [file('a'), file('b')], async rig => {
    await rig.hosts.kill('node2')
    const ran = await rig.apply()
    assert.equal(of(results(ran), 'a'), ['changed', 'changed', 'skipped (needs node2)', 'changed'])
    assert.equal(
      of(results(ran), 'b'),
      hosts.map(() => 'skipped (needs node2)'),
    )
    assert.is(ran.outcome.exit, 3)
  }))

test('in a block that rescues, all hosts are rescued; what is ignored is fatal to nobody', () =>
  playing(
    fatal,
    [
      breaks('i', 'node0', ', ignore_errors: true'),
      `{ block: [${breaks('b', 'node1')}, ${file('c')}], rescue: [${file('r')}], always: [${file('al')}] }`,
      file('after'),
    ],
    async rig => {
      assert.match(of(verdicts(await rig.plan()), 'r')[0]!, 'only if node0/b')
      const ran = await rig.apply()
      const all = results(ran)
      assert.equal(of(all, 'b'), ['changed', 'rescued', 'changed', 'changed'])
      assert.equal(
        of(all, 'c'),
        hosts.map(() => 'skipped (needs node1/b)'),
      )
      for (const task of ['r', 'al', 'after'])
        assert.equal(
          of(all, task),
          hosts.map(() => 'changed'),
        )
      assert.is(ran.outcome.exit, 0)
    },
  ))

test('max_fail_percentage: so many may fail, and one more ends the play on all', async () => {
  const tasks = [breaks('a', 'node0'), breaks('b', 'node1'), file('c')]
  await playing('  max_fail_percentage: 50\n', tasks, async rig => {
    const all = results(await rig.apply())
    assert.equal(of(all, 'c'), ['skipped (needs node0/a)', 'skipped (needs node1/b)', 'changed', 'changed'])
  })
  await playing('  max_fail_percentage: 49\n', tasks, async rig => {
    const all = results(await rig.apply())
    assert.equal(of(all, 'b'), ['skipped (needs node0/a)', 'failed', 'changed', 'changed'])
    assert.ok(of(all, 'c').every(one => one.startsWith('skipped (needs ')))
  })
})

test('force_handlers: what was notified before a failure is done on the host that failed', async () => {
  const tasks = [file('a', ', notify: h'), breaks('b', 'node1'), file('c', ', notify: k')]
  const handlers = [file('h'), file('k')]
  for (const [words, is] of [
    ['', 'skipped (needs node1/b)'],
    ['  force_handlers: true\n', 'changed'],
  ] as const)
    await playing(
      words,
      tasks,
      async rig => {
        const all = results(await rig.apply())
        assert.is(all['node1/h'], is)
        assert.is(all['node1/k']!.replace(/ .*/, ''), 'skipped')
        assert.is(all['node0/k'], 'changed')
      },
      {},
      handlers,
    )
})

test.run()
