import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import { born, Later, Lost, Missing } from '../../src/core/unknown.ts'
import { compileExpression, compileTemplate } from '../../src/load/expression.ts'
import { locatedMember } from '../../src/load/located.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import { fc } from '../chance.ts'
import { refusedOnce } from './refused.ts'

const waits = new Later('node2/start')
const host = (name: string) =>
  Object.create(null, {
    address: { value: `10.0.0.${name.at(-1)}`, enumerable: true },
    node: {
      enumerable: true,
      get: () => {
        if (name === 'node2') throw waits
        return { peer_id: `peer-${name}`, count: 2 }
      },
    },
  })
const scope: Record<string, unknown> = Object.assign(
  Object.create(null, {
    later: {
      enumerable: true,
      get: () => {
        throw waits
      },
    },
  }),
  {
    port: 8080,
    half: 1.5,
    name: 'Web-1',
    none: null,
    mixed: [1, 'a', { k: 2 }],
    odd: { constructor: 'c', toString: 't' },
    groups: { ipfs: ['node0', 'node1', 'node2'] },
    hostvars: Object.assign(Object.create(null), { node0: host('node0'), node1: host('node1'), node2: host('node2') }),
    node: { peer_id: 'p', log: waits },
    fresh: { id: 1, [born]: waits },
  },
)
const value = (text: string, from = scope): unknown =>
  compileExpression(text, { file: 'f', line: 1, column: 1, length: text.length }).evaluate(from)
const inYaml = (yaml: string, from = scope): unknown => {
  const at = locatedMember(parseYaml(`k: ${yaml}`, 'f'), 'k')
  return compileTemplate(at.value, at).evaluate(from)
}

test('values of the program are those of Python, and come out as plain data', () => {
  const cases: [string, unknown][] = [
    ['port + 1', 8081],
    ['port == 8080 and port > 80 and port in [8080]', true],
    ['port // 3', 2693],
    ['half + 1', 2.5],
    ['port ~ "/tcp"', '8080/tcp'],
    ['mixed[0] + mixed[2].k', 3],
    ['[port, "a", true]', [8080, 'a', true]],
    ['{"a": {"b": port}}', { a: { b: 8080 } }],
    ['mixed', [1, 'a', { k: 2 }]],
    ['none', null],
    ['name.lower() ~ name | upper', 'web-1WEB-1'],
    ['odd.constructor', 'c'],
    ['hostvars | length', 3],
    ['"node2" in hostvars and "x" not in hostvars', true],
    ['hostvars | list', ['node0', 'node1', 'node2']],
    ['node.nope | default("d")', 'd'],
    ['node.peer_id is defined and node.nope is undefined', true],
    ['(1, 2)', [1, 2]],
    ['2 ** 70', '1180591620717411303424'],
    ['[1, omit, {"a": omit, "b": 2}]', [1, { b: 2 }]],
    ['omit', undefined],
  ]
  for (const [text, wanted] of cases) assert.equal(value(text), wanted, text)
})

test('what is unknown is the result, the same object', () => {
  for (const text of [
    'later',
    'later + 1',
    'later and true',
    '[1, later][1]',
    'later | map("string")',
    'node.log',
    'later | default("x")',
    'fresh.other',
    'fresh.other is defined',
    "groups.ipfs | map('extract', hostvars, ['node', 'count']) | sum",
    "groups.ipfs | map('extract', hostvars, ['node', 'peer_id']) | join(',')",
    'later | basename',
    '"a" ~ later',
    '{"a": later} | string',
  ]) {
    assert.is(value(text), waits, text)
  }
  for (const unknown of [new Missing(), new Lost('n/x')]) {
    const from = {
      get x() {
        throw unknown
      },
    }
    assert.is(value('x.y[0] + "a"', from), unknown)
  }
})

