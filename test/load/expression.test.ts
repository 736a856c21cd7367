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

test('integers are numbers on both sides', () => {
  const cases: [string, unknown][] = [
    ['port + 1', 8081],
    ['port == 8080 && port > 80 && port in [8080]', true],
    ['port / 3', 2693],
    ['half + 1', 2.5],
    ['2 * half', 3],
    ['string(port) + "/tcp"', '8080/tcp'],
    ['mixed[0] + mixed[2].k', 3],
    ['[port, "a", true]', [8080, 'a', true]],
    ['{"a": {"b": port}}', { a: { b: 8080 } }],
    ['mixed', [1, 'a', { k: 2 }]],
    ['none', null],
  ]
  for (const [text, wanted] of cases) assert.equal(value(text), wanted, text)
})

test('functions of text and paths', () => {
  const cases: [string, unknown][] = [
    ['name.lower() + name.upper() + " x ".trim()', 'web-1WEB-1x'],
    ['"a-b-c".replace("-", "$&").split("$&").join(",")', 'a,b,c'],
    ['basename("/a/b.c") + dirname("/a/b.c")', 'b.c/a'],
    ['has(node.peer_id) && !has(node.nope)', true],
    ['node.?nope.orValue("d")', 'd'],
    ['odd.constructor', 'c'],
    ['size(hostvars) + hostvars.size()', 6],
    ['"node2" in hostvars && !("x" in hostvars)', true],
    ['hostvars.map(h, h)', ['node0', 'node1', 'node2']],
    ['groups == {"ipfs": ["node0", "node1", "node2"]}', true],
  ]
  for (const [text, wanted] of cases) assert.equal(value(text), wanted, text)
})

test('what is unknown is the result, the same object', () => {
  for (const text of [
    'later',
    'later + 1',
    'later && true',
    'size([1, later])',
    '[1, later][0]',
    'later.map(x, 1)',
    '{later: 1}',
    'node.log',
    'has(node.log)',
    'fresh.other',
    'has(fresh.other)',
    'groups.ipfs.map(h, hostvars[h].node.peer_id).size()',
    'groups.ipfs.all(h, hostvars[h].node.count == 2)',
    'dyn(later)',
    'basename(later)',
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
    ['later || true', true],
    ['true || later', true],
    ['later && false', false],
    ['port > 1 ? "a" : later', 'a'],
    ['groups.ipfs.filter(h, h != "node2").map(h, hostvars[h].node.peer_id)', ['peer-node0', 'peer-node1']],
    ['groups.ipfs.exists(h, hostvars[h].node.count == 2)', true],
    ['groups.ipfs.map(h, hostvars[h].address)', ['10.0.0.0', '10.0.0.1', '10.0.0.2']],
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
    ['groups.ipfs.map(h, hostvars[h].node.peer_id)', ['peer-node0', 'peer-node1', waits]],
    [
      '(groups.ipfs).filter(h, h != "node0").map(h, ({"id": hostvars[h].node.peer_id, "at": (hostvars[h].address) + "x"}))',
      [
        { id: 'peer-node1', at: '10.0.0.1x' },
        { id: waits, at: '10.0.0.2x' },
      ],
    ],
    ['[1, 2].map(x, [3].map(y, later + x + y))', [[waits], [waits]]],
    ['[later, 1].map(x, [x])', [[waits], [1]]],
  ]
  for (const [text, wanted] of cases) assert.equal(value(text), wanted, text)
})

test('an unknown inside a value that is taken as a whole stands in its place', () => {
  assert.equal(Object.entries(value('node') as object), [
    ['peer_id', 'p'],
    ['log', waits],
  ])
  assert.is((value('fresh') as Record<PropertyKey, unknown>)[born], waits, 'a thing newly made still says so')
  const all = value('hostvars') as Record<string, { node: unknown }>
  assert.is(all.node2!.node, waits)
  assert.equal(all.node1!.node, { peer_id: 'peer-node1', count: 2 })
})

test('a stack that runs over is thrown on, not taken for bad input', () => {
  const round: Record<string, unknown> = {}
  round.self = round
  for (const text of ['round', '[round]', '{"a": round}'])
    assert.throws(
      () => value(text, { round }),
      (error: unknown) => error instanceof RangeError && error.message.startsWith('Maximum call stack'),
      text,
    )
})

test('text, trees and single expressions in YAML', () => {
  assert.equal(inYaml('"p{{ port }}-{{ half }}-{{ true }}"'), 'p8080-1.5-true')
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
    value('[1].map(i, x + i)', from)
    assert.unreachable()
  } catch (error) {
    assert.is(error, inner)
  }
})

test('an expression that is reached again while it runs keeps its own state', () => {
  const expression = compileExpression('[1, 2].map(i, i + (deep ? inner.size() : 0))', {
    file: 'f',
    line: 1,
    column: 1,
  })
  const inside = { deep: false, inner: [] }
  const outside = {
    deep: true,
    get inner() {
      return expression.evaluate(inside)
    },
  }
  assert.equal(expression.evaluate(outside), [3, 4])
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

test('matches ends, and is what CEL has: of a text, in comprehensions, refused where it is no expression', () => {
  assert.is(value('"ab".matches("^a")'), true)
  assert.equal(value('["a", "b"].filter(x, x.matches("a"))'), ['a'])
  assert.match(refusedOnce(() => value('"a".matches("(")')).what, 'Invalid regular expression: (.')
  assert.match(refusedOnce(() => value('1.matches("a")')).what, 'There is no function int.matches(string)')
  const failure = refusedOnce(() => value(`"${'a'.repeat(44)}!".matches("^(a+)+$")`))
  assert.match(failure.what, 'The regular expression ^(a+)+$ takes too long')
  assert.is(failure.reason, 'playbook-value')
})

test('an expression that is nested too deeply is refused with its place, whatever it is nested of', () => {
  const origin = { file: 'site.yml', line: 2, column: 9 }
  for (const [name, text] of Object.entries({
    sum: Array(2000).fill('1').join(' + '),
    not: `${'!'.repeat(20_000)}true`,
    minus: `${'-'.repeat(20_000)}1`,
    and: Array(20_000).fill('true').join(' && '),
    brackets: `${'('.repeat(5000)}1${')'.repeat(5000)}`,
    lists: `${'['.repeat(2000)}${']'.repeat(2000)}`,
    members: `x${'.a'.repeat(3000)}`,
    indexes: `x${'["a"]'.repeat(3000)}`,
    calls: `${'size('.repeat(2000)}x${')'.repeat(2000)}`,
    methods: `"a"${'.lower()'.repeat(3000)}`,
    choices: `${'true ? 1 : '.repeat(3000)}2`,
    mappings: `${'{"a": '.repeat(2000)}1${'}'.repeat(2000)}`,
  })) {
    const failure = refusedOnce(() => compileExpression(text, origin))
    assert.is(failure.reason, 'playbook-expression', name)
    assert.match(failure.what, 'nested more than 250 levels deep', name)
    assert.is(failure.origin?.file, 'site.yml', name)
    assert.ok((failure.why ?? '').length < 400, name)
  }
  assert.is(value(Array(200).fill('1').join(' + ')), 200)
  assert.match(
    refusedOnce(() => compileExpression(`[${Array(5000).fill('1').join(', ')}]`, origin)).what,
    'A list that is written in an expression has at most 1000 elements.',
  )
})

test.run()
