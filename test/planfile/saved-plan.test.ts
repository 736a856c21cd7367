import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../src/core/event.ts'
import { Refusal } from '../../src/core/failure.ts'
import { looksLikePlan } from '../../src/planfile/plan-file.ts'
import { parseSavedPlan, type SavedPlan, sealPlan } from '../../src/planfile/saved-plan.ts'
import { fc, seed } from '../chance.ts'

const key = randomBytes(32)
const started: Event = { type: 'started', command: 'plan', playbook: 'ü.yml', hosts: ['a'], seq: 1, time: 1 }
const plan: SavedPlan = {
  runbookPlan: 2,
  runbook: '0.1.0',
  made: '2026-11-22T20:00:00.000Z',
  asked: { playbook: 'ü.yml', inventory: ['a,'], tags: [], variableFiles: [], variableNames: ['x'] },
  extra: [{ name: 'x', value: '{{ 1 }}' }],
  sources: { 'ü.yml': 'abc' },
  events: [started],
  roundTrips: { a: 1 },
  lines: [],
  contents: { abc: 'text\n' },
}
const text = sealPlan(key, plan)

const reasonOf = (changed: string, keyFor = (): Buffer | undefined => key): string => {
  try {
    parseSavedPlan(changed, 'p.json', keyFor)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return `${error.failures[0]!.reason}: ${error.failures[0]!.what} ${error.failures[0]!.why ?? ''}`
  }
  return 'opened'
}

test('what was sealed comes out again, as plain JSON too', () => {
  const { seal: _, ...found } = JSON.parse(text)
  assert.equal(found, plan)
  assert.is(JSON.stringify(parseSavedPlan(text, 'p.json', () => key)), JSON.stringify(JSON.parse(text)))
  assert.is(sealPlan(key, plan), text)
})

test(`a byte edited anywhere, taken away or put in is refused (seed ${seed})`, () => {
  const bytes = Buffer.from(text)
  const at = fc.integer({ min: 0, max: bytes.length - 1 })
  const edits: ((i: number, byte: number) => Buffer)[] = [
    (i, byte) => Buffer.concat([bytes.subarray(0, i), Buffer.from([byte]), bytes.subarray(i + 1)]),
    (i, byte) => Buffer.concat([bytes.subarray(0, i), Buffer.from([byte]), bytes.subarray(i)]),
    i => Buffer.concat([bytes.subarray(0, i), bytes.subarray(i + 1)]),
  ]
  fc.assert(
    fc.property(at, fc.integer({ min: 0, max: 255 }), fc.constantFrom(...edits), (i, byte, edit) => {
      const changed = edit(i, byte)
      fc.pre(!changed.equals(bytes))
      assert.is.not(reasonOf(changed.toString()), 'opened')
    }),
    { numRuns: 1000 },
  )
})

test('a plan that was cut off anywhere is named as that, before a key is asked for', () => {
  for (let end = 2; end < text.trimEnd().length; end += 7)
    assert.match(
      reasonOf(text.slice(0, end), () => {
        throw new Error('asked for a key')
      }),
      /^plan-edited: .* It is (cut off|no JSON)/,
    )
})

test('a plan of another version, with another key, or edited and well formed, is refused by name', () => {
  assert.match(
    reasonOf(text.replace('"runbookPlan": 2', '"runbookPlan": 1')),
    /^plan-version: .*another version: 1.* of version 2/,
  )
  assert.match(
    reasonOf(text, () => randomBytes(32)),
    /^plan-edited: .*edited, or sealed with another key/,
  )
  assert.match(reasonOf(text.replace('"a,"', '"b,"')), /^plan-edited/)
  assert.match(reasonOf(JSON.stringify(JSON.parse(text))), /^plan-edited/)
  for (const other of ['{"all": {}}', '{ all: }', '{x'])
    assert.match(reasonOf(other), /^usage-file: p\.json is no plan/)
})

test('without a key it is read as it is, as far as it has the parts of a plan', () => {
  assert.is(
    reasonOf(text.replace('"a,"', '"b,"'), () => undefined),
    'opened',
  )
  assert.match(
    reasonOf('{"runbookPlan": 2}', () => undefined),
    /^plan-edited: .*Parts are missing/,
  )
})

test('a plan is told from a playbook by its content, also a damaged one', () => {
  for (const begin of [text, text.slice(0, 20), `\n ${text}`, text.replace('{', '')]) assert.ok(looksLikePlan(begin))
  for (const begin of ['', '- hosts: all\n', '---\n- hosts: all', '# {\n- hosts: all', '[{ "hosts": "all" }]'])
    assert.not.ok(looksLikePlan(begin))
})

test('a plan that nobody has sealed is refused where a part of it is not what a plan has there', () => {
  const node = { host: 'a', node: 'a/t', task: 't' }
  const planned = { type: 'planned', ...node, verdict: 'ok', steps: [], diff: [], seq: 2, time: 1 }
  const line = { node: 'a/t', fingerprint: 'f', openPlaces: [], arguments: {}, reads: [], will: [], contents: [] }
  const written = (change: object): string =>
    JSON.stringify({ ...plan, events: [started, planned], lines: [line], ...change })
  const unsealed = (): undefined => undefined
  assert.is(reasonOf(written({}), unsealed), 'opened')
  for (const change of [
    { asked: {} },
    { asked: { ...plan.asked, tags: 'x' } },
    { events: [null] },
    { events: [{ type: 'summary' }] },
    { events: [started], lines: [line] },
    { lines: [null] },
    { lines: [{ ...line, reads: [{}] }] },
    { extra: [{}] },
    { sources: { a: 1 } },
    { roundTrips: { a: 'b' } },
    { contents: [1] },
    { made: 5 },
  ])
    assert.match(reasonOf(written(change), unsealed), /^plan-edited: .* Parts of it are not what a plan has there/)
})

test.run()
