import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { extend } from '../../src/graph/extend.ts'
import type { Addition } from '../../src/graph/nodes.ts'
import { cut, said } from './cut.ts'
import { edgesOf, idsOf, play, refused } from './rig.ts'

/** An addition for some of its hosts. */
const at = (addition: Addition, ...hosts: string[]): Addition => ({
  ...addition,
  hosts,
  behind: Object.fromEntries(hosts.map(host => [host, addition.behind![host]!])),
})

test('new nodes come behind the node they are for, and before what followed it there; other hosts stay as they are', () => {
  const { first, later } = cut(
    play('- { name: Include, x: {} }\n- { name: New A, x: {} }\n- { name: New B, x: {} }\n- { name: C, x: {} }', 'web'),
  )
  const graph = extend(first, [at(later[0]!, 'web0')])
  assert.equal(idsOf(graph), ['web0/include', 'web0/new_a', 'web0/new_b', 'web1/include', 'web0/c', 'web1/c'])
  assert.equal(edgesOf(graph, 'web0/new_a'), ['order web0/include'])
  assert.equal(edgesOf(graph, 'web0/new_b'), ['order web0/new_a'])
  assert.equal(edgesOf(graph, 'web0/c'), ['order web0/new_b'])
  assert.equal(edgesOf(graph, 'web1/c'), ['order web1/include'])
  const both = extend(graph, [at(later[0]!, 'web1')])
  assert.equal(edgesOf(both, 'web1/c'), ['order web1/new_b'])
})

test('a graph stays as it was when another is made of it, which shares the nodes that do not wait for new ones', () => {
  const { first, later } = cut(
    play('- { name: Include, x: {} }\n- { name: New, x: {} }\n- { name: B, x: {} }\n- { name: C, x: {} }', 'db'),
  )
  const before = JSON.stringify(said(first))
  const graph = extend(first, later)
  assert.is(JSON.stringify(said(first)), before)
  assert.is(graph.byId.get('db0/include'), first.byId.get('db0/include'))
  assert.is(graph.byId.get('db0/c'), first.byId.get('db0/c'))
  assert.is.not(graph.byId.get('db0/b'), first.byId.get('db0/b'))
})

test('what a node with needs includes stands beside the written order, as the node does', () => {
  const tasks =
    '- { name: A, x: {} }\n- { name: Include, needs: [], x: {} }\n- { name: New, x: {} }\n- { name: B, x: {} }'
  const { first, later } = cut(play(tasks, 'db'))
  const graph = extend(first, later)
  assert.equal(edgesOf(graph, 'db0/new'), ['order db0/include'])
  assert.equal(edgesOf(graph, 'db0/b'), ['order db0/a'])
})

test('a follower over several hosts still waits for the node that it followed on those where nothing is new', () => {
  const { first, later } = cut(
    play('- { name: Include, all_x: {} }\n- { name: New, x: {} }\n- { name: B, all_x: {} }', 'web'),
  )
  const behind = (...hosts: string[]) => [
    { ...later[0]!, hosts, behind: Object.fromEntries(hosts.map(h => [h, 'include'])) },
  ]
  assert.equal(edgesOf(extend(first, behind('web0')), 'b'), ['order include', 'order web0/new'])
  assert.equal(edgesOf(extend(first, behind('web0', 'web1')), 'b'), ['order web0/new', 'order web1/new'])
})

test('what a graph ends with can be extended, and what is added at the end then comes behind all', () => {
  const { first, later, additions } = cut(play('- { name: A, x: {} }\n- { name: New, x: {} }', 'db'))
  const graph = extend(first, later)
  assert.equal(graph.last.get('db0'), 'db0/new')
  const more = { ...additions[0]!, tasks: [{ ...additions[0]!.tasks[0]!, slug: 'end' }] }
  assert.equal(edgesOf(extend(graph, [more]), 'db0/end'), ['order db0/new'])
})

