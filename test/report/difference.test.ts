import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { differenceLines } from '../../src/report/difference.ts'
import { colourPaint, plainPaint } from '../../src/report/paint.ts'

const lines = Array.from({ length: 20 }, (_, at) => `line ${at + 1}\n`)

test('a text is a unified diff with three lines around', () => {
  const after = lines.with(9, 'other\n').join('')
  assert.equal(differenceLines({ kind: 'text', subject: '/etc/x', before: lines.join(''), after }, plainPaint), [
    '--- /etc/x (now)',
    '+++ /etc/x (after)',
    '@@ -7,7 +7,7 @@',
    ' line 7',
    ' line 8',
    ' line 9',
    '-line 10',
    '+other',
    ' line 11',
    ' line 12',
    ' line 13',
  ])
})

test('a new text, and one without a newline at its end', () => {
  assert.equal(differenceLines({ kind: 'text', subject: 'x', before: '', after: 'a' }, plainPaint).slice(2), [
    '@@ -0,0 +1,1 @@',
    '+a',
    '\\ No newline at end of file',
  ])
})

test('equal texts have no difference', () => {
  assert.equal(differenceLines({ kind: 'text', subject: 'x', before: 'a\n', after: 'a\n' }, plainPaint), [])
})

test('a value and something hidden are one line each', () => {
  const value = { kind: 'value', subject: 'mode', before: '0644', after: '0600\n' } as const
  assert.equal(differenceLines(value, plainPaint), ['mode: 0644 -> 0600'])
  const hidden = { kind: 'hidden', subject: 'swarm.key', why: 'secret' } as const
  assert.equal(differenceLines(hidden, plainPaint), ['swarm.key: <hidden: secret>'])
})

test('added is green, removed is red, the rest plain', () => {
  const found = differenceLines({ kind: 'text', subject: 'x', before: 'a\nb\n', after: 'a\nc\n' }, colourPaint)
  assert.equal(found.slice(3), [' a', '\x1b[31m-b\x1b[39m', '\x1b[32m+c\x1b[39m'])
})

test('long texts with nothing in common end in time', () => {
  const text = (word: string): string => Array.from({ length: 30_000 }, (_, at) => `${word} ${at * 7919}\n`).join('')
  const start = Date.now()
  const found = differenceLines({ kind: 'text', subject: 'x', before: text('a'), after: text('b') }, plainPaint)
  assert.ok(Date.now() - start < 5000)
  assert.equal(found, ['x: 30000 lines -> 30000 lines, too different to show'])
})

test.run()
