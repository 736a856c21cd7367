import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ansibleDelimiters } from '../../src/jinja/delimiters.ts'
import { parseTemplate } from '../../src/jinja/parser.ts'
import { SyntaxFault } from '../../src/jinja/syntax-fault.ts'

/** A tree without places, small enough to be read. */
const shape = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(shape)
  if (node === null || typeof node !== 'object') return typeof node === 'bigint' ? Number(node) : node
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => key !== 'at' && key !== 'length')
      .map(([key, value]) => [key, shape(value)]),
  )
}
const parsed = (text: string, how = {}) => shape(parseTemplate(text, { ...ansibleDelimiters, ...how }))
const dataOf = (text: string, how = {}) =>
  parseTemplate(text, { ...ansibleDelimiters, ...how }).map(one => (one.kind === 'data' ? one.text : `<${one.kind}>`))
const expressionOf = (code: string) => {
  const [first] = parseTemplate(`{{ ${code} }}`, ansibleDelimiters)
  return shape(first?.kind === 'output' ? first.value : first)
}

test('white space goes as the template says', () => {
  assert.equal(dataOf('a\n{% set x = 1 %}\nb\n'), ['a\n', '<set>', 'b'])
  assert.equal(dataOf('a\n  {%- set x = 1 -%}\n  b'), ['a', '<set>', 'b'])
  assert.equal(dataOf('a\n  {% set x = 1 +%}\nb'), ['a\n  ', '<set>', '\nb'])
  assert.equal(dataOf('  {% set x = 1 %}\n', { lstripBlocks: true }), ['<set>'])
  assert.equal(dataOf('  {%+ set x = 1 %}\n', { lstripBlocks: true }), ['  ', '<set>'])
  assert.equal(dataOf('a {# no #}\nb {{ x }}\nc'), ['a b ', '<output>', '\nc'])
  assert.equal(dataOf('{% raw %}{{ x }}{% endraw %}\nb'), ['{{ x }}b'])
  assert.equal(dataOf('a\r\nb\rc\n'), ['a\nb\nc'])
})

test('operators bind as in Jinja', () => {
  const name = (one: string) => ({ kind: 'name', name: one })
  const [a, b, c] = [name('a'), name('b'), name('c')]
  const operation = (sign: string, left: unknown, right: unknown) => ({ kind: 'operation', sign, left, right })
  assert.equal(expressionOf('a + b * c'), operation('+', a, operation('*', b, c)))
  assert.equal(expressionOf('a ** b ** c'), operation('**', operation('**', a, b), c))
  assert.equal(expressionOf('a + b ~ c'), operation('+', a, { kind: 'concat', parts: [b, c] }))
  assert.equal(expressionOf('not a == b'), {
    kind: 'not',
    of: { kind: 'compare', of: a, others: [{ sign: '==', with: b }] },
  })
  assert.equal(expressionOf('-a | b'), {
    kind: 'filter',
    of: { kind: 'sign', sign: '-', of: a },
    name: 'b',
    args: [],
    named: [],
  })
  assert.equal(expressionOf('a.0["x"][1:]'), {
    kind: 'item',
    of: {
      kind: 'item',
      of: { kind: 'item', of: a, key: { kind: 'constant', value: 0 } },
      key: { kind: 'constant', value: 'x' },
    },
    key: { kind: 'slice', start: { kind: 'constant', value: 1 } },
  })
})

test('texts have Python’s escapes, in values of YAML none', () => {
  const text = (how = {}) => parsed(String.raw`{{ 'a\tb\x41\d' }}`, how) as { value: { value: string } }[]
  assert.is(text()[0]!.value.value, 'a\tbA\\d')
  assert.is(text({ backslashes: 'literal' })[0]!.value.value, String.raw`a\tb\x41\d`)
})

const faults: [text: string, at: number, said: RegExp][] = [
  ['a {{ b', 2, /not closed/],
  ['{# a', 0, /comment is not closed/],
  ['{% raw %}a', 0, /endraw/],
  ['{% if a %}b', 11, /{% endif %}/],
  ['{% iff a %}', 3, /no statement "iff"/],
  ['{% endif %}', 3, /ends nothing/],
  ['{{ a b }}', 5, /end of the tag was expected here, not "b"/],
  ['{{ (a] }}', 5, /"\)" was expected/],
  ['{{ a ? b }}', 5, /cannot stand here/],
  ['{% do x.append(1) %}', 3, /Ansible has no such statement/],
  ['{% for x in y %}{% break %}', 19, /Ansible has no such statement/],
  ['{% set 1 = 2 %}', 7, /Nothing can be assigned/],
  [String.raw`{{ '\x4' }}`, 4, /escape is not complete/],
  [`{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`, 0, /nested too deeply/],
]
for (const [text, at, said] of faults)
  test(`what cannot be read is told with its place: ${text.slice(0, 30)}`, () => {
    try {
      parseTemplate(text, ansibleDelimiters)
    } catch (error) {
      assert.instance(error, SyntaxFault)
      assert.match((error as SyntaxFault).message, said)
      if (at > 0) assert.is((error as SyntaxFault).at, at)
      return
    }
    assert.unreachable()
  })

test.run()
