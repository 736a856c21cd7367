import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../src/core/event.ts'
import { judge, ofAnsible, ofPyinfra, ofRunbook, type Said, type Sayings, unnamed, unshown, words } from './chain.ts'

const of = (said: Record<string, Said>): Sayings => new Map(Object.entries(said))
const event = (body: object): Event => body as Event

test('what a check said for certain and did not come about is wrong, whichever way', () => {
  const check = of({ a: 'changed', b: 'ok', c: 'failed', d: 'skipped', e: 'changed', f: 'ok' })
  const apply = of({ a: 'changed', b: 'changed', c: 'changed', d: 'changed', e: 'ok', f: 'ok' })
  assert.equal(judge(check, apply), { said: [...'abcdef'], wrong: [...'bcde'], failed: ['c'], undecided: [] })
})

test('left out and nothing to do are the same; a failure that comes as foretold is right', () => {
  const found = judge(of({ a: 'ok', b: 'skipped', c: 'failed' }), of({ a: 'skipped', b: 'ok', c: 'failed' }))
  assert.equal([found.wrong, found.failed], [[], []])
})

test('what is left open is not wrong, what never ran is', () => {
  const found = judge(of({ a: 'undecided', b: 'undecided', c: 'changed', d: 'ok' }), of({ a: 'failed' }))
  assert.equal([found.undecided, found.wrong], [['a', 'b'], ['c', 'd']]) // biome-ignore format: one line
  assert.is(words(found), '2 of 4 wrong (c d), 0 fail outright, 2 undecided, 16 cannot be said')
})

test('runbook says it in events', () => {
  const events = [
    { type: 'planned', node: 'h/01_a', verdict: 'change', diff: [] },
    { type: 'planned', node: 'h/02_b', verdict: 'undecided', diff: [] },
    { type: 'planned', node: 'h/03_c', verdict: 'fail', diff: [] },
    { type: 'planned', node: 'h/04_d', verdict: 'change', diff: [{}] },
    { type: 'warning', node: 'h/01_a', text: '' },
    { type: 'result', node: 'h/01_a', status: 'changed', steps: 2 },
    { type: 'result', node: 'h/02_b', status: 'ok', steps: 0 },
    { type: 'result', node: 'h/03_c', status: 'refused', steps: 0 },
    { type: 'result', node: 'h/04_d', status: 'changed', steps: 1 },
  ].map(event)
  assert.equal([...ofRunbook(events, 'planned').values()], ['changed', 'undecided', 'failed', 'changed'])
  assert.equal([...ofRunbook(events, 'result').values()], ['changed', 'ok', 'failed', 'changed'])
  assert.equal(unshown(events), ['01'])
  assert.equal(unnamed(events), ['04'])
})

test('ansible says it by a line for each task, between what else it prints', () => {
  const said = 'odd\n{"task": "01 a", "verdict": "changed"}\n{"task": "02 b", "verdict": "failed"}\n'
  assert.equal([...ofAnsible(said)], [['01', 'changed'], ['02', 'failed']]) // biome-ignore format: one line
})

test('pyinfra says it by host; what runs within another operation has no name of its own', () => {
  const plan = (name: string, will: string[], may: string[] = []): object => ({
    name,
    hosts_with_change: will,
    hosts_with_conditional_change: may,
  })
  const dry = {
    plan: [plan('01 a', ['h']), plan('02 b', []), plan('03 c', [], ['h']), plan('13 d', ['h'])],
    results: null,
  }
  assert.equal([...ofPyinfra(JSON.stringify(dry))], [['01', 'changed'], ['02', 'ok'], ['03', 'undecided']]) // biome-ignore format: one line
  const done = (name: string, success: string[], error: string[] = [], no_change: string[] = []): object => ({
    name,
    success,
    error,
    no_change,
  })
  const operations = [
    done('01 a', ['h']),
    done('02 b', [], [], ['h']),
    done('03 c', [], ['h']),
    done('04 d', []),
    done('files.put (x)', ['h']),
  ]
  assert.equal(
    [...ofPyinfra(JSON.stringify({ plan: [], results: { operations } }))],
    [['01', 'changed'], ['02', 'ok'], ['03', 'failed']], // biome-ignore format: one line
  )
})

test.run()