test('what new nodes register is read by those behind them, on the same host and on others, and by no one before', () => {
  const tasks = `- { name: A, register: r, x: {} }
    - { name: Before, x: { v: "{{ r.v }}" } }
    - { name: Include, x: {} }
    - { name: New, register: r, x: {} }
    - { name: Own, x: { v: "{{ r.v }}" } }
    - { name: Other, needs: [], x: { v: "{{ hostvars.web0.r.v }}" } }`
  const { first, later } = cut(play(tasks, 'web'))
  const graph = extend(first, [at(later[0]!, 'web0')])
  const values = (id: string) => edgesOf(graph, id).filter(edge => edge.startsWith('value'))
  assert.equal(values('web0/before'), ['value web0/a'])
  assert.equal(values('web0/own'), ['value web0/new'])
  assert.equal(values('web1/own'), ['value web1/a'])
  assert.equal(values('web1/other'), ['value web0/new'])
  assert.equal(
    graph.registered.get('r')!.map(({ id }) => id),
    ['web0/a', 'web1/a', 'web0/new'],
  )
})

test('a name that only new nodes register is read by those that come later still', () => {
  const { first, later, additions } = cut(
    play(
      '- { name: Include, x: {} }\n- { name: New, register: n, x: {} }\n- { name: End, x: { v: "{{ n.v }}" } }',
      'db',
    ),
  )
  const end = additions[0]!.tasks.find(({ slug }) => slug === 'end')!
  const graph = extend(extend(first, later), [{ ...additions[0]!, tasks: [{ ...end, slug: 'end_2' }] }])
  assert.equal(edgesOf(graph, 'db0/end'), ['order db0/new', 'value db0/new'])
  assert.equal(edgesOf(graph, 'db0/end_2'), ['order db0/end', 'value db0/new'])
})

test('handlers and gates that are there wait for new nodes that notify them and pass them', () => {
  const handlers = '  handlers: [{ name: Restart, x: {} }]\n'
  const tasks =
    '- { name: Include, x: {} }\n- { name: New, notify: Restart, rolling: [gate], x: {} }\n- { name: Gate, x: {} }'
  const { first, later } = cut(play(tasks, 'db', handlers))
  const graph = extend(first, later)
  assert.equal(edgesOf(graph, 'db0/restart').sort(), ['notify db0/new', 'order db0/gate'])
  assert.equal(edgesOf(graph, 'db0/gate').sort(), ['after db0/new', 'order db0/new'])
})

test('a new node may wait for what is written later on another host: the order follows', () => {
  const { first, later } = cut(
    play('- { name: Include, x: {} }\n- { name: New, after: [web1/b], x: {} }\n- { name: B, x: {} }', 'web'),
  )
  const graph = extend(first, [at(later[0]!, 'web0')])
  assert.equal(idsOf(graph), ['web0/include', 'web1/include', 'web1/b', 'web0/new', 'web0/b'])
  assert.equal([...graph.positions.values()], [0, 1, 2, 3, 4])
  assert.is(graph.positions.get('web0/new'), 3)
})

test('a circle through new nodes is told as a path, with the place of one of them', () => {
  const { first, later } = cut(
    play('- { name: Include, x: {} }\n- { name: New, after: [b], x: {} }\n- { name: B, x: {} }', 'db'),
  )
  const [failure] = refused(() => extend(first, later))
  assert.is(failure?.reason, 'playbook-cycle')
  assert.is(failure?.why, 'db0/new -> waits for db0/b -> waits for db0/new')
  assert.is(failure?.origin?.line, 4)
})

test('a host that only new nodes are on, or read the facts of, is one of the hosts of the graph', () => {
  const tasks = '- { name: Include, x: {} }\n- { name: New, x: { v: "{{ hostvars.db0.facts.kernel }}" } }'
  const { first, later } = cut(play(tasks, 'web0'))
  assert.equal(first.hosts, ['web0'])
  assert.equal(extend(first, later).hosts, ['web0', 'db0'])
})

test('a node that was left out comes into the plan when a new one reads its value', () => {
  const tasks = `- { name: Include, tags: t, x: {} }
    - { name: New, tags: t, x: { v: "{{ hostvars.db0.r.v }}" } }`
  const { first, later } = cut(play('- { name: A, register: r, x: {} }', 'db') + play(tasks, 'web0'), { tags: ['t'] })
  assert.equal(idsOf(first), ['web0/include'])
  const graph = extend(first, later)
  assert.equal(idsOf(graph), ['db0/a', 'web0/include', 'web0/new'])
  assert.equal(graph.hosts, ['web0', 'db0'])
  assert.is(graph.byId.get('db0/a')!.included.size, 0)
})

test('a node is in a graph once', () => {
  const { first, later } = cut(play('- { name: Include, x: {} }\n- { name: New, x: {} }', 'db'))
  assert.throws(() => extend(extend(first, later), later), 'has already')
})

test.run()
