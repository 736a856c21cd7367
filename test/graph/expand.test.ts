import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Reference } from '../../src/load/expression.ts'
import type { Task } from '../../src/load/playbook.ts'
import { edgesOf, graphOf, idsOf, play, refused } from './rig.ts'

test('task by task over all hosts, each behind the one before it on its own host', () => {
  const graph = graphOf(play('- { name: A, x: {} }\n- { name: B, x: {} }', 'web'))
  assert.equal(idsOf(graph), ['web0/a', 'web1/a', 'web0/b', 'web1/b'])
  assert.equal(edgesOf(graph, 'web0/a'), [])
  assert.equal(edgesOf(graph, 'web1/b'), ['order web1/a'])
  assert.equal(
    graph.nodes.map(n => graph.positions.get(n.id)),
    [0, 1, 2, 3],
  )
  assert.equal(graph.hosts, ['web0', 'web1'])
})

test('a second play goes on where the first has ended on a host', () => {
  const graph = graphOf(play('- { name: A, x: {} }') + play('- { name: B, x: {} }', 'db'))
  assert.equal(edgesOf(graph, 'db0/b'), ['order db0/a'])
})

test('tasks of one name, in one play or in two, are several nodes', () => {
  const graph = graphOf(play('- { name: A, x: {} }\n- { name: A, x: {} }', 'db') + play('- { name: A, x: {} }', 'db'))
  assert.equal(idsOf(graph), ['db0/a', 'db0/a_2', 'db0/a_3'])
  assert.equal(edgesOf(graph, 'db0/a_3'), ['order db0/a_2'])
})

test('needs stands in place of the written order, for the task and for those behind it', () => {
  const graph = graphOf(
    play('- { name: A, x: {} }\n- { name: B, x: {} }\n- { name: C, needs: [a], x: {} }\n- { name: D, x: {} }', 'db'),
  )
  assert.equal(edgesOf(graph, 'db0/c'), ['needs db0/a'])
  assert.equal(edgesOf(graph, 'db0/d'), ['order db0/b'])
})

test('an empty needs waits for nothing', () => {
  const graph = graphOf(play('- { name: A, x: {} }\n- { name: B, needs: [], x: {} }', 'db'))
  assert.equal(edgesOf(graph, 'db0/b'), [])
})

test('after adds edges: a task of the own host, of another, of every host of a group', () => {
  const graph = graphOf(
    play(
      '- { name: A, x: {} }\n- { name: B, after: [a], x: {} }\n- { name: C, after: [db0/a], x: {} }\n- { name: D, after: [web/a], x: {} }',
    ),
  )
  assert.equal(edgesOf(graph, 'web0/b'), ['order web0/a', 'after web0/a'])
  assert.equal(edgesOf(graph, 'web0/c'), ['order web0/b', 'after db0/a'])
  assert.equal(edgesOf(graph, 'db0/d'), ['order db0/c', 'after web0/a', 'after web1/a'])
})

test('after may be an expression, and an edge to itself is none: the first host goes ahead', () => {
  const graph = graphOf(play(`- { name: A, after: ["{{ groups.web[0] }}/a"], x: {} }`, 'web'))
  assert.equal(edgesOf(graph, 'web0/a'), [])
  assert.equal(edgesOf(graph, 'web1/a'), ['after web0/a'])
})

test('an order that after asks for is the order of the plan', () => {
  const graph = graphOf(play('- { name: A, after: [web1/a_2], x: {} }', 'web0') + play('- { name: A, x: {} }', 'web1'))
  assert.equal(idsOf(graph), ['web1/a_2', 'web0/a'])
})

test('a task across plays that comes first by after comes first', () => {
  const graph = graphOf(play('- { name: A, after: [web1/b], x: {} }', 'web0') + play('- { name: B, x: {} }', 'web1'))
  assert.equal(idsOf(graph), ['web1/b', 'web0/a'])
})

