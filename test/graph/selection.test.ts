import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refusedOnce } from '../load/refused.ts'
import { edgesOf, graphOf, idsOf, play } from './rig.ts'

const included = (graph: ReturnType<typeof graphOf>): string[] =>
  graph.nodes.flatMap(node => [...node.included].map(host => `${host}/${node.task.slug}`))

test('--limit: only hosts that match', () => {
  const graph = graphOf(play('- { name: A, x: {} }\n- { name: B, x: {} }'), { limit: 'db' })
  assert.equal(idsOf(graph), ['db0/a', 'db0/b'])
  assert.equal(graph.hosts, ['db0'])
})

test('--limit with a name that is not there tells where that name is written', () => {
  const failure = refusedOnce(() => graphOf(play('- { name: A, x: {} }'), { limit: 'nobody' }))
  assert.is(failure.origin?.file, '--limit')
})

test('--limit that leaves no task is refused: it would silently do nothing', () => {
  const refusal = (task: string, limit: string): string =>
    refusedOnce(() => graphOf(play(`- { name: A, ${task}x: {} }`, 'web'), { limit })).why!
  assert.is(refusal('', 'db'), 'It leaves db0; the tasks are for web0, web1.')
  assert.is(refusal('', 'web0:!web0'), 'It leaves no host; the tasks are for web0, web1.')
  assert.is(refusal('run_once: true, ', 'web1'), 'It leaves web1; the tasks are for web0.')
})

test('--limit keeps what an included task reads of another host, and nothing else of it', () => {
  const graph = graphOf(
    play(
      `- { name: A, register: n, x: {} }
       - { name: Unread, x: {} }
       - { name: B, x: { v: "{{ hostvars.db0.n.v }}" } }`,
    ),
    { limit: 'web0' },
  )
  assert.equal(idsOf(graph), ['web0/a', 'db0/a', 'web0/unread', 'web0/b'])
  assert.equal(included(graph), ['web0/a', 'web0/unread', 'web0/b'])
})

const written = (tasks: string, more = ''): string[] =>
  graphOf(play(tasks, 'all', more), { limit: 'web0' }).written.flatMap(node => node.hosts)

test('--limit: hosts that are left out have no nodes where nothing reads what tasks make there', () => {
  assert.equal(written('- { name: A, register: n, x: {} }\n- { name: B, x: { v: "{{ n.v }}" } }'), ['web0', 'web0'])
  assert.equal(written('- { name: A, x: { v: "{{ hostvars.db0.port }}" } }'), ['web0'])
  assert.equal(written('- { name: A, x: { v: "{{ hostvars.db0.ansible_kernel }}" } }'), ['web0'])
})

test('--limit: all hosts have theirs where a task has to do with others', () => {
  const all = ['web0', 'web1', 'db0']
  assert.equal(written('- { name: A, all_key: {} }'), all)
  assert.equal(written('- { name: A, run_once: true, x: {} }\n- { name: B, x: {} }'), ['web0', ...all])
  assert.equal(written('- { name: A, x: {} }\n- { name: B, needs: [db0/a], x: {} }').length, 6)
  const registers = '- { name: A, register: n, x: {} }\n'
  assert.is(written(`${registers}- { name: B, x: { v: "{{ hostvars.db0.n }}" } }`).length, 6)
  const behind = "  vars: { all: \"{{ groups.db | map('extract', hostvars, 'n') | list }}\" }\n"
  assert.is(written(`${registers}- { name: B, x: { v: "{{ all }}" } }`, behind).length, 6)
})

test('--tags: tasks that have one, and those that always run', () => {
  const tasks = `- { name: A, tags: [one], x: {} }
    - { name: B, tags: [two], x: {} }
    - { name: C, tags: always, x: {} }
    - { name: D, x: {} }
    - { name: E, tags: [two, three], x: {} }`
  assert.equal(idsOf(graphOf(play(tasks, 'db'), { tags: ['two'] })), ['db0/b', 'db0/c', 'db0/e'])
  assert.equal(idsOf(graphOf(play(tasks, 'db'), { tags: ['one', 'three'] })), ['db0/a', 'db0/c', 'db0/e'])
})

test('the written order closes up over what is left out', () => {
  const tasks = '- { name: A, tags: t, x: {} }\n- { name: B, x: {} }\n- { name: C, tags: t, x: {} }'
  const graph = graphOf(play(tasks, 'db'), { tags: ['t'] })
  assert.equal(edgesOf(graph, 'db0/c'), ['order db0/a'])
})

test('a value of a task that --tags leaves out keeps the task, its steps stay out', () => {
  const tasks = `- { name: A, register: n, x: {} }
    - { name: B, register: m, x: { v: "{{ n.v }}" } }
    - { name: C, tags: t, x: { v: "{{ m.v }}" } }`
  const graph = graphOf(play(tasks, 'db'), { tags: ['t'] })
  assert.equal(idsOf(graph), ['db0/a', 'db0/b', 'db0/c'])
  assert.equal(included(graph), ['db0/c'])
})

test('needs and after on a task that is left out fall away', () => {
  const tasks =
    '- { name: A, x: {} }\n- { name: B, tags: t, after: [a], x: {} }\n- { name: C, tags: t, needs: [a], x: {} }'
  const graph = graphOf(play(tasks, 'db'), { tags: ['t'] })
  assert.equal(edgesOf(graph, 'db0/b'), [])
  assert.equal(edgesOf(graph, 'db0/c'), [])
})

test('a collective node under --limit is still one over all hosts: the others are read', () => {
  const graph = graphOf(play('- { name: Key, all_key: {} }'), { limit: 'web' })
  assert.equal(graph.nodes[0]?.hosts, ['web0', 'web1', 'db0'])
  assert.equal([...graph.nodes[0]!.included], ['web0', 'web1'])
  assert.equal(graph.hosts, ['web0', 'web1', 'db0'])
})

test('run_once under --limit stays where it is', () => {
  const tasks = '- { name: A, run_once: true, register: r, x: {} }\n- { name: B, x: { v: "{{ r.v }}" } }'
  const graph = graphOf(play(tasks, 'web'), { limit: 'web1' })
  assert.equal(idsOf(graph), ['web0/a', 'web1/b'])
  assert.equal(included(graph), ['web1/b'])
})

test.run()
