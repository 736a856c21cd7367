import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { playsBefore } from '../../src/graph/play-barriers.ts'
import { graphOf, idsOf, play, refused } from './rig.ts'

const named = (name: string, tasks: string, hosts: string, more = ''): string =>
  play(tasks, hosts, `  name: ${name}\n${more}`)
/** The plays that each node waits for. */
const waits = (text: string): Record<string, string[]> => {
  const { nodes, barriers } = graphOf(text)
  return Object.fromEntries(nodes.map(node => [node.id, playsBefore(barriers, node).map(({ name }) => name)]))
}

test('a play waits for all before it, one with needs for those it names', () => {
  const tasks = (name: string): string => `- { name: ${name}, x: {} }`
  assert.equal(
    waits(
      named('one', tasks('a'), 'web0') +
        named('two', tasks('b'), 'db0') +
        named('three', tasks('c'), 'web1', '  needs: []\n') +
        named('four', tasks('d'), 'web1', '  needs: [two]\n'),
    ),
    { 'web0/a': [], 'db0/b': ['one'], 'web1/c': [], 'web1/d': ['two'] },
  )
})

test('what an earlier play waits for comes ahead with all that it waits for itself', () => {
  const text =
    named('one', '- { name: a, x: {} }', 'web0') +
    named('two', '- { name: b, x: { v: "{{ hostvars.db0.d.v }}" } }', 'web0') +
    named('three', '- { name: c, x: {} }\n- { name: d, register: d, x: {} }\n- { name: e, x: {} }', 'db0')
  assert.equal(waits(text), {
    'web0/a': [],
    'db0/c': ['one'],
    'db0/d': ['one'],
    'web0/b': ['one'],
    'db0/e': ['one', 'two'],
  })
  assert.equal(idsOf(graphOf(text)), ['web0/a', 'db0/c', 'db0/d', 'web0/b', 'db0/e'])
})

test('however plays wait for each other, they are in no circle; tasks may be', () => {
  const plays = (c: string): string =>
    named('one', '- { name: a, after: [db0/c], x: {} }', 'web0') +
    named('two', '- { name: b, after: [db0/c], x: {} }', 'web1') +
    named('three', `- { name: c, after: [${c}], x: {} }`, 'db0', '  needs: [two]\n') +
    named('four', '- { name: d, needs: [], x: {} }', 'web0')
  assert.equal(idsOf(graphOf(plays('web0/d'))), ['web0/d', 'db0/c', 'web0/a', 'web1/b'])
  const [failure] = refused(() => graphOf(plays('web1/b')))
  assert.is(failure?.why, 'db0/c -> waits for web1/b -> waits for db0/c')
})

test('needs of a play names plays before it', () => {
  const text =
    named('one', '- { name: a, x: {} }', 'web0') + named('two', '- { name: b, x: {} }', 'db0', '  needs: ["on"]\n')
  const [failure] = refused(() => graphOf(text))
  assert.is(failure?.what, '"on" names no play before this one.')
  assert.match(failure?.fix ?? '', 'one')
  assert.is(failure?.origin?.line, 7)
})

test.run()
