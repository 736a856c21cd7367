import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { EndingPattern, inTime, OutOfTime } from '../../src/core/ending-pattern.ts'
import { pattern } from '../../src/core/python-pattern.ts'
import { fc } from '../chance.ts'

/** Patterns that step back for ever, as authors write them, each with a text on which they do. */
const endless: [string, string][] = [
  ['^(\\w+\\s?)*$', `${'a'.repeat(44)}!`],
  ['^(a+)+$', `${'a'.repeat(60)}!`],
  ['^(?:.*,){20}x', `${'a,'.repeat(60)}y`],
  [`${'a?'.repeat(40)}${'a'.repeat(40)}b`, 'a'.repeat(40)],
  ['.*.*.*.*.*.*x', 'a'.repeat(5000)],
  ['^(?=(a+)+$)', `${'a'.repeat(60)}!`],
  ['(a*)*\\1$', `${'a'.repeat(60)}!`],
]
for (const [text, on] of endless)
  test(`it ends: ${text.slice(0, 40)}`, () => {
    const made = pattern(text)
    if (typeof made === 'string') throw new Error(made)
    for (const attempt of [
      () => made.test(on),
      () => inTime(() => [on, on].some(one => made.test(one))),
      () => on.replace(made, ''),
      () => [...on.matchAll(new EndingPattern(made, `${made.flags}g`))],
    ])
      assert.throws(attempt, (error: Error) => error instanceof OutOfTime && error.message.includes(text.slice(0, 40)))
  })

test('what did not end once is refused at once', () => {
  const made = new EndingPattern('^(b+)+$')
  const text = `${'b'.repeat(60)}!`
  assert.throws(() => made.test(text))
  const began = process.cpuUsage().user
  for (let i = 0; i < 1000; i++) assert.throws(() => made.test(text))
  assert.ok(process.cpuUsage().user - began < 400_000, 'a thousand of them would take minutes')
  assert.is(made.test('bb'), true)
})

test('it is the same expression, with a clock and without: test, replace, match, split', () => {
  const sources = ['a+', '(a|b)*c', '^\\s*(\\w+)=(.*)$', '(?<n>x+)', 'a?b?', '(a+)+', '\\bword\\b', '']
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', '=', ' ', '\n', 'word') })
  fc.assert(
    fc.property(fc.constantFrom(...sources), texts, fc.constantFrom('g', 'gm', 'gs'), (source, text, flags) => {
      const plain = new RegExp(source, flags)
      const ending = new EndingPattern(source, flags)
      for (const run of [(one: RegExp) => one, (one: RegExp) => inTime(() => one)]) {
        assert.is(text.replace(run(ending), '<$&>'), text.replace(plain, '<$&>'))
        assert.equal([...text.matchAll(ending)].map(String), [...text.matchAll(plain)].map(String))
        assert.equal(text.split(ending), text.split(plain))
        ending.lastIndex = 0
        plain.lastIndex = 0
        assert.is(ending.test(text), plain.test(text))
      }
    }),
  )
})

test('many lines under one clock: a file of 10 MB is looked at in one piece of work', () => {
  const lines = Array.from({ length: 200_000 }, (_, i) => `option${i} = value of the option number ${i}`)
  const made = pattern('^\\s*option(\\d+)\\s*=\\s*(.*)5$')
  if (typeof made === 'string') throw new Error(made)
  assert.is(
    inTime(() => lines.filter(line => made.test(line)).length),
    20_000,
  )
})

test('an error and a value go through the clock as they are', () => {
  const own = new Error('own')
  const slow = new EndingPattern('(a+)+b')
  const text = 'a'.repeat(10)
  assert.throws(
    () =>
      inTime(() => {
        slow.test(text)
        throw own
      }),
    (error: unknown) => error === own,
  )
  assert.is(
    inTime(() => inTime(() => slow.test(`${text}b`))),
    true,
  )
})

test.run()
