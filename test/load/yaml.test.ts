import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { step } from '../../src/load/located.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import { fc } from '../chance.ts'
import { refusedOnce, spot } from './refused.ts'

const places = (text: string, ...pointers: string[]): string[] => {
  const tree = parseYaml(text, 'f')
  return pointers.map(pointer => `${tree.at(pointer).line}:${tree.at(pointer).column}`)
}

test('YAML 1.2 core: yes is what it looks like, and 0644 as a mode, which wants quotes', () => {
  assert.equal(parseYaml('{a: yes, mode: 0644, c: true, d: ~, e: 1.5, f: 2024-01-01}', 'f').value, {
    a: 'yes',
    mode: 644,
    c: true,
    d: null,
    e: 1.5,
    f: '2024-01-01',
  })
})

for (const [written, place] of [
  ['a: 123456789012345678', '1:4'],
  ['a: [1, -9007199254740993]', '1:8'],
  ['a: 0xffffffffffffffff', '1:4'],
  ['a: 0.12345678901234567890', '1:4'],
  ['123456789012345678: b', '1:1'],
  ['{"a": 123456789012345678}', '1:7'],
] as const)
  test(`a number that would lose digits is refused where it stands: ${written}`, () => {
    const failure = refusedOnce(() => parseYaml(written, 'f'))
    assert.is(spot(failure), place)
    assert.match(failure.what, 'more digits than a number keeps')
  })

for (const [written, shown] of [
  ['1.0', '1'],
  ['-2.00', '-2'],
  ['12e5', '1200000'],
  ['1234e56', '1.234e+59'],
  ['01234', '1234'],
  ['00', '0'],
] as const)
  test(`a number that would be written as another text than Ansible makes of it is refused: ${written}`, () => {
    const failure = refusedOnce(() => parseYaml(`a: [${written}]`, 'f'))
    assert.is(spot(failure), '1:5')
    assert.match(failure.what, `would be written as ${shown}.`)
    assert.match(failure.fix!, `"${written}"`)
    assert.equal(parseYaml(`a: ["${written}"]`, 'f').value, { a: [written] })
  })

test('numbers that keep their digits, and quoted ones, are taken', () =>
  assert.equal(
    parseYaml(
      '[9007199254740991, 1.50, 0.1, 1.5e-7, 0x10, 0, .inf, 0b11, "123456789012345678", !!str 123456789012345678]',
      'f',
    ).value,
    [
      9007199254740991,
      1.5,
      0.1,
      1.5e-7,
      16,
      0,
      Number.POSITIVE_INFINITY,
      '0b11',
      '123456789012345678',
      '123456789012345678',
    ],
  ))

test('values know where they are written', () => {
  const text = 'a:\n  - "q"\n  - |\n     lit\n     two\nb: {c: [1, x]}\nd:\n'
  assert.equal(places(text, '', '/a', '/a/0', '/a/1', '/b/c/1', '/d'), ['1:1', '2:3', '2:6', '4:6', '6:12', '7:1'])
})

test('a value that has no place answers with that of its nearest ancestor', () => {
  assert.equal(places('a:\n  b: 1\n', '/a/x/y', '/zz', '/a/b/c'), ['2:3', '1:1', '2:6'])
})

test('what comes by an alias or a merge points at where it is written', () => {
  const text = 'base: &b\n  k: 1\n  m: 1\nd: *b\ne:\n  <<: *b\n  m: 2\nf:\n  <<: [{z: 3}, *b]\n'
  const tree = parseYaml(text, 'f')
  assert.equal(tree.value, {
    base: { k: 1, m: 1 },
    d: { k: 1, m: 1 },
    e: { k: 1, m: 2 },
    f: { z: 3, k: 1, m: 1 },
  })
  assert.equal(places(text, '/d', '/d/k', '/e/k', '/e/m', '/f/k'), ['4:4', '2:6', '2:6', '7:6', '2:6'])
})

test('faults have a reason, a sentence and a place', () => {
  const faults: [yaml: string, place: string, what: RegExp, fix?: RegExp][] = [
    ['', '1:1', /empty/],
    ['# only this\n', '1:1', /empty/],
    ['---\n', '1:1', /empty/],
    ['a: 1\nb: 2\na: 3', '3:1', /duplicated/],
    ['a:\n\t- b', '2:1', /tab/, /spaces/],
    ['a: b: c', '1:5', /not valid YAML/, /Quote/],
    ['a: {{ x }}', '1:4', /key must be plain text/, /quotes/],
    ['{a', '1:3', /not valid YAML/, /Close every/],
    ['{a: [{{ x }}', '1:13', /key must be plain text|not valid YAML/, /quotes/],
    ['a: 1\n---\nb: 2', '1:1', /several/],
    ['x: 1\n__proto__: {a: 1}', '2:1', /__proto__/],
    ['a: &a [1, *a]', '1:11', /inside the value/],
    ['a: *b', '1:5', /alias/],
    ['a: !!js/function x', '1:4', /tag/],
  ]
  for (const [yaml, place, what, fix] of faults) {
    const failure = refusedOnce(() => parseYaml(yaml, 'f'))
    assert.is(failure.reason, 'playbook-yaml')
    assert.match(failure.what, what)
    if (fix) assert.match(failure.fix ?? '', fix)
    assert.is(spot(failure), place, yaml)
  }
  assert.is(refusedOnce(() => parseYaml('a: [', 'i', 'inventory-yaml')).reason, 'inventory-yaml')
})

test('what would take too long is refused', () => {
  const level = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(', ')}]\n`
  const bomb = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, i, all) => level(name, i ? `*${all[i - 1]}` : '1')).join('')
  assert.match(refusedOnce(() => parseYaml(bomb, 'f')).what, /unfold/)
  assert.match(refusedOnce(() => parseYaml('['.repeat(200), 'f')).what, /not valid YAML/)
  assert.match(refusedOnce(() => parseYaml(`a: ${'x'.repeat(2 ** 21)}`, 'f')).what, /2 MB/)
})

test('JSON is read as it is, and every leaf has the place it is written at', () => {
  const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.stringMatching(/^[a-z ]{1,8}$/))
  const key = fc.stringMatching(/^[a-z/~]{1,6}$/)
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
    ),
  }))
  const leaves = (value: unknown, pointer: string): [string, unknown][] =>
    value !== null && typeof value === 'object'
      ? Object.entries(value).flatMap(([name, inner]) => leaves(inner, pointer + step(name)))
      : [[pointer, value]]
  fc.assert(
    fc.property(tree, value => {
      const text = JSON.stringify(value, null, 2)
      const lines = text.split('\n')
      const located = parseYaml(text, 'f')
      assert.equal(JSON.stringify(located.value), JSON.stringify(value))
      for (const [pointer, found] of leaves(value, '')) {
        const { line, column } = located.at(pointer)
        const quoted = typeof found === 'string' ? 1 : 0
        assert.ok(lines[line - 1]!.startsWith(JSON.stringify(found), column - 1 - quoted), `${pointer} in ${text}`)
      }
    }),
  )
})

test.run()