test('what does not depend on the unknown is known', () => {
  const cases: [string, unknown][] = [
    ['port > 1 or later', true],
    ['node.log is defined', true],
    ['false and later', false],
    ['"a" if port > 1 else later', 'a'],
    ['"a" if later else "a"', 'a'],
    ["['node0', 'node1'] | map('extract', hostvars, ['node', 'peer_id'])", ['peer-node0', 'peer-node1']],
    ["groups.ipfs | map('extract', hostvars, 'address')", ['10.0.0.0', '10.0.0.1', '10.0.0.2']],
    ["groups.ipfs | map('extract', hostvars, ['node', 'peer_id']) | length", 3],
    ["(groups.ipfs | map('extract', hostvars, ['node', 'peer_id']))[0]", 'peer-node0'],
    ['node.peer_id', 'p'],
    ['fresh.id', 1],
    ['"node2" in hostvars', true],
  ]
  for (const [text, wanted] of cases) assert.equal(value(text), wanted, text)
})

test('what builds a list or a mapping: a part that is unknown stands in its place, the others are known', () => {
  const cases: [string, unknown][] = [
    ['[1, later]', [1, waits]],
    ['{"a": 1, "b": [later]}', { a: 1, b: [waits] }],
    ["groups.ipfs | map('extract', hostvars, ['node', 'peer_id'])", ['peer-node0', 'peer-node1', waits]],
    ["groups.ipfs | zip(groups.ipfs | map('extract', hostvars, ['node', 'count'])) | last", ['node2', waits]],
    ['[later] + [1]', [waits, 1]],
  ]
  for (const [text, wanted] of cases) assert.equal(value(text), wanted, text)
})

test('what is not there is told where it is used, with its place and what was meant', () => {
  const cases: [text: string, what: RegExp, fix: RegExp, column: number][] = [
    ['prot + 1', /no "prot"/, /"port"/, 1],
    ['1 + node.peer_idd', /no "peer_idd"/, /"peer_id"/, 10],
    ['constructor', /no "constructor"/, /^/, 1],
    ['"a" + port', /between str and int/, /^/, 5],
    ['mixed[7]', /no "7"/, /^/, 7],
    ['port | regex_replace("(", "")', /^/, /^/, 8],
  ]
  for (const [text, what, fix, column] of cases) {
    const failure = refusedOnce(() => value(text))
    assert.is(failure.reason, 'playbook-value', text)
    assert.match(failure.what, what, text)
    assert.match(failure.fix ?? '', fix, text)
    assert.is(failure.origin?.column, column, text)
    assert.match(failure.why ?? '', 'In the expression: ', text)
  }
})

test('what cannot be read is told with its place', () => {
  const cases: [text: string, column: number][] = [
    ['(port', 7],
    ['port ==', 8],
    ['"a', 1],
    ['port = 1', 6],
    ['a b', 3],
    ['port | nope', 8],
    ['port is nope', 9],
  ]
  for (const [text, column] of cases) {
    const failure = refusedOnce(() => value(text))
    assert.is(failure.reason, 'playbook-expression', text)
    assert.is(failure.origin?.column, column, text)
  }
  const at = (yaml: string) => refusedOnce(() => inYaml(yaml)).origin
  assert.equal([at('"{{ a"')?.column, at('|\n  first\n  x {{ a b }}')?.line], [5, 3])
})

test('a condition has Python escapes, a value of YAML only backslashes', () => {
  assert.is(value(String.raw`'a\tb'`), 'a\tb')
  assert.is(inYaml(String.raw`"{{ 'a\\tb' }}"`), String.raw`a\tb`)
})

test('statements may stand in any value, and its newlines at the end stay', () => {
  assert.is(inYaml('"{% for h in groups.ipfs %}{{ h }};{% endfor %}"'), 'node0;node1;node2;')
  assert.is(inYaml('|\n  {{ name }}\n'), 'Web-1\n')
  assert.equal(inYaml('|\n  {{ groups.ipfs }}\n'), ['node0', 'node1', 'node2'])
})

test('what a template changes in its place is its own copy', () => {
  const from = { list: [1] }
  assert.equal(inYaml('"{% set _ = list.append(2) %}{{ list }}"', from), [1, 2])
  assert.equal(from.list, [1])
})

