import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { LedgerEntry } from '../../src/report/ledger.ts'
import { tasksInOrder } from '../../src/report/order.ts'
import { ref } from './rig.ts'

const entries = (...nodes: string[]): LedgerEntry[] =>
  nodes.map(node => ({ ...ref(node), steps: [], stepsRun: 0, diff: [] }))
const keys = (...nodes: string[]): string[] => tasksInOrder(entries(...nodes)).map(task => task.key)

test('a task that an earlier host lacks comes behind the one it follows on its own', () => {
  assert.equal(keys('a/1', 'a/2', 'a/4', 'b/1', 'b/2', 'b/3', 'b/4'), ['1', '2', '3', '4'])
  assert.equal(keys('a/2', 'b/1', 'b/2'), ['1', '2'])
})

test('each task has its entries in the order of the hosts', () => {
  assert.equal(
    tasksInOrder(entries('a/1', 'b/1'))[0]!.entries.map(entry => entry.host),
    ['a', 'b'],
  )
})

test('an item of a loop is told apart', () => {
  const [one, two] = tasksInOrder([
    { ...entries('a/dir[/x]')[0]!, task: 'Make folders' },
    { ...entries('a/dir[/y]')[0]!, task: 'Make /y' },
  ])
  assert.is(one!.label, 'Make folders [/x]')
  assert.is(two!.label, 'Make /y [/y]')
})

test.run()
