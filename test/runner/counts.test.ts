import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { countsOf, countsOfProgram, sentence, sum } from './counts.ts'

const uvu = (all: number, passed: number, skipped = 0): string =>
  ` • •   (${passed} / ${all})\n\n  Total:     ${all}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.23ms\n\n`

test('totals are read, skipped ones too', () => {
  assert.equal(countsOf({ code: 0, text: uvu(5, 5) }), { passed: 5, failed: 0, skipped: 0 })
  assert.equal(countsOf({ code: 1, text: uvu(5, 3) }), { passed: 3, failed: 2, skipped: 0 })
  assert.equal(countsOf({ code: 0, text: uvu(0, 0, 4) }), { passed: 0, failed: 0, skipped: 4 })
})

test('what says nothing, or ends badly after it said that all was well, has failed', () => {
  assert.equal(countsOf({ code: 0, text: '' }), { passed: 0, failed: 1, skipped: 0 })
  assert.equal(countsOf({ code: 1, text: 'SyntaxError' }), { passed: 0, failed: 1, skipped: 0 })
  assert.equal(countsOf({ code: 0, text: uvu(0, 0) }), { passed: 0, failed: 1, skipped: 0 })
  assert.equal(countsOf({ code: 1, text: uvu(2, 2) }), { passed: 2, failed: 1, skipped: 0 })
  assert.equal(countsOf({ code: null, text: uvu(2, 2) }), { passed: 2, failed: 1, skipped: 0 })
})

test('a program is one test; the sentence names skipped ones only where there are any', () => {
  assert.equal(countsOfProgram({ code: 0, text: '' }), { passed: 1, failed: 0, skipped: 0 })
  assert.equal(countsOfProgram({ code: null, text: '' }), { passed: 0, failed: 1, skipped: 0 })
  const all = sum([countsOf({ code: 1, text: uvu(5, 3) }), countsOfProgram({ code: 0, text: '' })])
  assert.is(sentence(all), '4 passed, 2 failed')
  assert.is(sentence({ ...all, skipped: 7 }), '4 passed, 2 failed, 7 skipped')
})

test.run()
