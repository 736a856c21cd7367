import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pattern } from '../../src/core/python-pattern.ts'

/** Pattern, flags, text, and what Python's `re.findall` gives for it. */
const cases: [string, string, string, string[]][] = [
  ['\\Aa', 'gm', 'a\na', ['a']],
  ['a\\Z', 'g', 'a\n', []],
  ['a$', 'g', 'a\n', ['a']],
  ['^a$', 'gm', 'a\nb\na', ['a', 'a']],
  ['^a$', 'gm', 'a\r\n', []],
  ['a{,2}', '', 'aaa', ['aa']],
  ['a{2,}', '', 'aaa', ['aaa']],
  ['x{a}{}', 'g', 'x{a}{}', ['x{a}{}']],
  ['(?P<q>["\']).(?P=q)', 'g', `"a" 'b"`, ['"a"']],
  ['(?i)AB', 'g', 'ab', ['ab']],
  ['a.b', 'g', 'a\rb', ['a\rb']],
  ['a.b', 'gs', 'a\nb', ['a\nb']],
  ['[]a]+', 'g', ']a', [']a']],
  ['[^]a]+', 'g', 'b]', ['b']],
  ['[\\w.-]+', 'g', 'é.-x y', ['é.-x', 'y']],
  ['[a-c-]+', 'g', 'ab-d', ['ab-']],
  ['[\\W]', 'g', 'a!', ['!']],
  ['[[&&]+', 'g', '[&', ['[&']],
  ['\\bé\\b', 'g', 'é é1', ['é']],
  ['(?i:A)b', 'g', 'ab aB', ['ab']],
  ['a(?#no)b', 'g', 'ab', ['ab']],
  ['\\x41\\u0042\\103\\0', 'g', 'ABC\0', ['ABC\0']],
  ['(a)\\1', 'g', 'aa', ['aa']],
  ['a/b-c\\/\\-\\"@', 'g', 'a/b-c/-"@', ['a/b-c/-"@']],
  ['x=\\$\\{?y}', 'g', 'x=${y}', ['x=${y}']],
  ['(?<=a)b(?!c)(?:d|e)', 'g', 'abd', ['bd']],
]
for (const [text, flags, on, found] of cases)
  test(`a pattern means what Python says it means: ${text} on ${JSON.stringify(on)}`, () => {
    const made = pattern(text, flags)
    if (typeof made === 'string') throw new Error(made)
    assert.equal(flags.includes('g') ? [...on.matchAll(made)].map(([whole]) => whole) : [made.exec(on)![0]], found)
  })

for (const [text, says] of [
  ['\\q', '\\q is not understood'],
  ['(?x)a', '(?x is not understood'],
  ['(?(1)a|b)', '(?( is not understood'],
  ['(?<n>a)', '(?< is not understood'],
  ['(?>a)', '(?> is not understood'],
  ['a*+', 'Nothing to repeat'],
  ['[\\q]', '\\q is not understood'],
  ['[a', 'a [ that is not closed is not understood'],
  ['(a', 'Unterminated group'],
  ['a\\', 'a \\ at the end is not understood'],
  ['(a)\\2', 'Invalid'],
] as const)
  test(`a pattern that is not understood is refused by name: ${text}`, () => assert.match(String(pattern(text)), says))

test.run()