test('an unknown inside a value that is taken as a whole stands in its place', () => {
  assert.equal(value('node'), { peer_id: 'p', log: waits })
})

test('text, trees and single expressions in YAML', () => {
  assert.equal(inYaml('"p{{ port }}-{{ half }}-{{ true }}-{{ mixed }}"'), "p8080-1.5-True-[1, 'a', {'k': 2}]")
  assert.equal(inYaml('"{{ port }}"'), 8080)
  assert.equal(inYaml("\"{{ {'a': {'b': port}} }}\""), { a: { b: 8080 } })
  assert.equal(inYaml(`"{{ '}}' + 'x' }}"`), '}}x')
  assert.equal(inYaml('[a, "{{ port }}", {b: "{{ later }}", c: "x{{ later }}", d: 1}]'), [
    'a',
    8080,
    { b: waits, c: waits, d: 1 },
  ])
  assert.is(inYaml('"x {{ later }}"'), waits)
})

test('what comes out of an expression is data: it is not evaluated again', () => {
  assert.is(inYaml('"{{ evil }}"', { evil: '{{ port }}' }), '{{ port }}')
  assert.is(inYaml('"x {{ evil }}"', { evil: '{{ port }}' }), 'x {{ port }}')
})

test('a value without expressions is literal and is given back as it is', () => {
  const tree = parseYaml('a: [1, {b: text}]', 'f')
  const expression = compileTemplate(tree.value, tree)
  assert.ok(expression.literal)
  assert.equal(expression.references, [])
  assert.is(expression.evaluate({}), tree.value)
  assert.not(compileTemplate('{{ x }}', tree).literal)
})

test('an expression may stand in one pair of braces where braces are not needed', () => {
  assert.is(value('{{ port == 8080 }}'), true)
  assert.match(refusedOnce(() => value('{{ port }} == 8080')).fix ?? '', /Leave out/)
  assert.match(refusedOnce(() => value('  ')).what, /empty/)
})

test('a refusal of a value that is read comes out unchanged', () => {
  const inner = new Refusal({ reason: 'playbook-value', what: 'a cycle' })
  const from = {
    get x() {
      throw inner
    },
  }
  try {
    value('[x]', from)
    assert.unreachable()
  } catch (error) {
    assert.is(error, inner)
  }
})

test('any data goes through an expression unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), data => {
      const plain = JSON.parse(JSON.stringify(data, (key, inner) => (key === '__proto__' ? undefined : inner)))
      assert.equal(JSON.stringify(value('x', { x: plain })), JSON.stringify(plain))
      assert.equal(JSON.stringify(inYaml('["{{ x }}"]', { x: plain })), JSON.stringify([plain]))
    }),
  )
})

test('an expression that is nested too deeply is refused with its place, whatever it is nested of', () => {
  const origin = { file: 'site.yml', line: 2, column: 9 }
  for (const [name, text] of Object.entries({
    sum: Array(20_000).fill('1').join(' + '),
    not: `${'not '.repeat(20_000)}true`,
    minus: `${'-'.repeat(20_000)}1`,
    and: Array(20_000).fill('true').join(' and '),
    brackets: `${'('.repeat(5000)}1${')'.repeat(5000)}`,
    lists: `${'['.repeat(2000)}${']'.repeat(2000)}`,
    members: `x${'.a'.repeat(30_000)}`,
    filters: `x${' | lower'.repeat(30_000)}`,
    choices: `${'1 if true else '.repeat(3000)}2`,
    mappings: `${'{"a": '.repeat(2000)}1${'}'.repeat(2000)}`,
  })) {
    const failure = refusedOnce(() => compileExpression(text, origin).evaluate({ x: 'a' }))
    assert.match(failure.what, 'nested too deeply', name)
    assert.is(failure.origin?.file, 'site.yml', name)
    assert.ok((failure.why ?? '').length < 400, name)
  }
  assert.is(value(Array(200).fill('1').join(' + ')), 200)
})

test.run()