test('reading what another task registers is an edge: own, of another host, of all', () => {
  const graph = graphOf(
    play(
      `- { name: A, register: n, x: {} }
       - { name: Own, needs: [], x: { v: "{{ n.v }}" } }
       - { name: Other, needs: [], x: { v: "{{ hostvars.db0.n.v }}" } }
       - { name: All, needs: [], x: { v: "{{ groups.all | map('extract', hostvars, ['n', 'v']) }}" } }`,
    ),
  )
  assert.equal(edgesOf(graph, 'web0/own'), ['value web0/a'])
  assert.equal(edgesOf(graph, 'web0/other'), ['value db0/a'])
  assert.equal(edgesOf(graph, 'web0/all'), ['value web0/a', 'value web1/a', 'value db0/a'])
})

test('a value is an edge through variables, conditions, loops and template files too', () => {
  const tasks = `- { name: A, register: n, x: {} }
    - { name: Var, needs: [], x: { v: "{{ from_n }}" } }
    - { name: When, needs: [], when: "n.v == 1", x: {} }
    - { name: Loop, needs: [], loop: "n.list", x: { v: "{{ item }}" } }
    - { name: File, needs: [], template: { src: t } }`
  const files = (task: Task): Reference[] =>
    task.module === 'template' ? [{ path: ['n', 'v'], origin: task.origin }] : []
  const graph = graphOf(play(tasks, 'db', '  vars: { from_n: "{{ middle }}", middle: "{{ n.v }}" }\n'), {}, files)
  for (const name of ['var', 'when', 'loop', 'file']) assert.equal(edgesOf(graph, `db0/${name}`), ['value db0/a'], name)
})

test('a name that is registered again: each reader waits for the one before it', () => {
  const graph = graphOf(
    play(
      `- { name: A, register: r, x: {} }
       - { name: B, x: { v: "{{ r.v }}" } }
       - { name: C, register: r, x: {} }
       - { name: D, x: { v: "{{ r.v }}" } }`,
      'db',
    ),
  )
  assert.equal(edgesOf(graph, 'db0/b'), ['order db0/a', 'value db0/a'])
  assert.equal(edgesOf(graph, 'db0/d'), ['order db0/c', 'value db0/c'])
})

test('a task may read what it registered the last time it was written', () => {
  const graph = graphOf(
    play(`- { name: A, register: r, x: {} }\n- { name: B, register: r, x: { v: "{{ r.v }}" } }`, 'db'),
  )
  assert.equal(edgesOf(graph, 'db0/b'), ['order db0/a', 'value db0/a'])
})

test('run_once: one node on the first host, whose value all hosts read', () => {
  const graph = graphOf(
    play(`- { name: A, run_once: true, register: r, x: {} }\n- { name: B, x: { v: "{{ r.v }}" } }`, 'web'),
  )
  assert.equal(idsOf(graph), ['web0/a', 'web0/b', 'web1/b'])
  assert.equal(edgesOf(graph, 'web1/b'), ['value web0/a'])
})

test('handlers come behind the tasks of their play, and after those that notify them', () => {
  const handlers = `  handlers: [{ name: Restart, x: {} }, { name: Other, x: {} }]\n`
  const graph = graphOf(
    play('- { name: A, notify: Restart, x: {} }\n- { name: B, x: {} }', 'db', handlers) +
      play('- { name: C, x: {} }', 'db'),
  )
  assert.equal(idsOf(graph), ['db0/a', 'db0/b', 'db0/restart', 'db0/other', 'db0/c'])
  assert.equal(edgesOf(graph, 'db0/restart'), ['order db0/b', 'notify db0/a'])
})

test('a collective node is one over all hosts of its play, between the tasks of each', () => {
  const graph = graphOf(play('- { name: A, x: {} }\n- { name: Key, all_key: {} }\n- { name: B, x: {} }', 'web'))
  assert.equal(idsOf(graph), ['web0/a', 'web1/a', 'key', 'web0/b', 'web1/b'])
  assert.equal(edgesOf(graph, 'key'), ['order web0/a', 'order web1/a'])
  assert.equal(edgesOf(graph, 'web1/b'), ['order key'])
  assert.equal(graph.nodes[2]?.hosts, ['web0', 'web1'])
})

