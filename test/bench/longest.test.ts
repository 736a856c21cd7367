import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Graph } from '../../src/graph/graph.ts'
import { graphOf, play } from '../graph/rig.ts'
import type { Result } from './events.ts'
import { longestChain } from './longest.ts'

const result = (node: string, from: number, to: number): Result =>
  ({ type: 'result', host: node.split('/')[0]!, node, task: '', status: 'changed', steps: 1, ms: to - from, diff: [], seq: 0, time: to }) // biome-ignore format: one line

const chain = (graph: Graph, ...results: Result[]): string =>
  longestChain(graph, results)
    .links.map(({ node, ms }) => `${node} ${ms}`)
    .join(', ')

const two = graphOf(play('- { name: a, debug: { msg: x } }\n- { name: b, debug: { msg: x } }', 'web'))

test("a host has its tasks one after another; what lies between them is nobody's work", () => {
  const results = [result('web0/a', 10, 20), result('web0/b', 25, 40), result('web1/a', 10, 30)]
  assert.is(chain(two, ...results), 'web0/a 10, web0/b 15')
  assert.is(longestChain(two, results).ms, 25)
})

test('tasks in one frame are counted once', () => {
  assert.is(longestChain(two, [result('web0/a', 10, 50), result('web0/b', 10, 52)]).ms, 42)
})

test('a group waits for the slowest host, another task only for its own', () => {
  const tasks = (module: string): string => `- { name: a, debug: { msg: x } }\n- { name: b, ${module}: { msg: x } }`
  const results = [result('web0/a', 0, 10), result('web1/a', 0, 30), result('web0/b', 30, 55)]
  assert.is(chain(graphOf(play(tasks('all_debug'), 'web')), ...results), 'web1/a 30, web0/b 25')
  assert.is(chain(graphOf(play(tasks('debug'), 'web')), ...results), 'web0/a 10, web0/b 25')
})

test.run()
