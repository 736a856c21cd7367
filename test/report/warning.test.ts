import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event, EventBody } from '../../src/core/event.ts'
import { plainPaint } from '../../src/report/paint.ts'
import { createWarnings } from '../../src/report/warning.ts'

const told = (...events: EventBody[]): string[] => {
  const lines: string[] = []
  const warnings = createWarnings(plainPaint, text => lines.push(text))
  for (const event of events) warnings({ ...event, seq: 1, time: 0 } as Event)
  return lines
}
const end: EventBody = { type: 'play', name: 'the next', hosts: [] }
const of = (host: string, task: string, other: string): EventBody => ({
  type: 'warning',
  node: `${host}/${task}`,
  text: `it and ${host}/${other} both set /a.`,
})

test('what is warned of alike on several hosts is told once, with the nodes as each host sees its own', () => {
  assert.equal(told(of('node0', 'a', 'b'), of('node0', 'b', 'a'), of('node1', 'a', 'b'), end), [
    'warning: a on node0, node1: it and b both set /a.\n',
    'warning: node0/b: it and node0/a both set /a.\n',
  ])
})

test('what differs between hosts is told of each', () => {
  assert.equal(told(of('node0', 'a', 'b'), of('node1', 'a', 'c'), end).length, 2)
})

test('a warning of no node is told at once, behind those before it', () => {
  assert.equal(told(of('node0', 'a', 'b'), { type: 'warning', text: 'waiting', host: 'node1' }), [
    'warning: node0/a: it and node0/b both set /a.\n',
    'warning: node1: waiting\n',
  ])
})

test.run()
