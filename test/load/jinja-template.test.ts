import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { born, Missing } from '../../src/core/unknown.ts'
import { compileJinja } from '../../src/load/jinja-template.ts'
import { refusedOnce } from './refused.ts'
import { waitingScope, waits } from './waiting-scope.ts'

const scope = waitingScope({
  port: 8080,
  text: 'a',
  list: [1, 2],
  part: { known: 1, unknown: waits, list: [1, waits] },
  fresh: { id: 1, [born]: waits },
  hostvars: { n1: { addr: '10.0.0.1' }, n2: { addr: waits } },
  users: [{ name: 'ann' }],
  sneaky: '{{ port }}',
})
const files: Record<string, string> = {
  'inner.j2': '{{ inner }} {{ port }}\n',
  'bad.j2': 'a\n{{ 1 + }}\n',
  'loop.j2': '{% include "loop.j2" %}',
}
const find = (name: string) => (name in files ? { text: files[name]!, file: name } : undefined)
const compile = (text: string) => compileJinja({ text, file: 'a.j2' }, find)
const render = (text: string) => compile(text).render(scope)
const references = (text: string) =>
  compile(text).references.map(({ path, origin, optional, outline }) => {
    const marks = `${optional ? '?' : ''}${outline ? '~' : ''}`
    return `${path.map(step => step ?? '*').join('.')}${marks} ${origin.file}:${origin.line}:${origin.column}`
  })

test('data of the program goes in as it is, and what it holds is text', () => {
  assert.is(render('{{ port }} {{ list }} {{ sneaky }}\n'), '8080 [1, 2] {{ port }}\n')
  assert.is(render('no template { } \r\n'), 'no template { } \r\n')
})

test('what is not known makes unknown what depends on it, and nothing else', () => {
  for (const text of [
    '{{ later }} x',
    '{{ part.unknown }}',
    '{{ part }} x',
    '{% for x in later %}{% endfor %}.',
    '{% if later %}a{% endif %}.',
    '{{ later + 1 }} x',
    '{{ "a" if later else "b" }} x',
    '{{ fresh.other }} x',
    '{% set x = later %}{{ x }} x',
    '{% macro m(a) %}{{ a }}{% endmacro %}{{ m(later) }} x',
    '{% set ns = namespace(a=1) %}{% set t %}{% if later %}{% set ns.a = 2 %}{% endif %}{% endset %}{{ ns.a }} x',
    '{{ hostvars.n2.addr }} x',
    '{{ later | default("x") }} x',
  ])
    assert.throws(
      () => render(text),
      (error: unknown) => error === waits,
      text,
    )
  const known: [string, string][] = [
    ['{{ part.known }} {{ fresh.id }} {{ hostvars.n1.addr }}.', '1 1 10.0.0.1.'],
    ['{{ no is defined and later }}.', 'False.'],
    ['{{ true or later }} {{ false and later }}.', 'True False.'],
    ['{{ "a" if later else "a" }}.', 'a.'],
    ['{% if part.known == 1 %}yes{% elif later %}no{% endif %}.', 'yes.'],
    ['{{ [later, 1][1] }} {{ {"a": later, "b": 2}.b }}.', '1 2.'],
    ['{{ later is defined }}.', 'True.'],
    ['{% for x in part.list %}{{ loop.index }}{% endfor %}.', '12.'],
  ]
  for (const [text, wanted] of known) assert.is(render(text), wanted, text)
  const missing = new Missing()
  assert.throws(
    () => compile('{{ a }} {{ b }}').render({ a: waits, b: missing }),
    (error: unknown) => error === missing,
  )
})

test('references: names with members and places; what the template sets itself is none', () => {
  assert.equal(references('{{ a.b["c"].d[0] }}\n {{ a[k] }}'), ['a.b.c.d.0 a.j2:1:4', 'a.* a.j2:2:5', 'k a.j2:2:7'])
  assert.equal(references('{% for u in users %}{{ u.name }}{{ loop.index }}{% endfor %}'), [
    'users~ a.j2:1:13',
    'users.*.name a.j2:1:24',
  ])
  assert.equal(
    references('{% set x = port %}{{ x }}{% macro m(y) %}{{ y }}{{ z }}{% endmacro %}{{ m(1) }}').map(
      one => one.split(' ')[0],
    ),
    ['port', 'port', 'z'],
  )
  assert.equal(
    references('{% if x is defined %}{{ x.y }}{% endif %}{{ d | default(e) }}').map(one => one.split(' ')[0]),
    ['x?~', 'x.y?', 'd?', 'e'],
  )
  assert.equal(
    references('{{ t.split(s) }} {{ hostvars[h].addr }} {{ range(n) }}').map(one => one.split(' ')[0]),
    ['t', 's', 'hostvars.*.addr', 'h', 'n'],
  )
  assert.equal(references('#jinja2: trim_blocks: False\n{% set inner = 1 %}{% include "inner.j2" %}{{ x }}'), [
    'port inner.j2:1:16',
    'x a.j2:2:47',
  ])
})

test('references: what a lookup names, and what templates in its texts name', () => {
  assert.equal(references("{{ lookup('vars', 'port') }} {{ q('ansible.builtin.vars', 'a', 'b', default=c) }}"), [
    'port a.j2:1:19',
    'a? a.j2:1:59',
    'b? a.j2:1:64',
    'c a.j2:1:77',
  ])
  assert.equal(
    references("{{ lookup('pipe', 'echo {{ n }}', ['{{ m }}']) }} {{ query('inventory_hostnames', 'all') }}"),
    ['n a.j2:1:19', 'm a.j2:1:35', 'groups a.j2:1:83'],
  )
  assert.equal(references("{{ lookup('file', name ~ '.txt') }}"), ['name a.j2:1:19'])
})

const wrong: [text: string, what: RegExp, line: number, column: number, fix?: RegExp][] = [
  ['a\n{{ prot }} x\n', /There is no "prot"/, 2, 4, /"port"/],
  ['{{ users[0].nmae }} x', /There is no "nmae" in this dict/, 1, 13, /"name"/],
  ['{{ text | uppper }}', /no filter "uppper"/, 1, 11],
  ['{{ text is definde }}', /no test "definde"/, 1, 12, /"defined"/],
  ['#jinja2: lstrip_blocks: True\n\n  {{ 1 + text }}\n', /"\+" does not go between int and str/, 3, 8],
  ['{% include "bad.j2" %}', /ends too early/, 2, 8],
  ['{% include "nope.j2" %}', /no template "nope.j2"/, 1, 12],
  ['{% include "loop.j2" %}', /without end/, 1, 1],
  ['x {{#if port}}a{{/if}}', /cannot stand here/, 1, 5, /\.hbs/],
  ['{{ lookup("env", "HOME") }} x', /Nothing can be asked of this machine here/, 1, 10],
  ['#jinja2: trim_block: True\na', /no setting "trim_block"/, 1, 9, /trim_blocks/],
]
for (const [text, what, line, column, fix] of wrong)
  test(`what is wrong is told with its place: ${text.trim().slice(0, 30)}`, () => {
    const failure = refusedOnce(() => render(text))
    assert.match(failure.what, what)
    assert.equal([failure.origin?.line, failure.origin?.column], [line, column])
    if (fix) assert.match(failure.fix ?? '', fix)
  })

test.run()
