import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later } from '../../src/core/unknown.ts'
import { stat } from '../../src/module/probes/file.ts'
import { program } from '../../src/module/probes/program.ts'
import type { AnyQuery } from '../../src/module/query.ts'
import type { Line } from '../../src/plan/line.ts'
import { promiseTest } from '../../src/run/promise-test.ts'

const later = new Later('node0/other')
const testOf = (...will: [AnyQuery, unknown][]): string | undefined => promiseTest({ will } as unknown as Line)
const dark = program({ key: 'dark', sh: 'true', looks: [], parse: () => ({}) })

test('what promises nothing that is known needs no test', () => {
  assert.is(testOf(), '')
  assert.is(testOf([stat('/a'), {}], [stat('/b'), later], [dark, { word: later, other: undefined }]), '')
})

test('all that is known is tested, and what is unknown is left out', () => {
  const text = testOf([stat('/a'), { exists: true, size: later }], [stat('/b'), { exists: false }])!
  assert.match(text, /-e \/a .* && .*! -e \/b /s)
  assert.not.match(text, 'find')
})

test('one promise without a test leaves the line without one; so do very many', () => {
  assert.is(testOf([stat('/a'), { exists: true }], [dark, { word: 'x' }]), undefined)
  assert.is(testOf([stat('/a'), 'text']), undefined)
  const many = (count: number) =>
    Array.from({ length: count }, (): [AnyQuery, unknown] => [stat('/a'), { exists: true }])
  assert.ok(testOf(...many(20)))
  assert.is(testOf(...many(21)), undefined)
})

test.run()