test('a collective node can be named, and its value read, by host', () => {
  const graph = graphOf(
    play(
      `- { name: Key, all_key: {}, register: k }
       - { name: B, needs: [], after: [web1/key], x: {} }
       - { name: C, needs: [], x: { v: "{{ k.v }}" } }`,
      'web',
    ),
  )
  assert.equal(edgesOf(graph, 'web0/b'), ['after key'])
  assert.equal(edgesOf(graph, 'web1/c'), ['value key'])
})

test('a name that no task has is refused, with the nearest and its place', () => {
  const [failure] = refused(() =>
    graphOf(play('- { name: Install it, x: {} }\n- { name: B, after: [instal_it], x: {} }', 'db')),
  )
  assert.is(failure?.reason, 'playbook-reference')
  assert.match(failure?.fix ?? '', 'install_it')
  assert.is(failure?.origin?.line, 4)
})

test('become is an expression over variables, told for each host', () => {
  const root = (task: string, more: string): string[] =>
    graphOf(play(`- { name: A, x: {}${task} }`, 'all', `  defaults: { ours: 'true' }\n${more}`)).nodes.flatMap(n => [
      ...n.become.keys(),
    ])
  const byName = '  become: \'{{ inventory_hostname == "db0" }}\'\n'
  assert.equal(root('', ''), [])
  assert.equal(root('', '  become: true\n'), ['web0', 'web1', 'db0'])
  assert.equal(root('', byName), ['db0'])
  assert.equal(root(', become: false', byName), [])
  assert.equal(root(", become: '{{ ours | bool }}'", byName), ['web0', 'web1', 'db0'])
  assert.equal(root(", become: '{{ ours | bool }}', vars: { ours: false }", ''), [])
  assert.equal([...graphOf(play('- all_x: {}', 'all', byName)).nodes[0]!.become.keys()], ['db0'])
})

test('become is fixed before the run, and true or false', () => {
  const wrong = (become: string) =>
    refused(() => graphOf(play(`- { x: {}, register: r }\n- { x: {}, become: '{{ ${become} }}' }`, 'db')))
  assert.match(wrong('r.changed')[0]!.what, /become is fixed before the run/)
  assert.match(wrong('facts.system == "linux"')[0]!.what, /become is fixed before the run/)
  assert.match(wrong('true | string')[0]!.fix ?? '', /name \| bool/)
})

test('needs and after are fixed before the run: no registered values', () => {
  const [failure] = refused(() =>
    graphOf(play(`- { name: A, register: r, x: {} }\n- { name: B, after: ["{{ r.v }}/a"], x: {} }`, 'db')),
  )
  assert.is(failure?.reason, 'playbook-reference')
})

test('a circle is told as the path in which each waits for the next', () => {
  const [failure] = refused(() =>
    graphOf(play('- { name: A, after: [c], x: {} }\n- { name: B, x: {} }\n- { name: C, x: {} }', 'db')),
  )
  assert.is(failure?.reason, 'playbook-cycle')
  assert.is(failure?.why, 'db0/a -> waits for db0/c -> waits for db0/b -> waits for db0/a')
  assert.is(failure?.origin?.line, 3)
})

test('a task that reads what only itself registers waits for itself', () => {
  const [failure] = refused(() => graphOf(play(`- { name: A, register: r, x: { v: "{{ r.v }}" } }`, 'db')))
  assert.is(failure?.why, 'db0/a -> waits for db0/a')
})

test('a circle across hosts', () => {
  const [failure] = refused(() =>
    graphOf(play('- { name: A, after: [web1/b], x: {} }\n- { name: B, after: [web0/b], x: {} }', 'web')),
  )
  assert.is(failure?.reason, 'playbook-cycle')
})

test('no host matched', () => {
  assert.is(refused(() => graphOf(play('- { name: A, x: {} }', 'all:!all')))[0]?.reason, 'inventory-no-host')
})

test.run()
