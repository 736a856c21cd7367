import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { indented, oneLine, printable } from '../../src/report/printable.ts'

test('controls and marks of direction are shown, not obeyed', () => {
  assert.is(
    printable('\x1b[2J\x07 a\rb \x9b31m \u202egnp.exe \x7f'),
    '\\x1b[2J\\x07 a\\rb \\x9b31m \\u202egnp.exe \\x7f',
  )
})

test('lines, tabs and letters stay', () => {
  assert.is(printable('a\n\tü 漢 ✔'), 'a\n\tü 漢 ✔')
})

test('one line', () => assert.is(oneLine(' a\n\tb\n'), 'a\\n b'))

test('indented: no blank rims, no blanks behind', () => {
  assert.is(indented('\n\n  a\n\n b \n\n', 2), '    a\n\n   b')
})

test.run()
