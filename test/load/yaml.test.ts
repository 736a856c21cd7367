import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { SealedText, setVaultOpener } from '../../src/core/vault-file.ts'
import type { Dict } from '../../src/jinja/value.ts'
import { step } from '../../src/load/located.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import { fc } from '../chance.ts'
import { refusedOnce, spot } from './refused.ts'

const places = (text: string, ...pointers: string[]): string[] => {
  const tree = parseYaml(text, 'f')
  return pointers.map(pointer => `${tree.at(pointer).line}:${tree.at(pointer).column}`)
}

/** What is told beside plain data: each part of it that has an exact value. */
const exactly = (text: string, pointer = ''): unknown => parseYaml(text, 'f').exact?.(pointer)

test('words are what they are in YAML 1.1; plain data keeps what JSON can say', () =>
  assert.equal(parseYaml('{a: yes, mode: 0644, c: 8.0, d: ~, e: 1.5, f: 2024-01-01, g: 12:30, h: 1e3}', 'f').value, {
    a: true,
    mode: 420,
    c: 8,
    d: null,
    e: 1.5,
    f: '2024-01-01',
    g: 750,
    h: '1e3',
  }))

test('what plain data cannot tell is told beside it, and only that', () => {
  assert.equal(exactly('{a: 8, b: 1.5, c: x, d: [yes, ~]}'), undefined)
  const text = '{a: 8.0, b: 9007199254740993, c: [x, 2024-01-01], d: {8080: x, 80: y}, e: {x: 1}}'
  assert.equal(exactly(text, '/a'), { value: 8, isTemplate: true })
  assert.equal(exactly(text, '/b'), { value: 9007199254740993n, isTemplate: true })
  assert.equal(parseYaml(text, 'f').value, {
    a: 8,
    b: '9007199254740993',
    c: ['x', '2024-01-01'],
    d: { 80: 'y', 8080: 'x' },
    e: { x: 1 },
  })
  const ports = parseYaml(text, 'f').exact!('/d')!.value as Dict
  assert.equal(ports.entries(), [
    [8080n, 'x'],
    [80n, 'y'],
  ])
  for (const pointer of ['/c/0', '/d/80', '/e', '/e/x', '/nothing'])
    assert.is(exactly(text, pointer), undefined, pointer)
  assert.ok(exactly('{"80": a, "22": b}'), 'texts that look like numbers would change places')
})

test('a value tagged !unsafe is no template, with all in it', () => {
  const text = 'a: !unsafe "{{ x }}"\nb: !unsafe {c: ["{{ y }}"]}\nd: "{{ z }}"\n'
  assert.equal(parseYaml(text, 'f').value, { a: '{{ x }}', b: { c: ['{{ y }}'] }, d: '{{ z }}' })
  assert.equal(exactly(text, '/a'), { value: '{{ x }}', isTemplate: false })
  assert.equal(exactly(text, '/b/c/0'), { value: '{{ y }}', isTemplate: false })
  assert.is(exactly(text, '/d'), undefined)
})

test('what a vault keeps is opened when it is read, and refused with its place where no password is given', () => {
  const text = 'a: 1\nb: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\n'
  const read = (): unknown => {
    const { b } = parseYaml(text, 'f').value as { b: SealedText }
    assert.instance(b, SealedText)
    return b.open()
  }
  const failure = refusedOnce(read)
  assert.is(failure.reason, 'usage-vault')
  assert.is(spot(failure), '3:3')
  assert.match(failure.fix!, '--vault-password-file')
  const opened: unknown[] = []
  setVaultOpener((secret, { line, column }) => {
    opened.push([secret, line, column])
    return Buffer.from('opened')
  })
  try {
    assert.is(read(), 'opened')
  } finally {
    setVaultOpener(undefined)
  }
  assert.equal(opened, [['$ANSIBLE_VAULT;1.1;AES256\n3132\n', 3, 3]])
})

const doubts = (text: string): string[] =>
  (parseYaml(text, 'f').doubts?.('') ?? []).map(({ text: said, origin }) => `${origin.line}:${origin.column} ${said}`)

for (const [written, said] of [
  ['version: 1.10', '1:10 1.10 is the number 1.1 here.'],
  ['version: [1.0, 1.00]', '1:16 1.00 is the number 1.0 here.'],
  ['start: 12:30', '1:8 12:30 is the number 750 here, as YAML counts in sixties.'],
  ['zip: 01234', '1:6 01234 is the number 668 here, as it begins with 0 and is octal.'],
  ['mode: 644', '1:7 644 is decimal here: as a mode it is 1204. If its octal digits are meant, write "0644".'],
  ['month: 07', '1:8 07 is the number 7 here.'],
  ['phone: 0891', '1:8 0891 is text here'],
  ['countries: [se, no, dk]', '1:17 no is false here.'],
  ['country: NO', '1:10 NO is false here.'],
  ['on: 1', '1:1 The key on is true here.'],
  ['{"a": 1, 12:30: 2}', '1:10 12:30 is the number 750 here'],
  ['at: 2024-01-01T10:00:00Z', '1:5 2024-01-01T10:00:00Z is a time here, and reads 2024-01-01 10:00:00+00:00.'],
  ['digits: 0.12345678901234567890', '1:9 0.12345678901234567890 is the number 0.12345678901234568 here.'],
  ['a: 1\nb: 2\na: 3', '3:1 The key a is written twice in one mapping; the last one counts.'],
] as const)
  test(`what YAML 1.1 may have read wrongly is told with its place: ${written.replaceAll('\n', ' ')}`, () => {
    const [only, ...more] = doubts(written)
    assert.ok(only?.startsWith(said), `${only}`)
    assert.equal(more, [])
  })

for (const written of [
  'mode: 0644',
  'directory_mode: 01777',
  'umask: 022',
  'a: 1.5',
  'a: 1.0',
  'a: 1.5e+3',
  'a: "1.10"',
  'a: 1_000',
  'a: 0x1f',
  'enabled: no',
  'flags: [yes, no]',
  'd: 2024-01-01',
  'a: !!str 012',
  'b: &b {x: 1}\nc: {<<: *b, x: 2}',
])
  test(`nothing is said where YAML reads what is meant: ${written.replaceAll('\n', ' ')}`, () =>
    assert.equal(doubts(written), []))

test('doubts are those of the part that is asked about, each once', () => {
  const tree = parseYaml('a: &a {v: 1.10}\nb: *a\nc: 12:30\n', 'f')
  const lines = (pointer: string) => tree.doubts!(pointer).map(({ origin }) => origin.line)
  assert.equal([lines(''), lines('/a'), lines('/b'), lines('/c'), lines('/d')], [[1, 3], [1], [1], [3], []])
})

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
    ['a:\n\t- b', '2:1', /tab/, /spaces/],
    ['a: b: c', '1:5', /not valid YAML/, /Quote/],
    ['a: {{ x }}', '1:5', /key must be plain text/, /quotes/],
    ['{a', '1:3', /not valid YAML/, /Close every/],
    ['{a: [{{ x }}', '1:13', /key must be plain text|not valid YAML/, /quotes/],
    ['a: 1\n---\nb: 2', '3:1', /several/],
    ['x: 1\n__proto__: {a: 1}', '2:1', /__proto__/],
    ['a: &a [1, *a]', '1:11', /inside the value/],
    ['a: *b', '1:4', /alias/],
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
