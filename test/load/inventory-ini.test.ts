import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { toPlain } from '../../src/jinja/plain.ts'
import { loadInventory } from '../../src/load/inventory.ts'
import { pythonLiteral as readLiteral } from '../../src/load/python-literal.ts'
import { fc } from '../chance.ts'
import { folderWith } from './folder.ts'
import { refusedOnce } from './refused.ts'

const pythonLiteral = (text: string): unknown => toPlain(readLiteral(text))
const load = (text: string) => loadInventory([join(folderWith({ 'hosts.ini': text }), 'hosts.ini')])

test('values are read as Ansible reads them', () => {
  const cases: [string, unknown][] = [
    ['1 # c', 1],
    ['foo # c', 'foo # c'],
    ['"abc"', 'abc'],
    ['"a # b"', 'a # b'],
    ['False', false],
    ['True', true],
    ['FALSE', 'FALSE'],
    ['yes', 'yes'],
    ['0755', '0755'],
    ['0o755', 493],
    ['0x1f', 31],
    ['None', null],
    ['1_000', 1000],
    ['-3', -3],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['123456789012345678', '123456789012345678'],
    ['1e400', Number.POSITIVE_INFINITY],
    ['1,2', [1, 2]],
    ["(1, 'a')", [1, 'a']],
    ["{'a': [1], 'b': {}}", { a: [1], b: {} }],
    ["{'a': x}", "{'a': x}"],
    ['{1, 2}', [1, 2]],
    ["'a' 'b'", 'ab'],
    ['r\'\\n\' "\\x41\\101\\q"', '\\nAA\\q'],
    ["b'ab'", 'ab'],
    ["f'a'", "f'a'"],
    ['00', 0],
    ['1__0', '1__0'],
    ['- 1', -1],
    ['--1', '--1'],
    ['1+2', '1+2'],
    ['-True', '-True'],
    ["'open", "'open"],
    ['[1,', '[1,'],
    ['[]', []],
    ['()', []],
    ['(1)', 1],
    ['(1,)', [1]],
    ['1.', 1],
    ['.5', 0.5],
    ['1if', '1if'],
    ['...', '...'],
    ['{{ x }}', '{{ x }}'],
    ["'''a'b'''", "a'b"],
    ['1.2.3', '1.2.3'],
    ['', ''],
    ["[1, 'a', True]", [1, 'a', true]],
    ['[a, b]', '[a, b]'],
  ]
  for (const [text, wanted] of cases) assert.equal(pythonLiteral(text), wanted, text)
})

test('any integer is read back', () => {
  fc.assert(fc.property(fc.integer(), number => assert.is(pythonLiteral(String(number)), number)))
})

test('hosts, groups, children and variables', () => {
  const found = load(`
# a comment
free ansible_host=10.0.0.9
[ipfs]
node[0:1]:2222 x=1 name="two words" path='/a b' # behind
; another
[ipfs:vars]
flag = True
text = plain text # kept
[prod:children]
ipfs # nested
[all:vars]
z=26
`)
  assert.equal(found.hosts, ['free', 'node0', 'node1'])
  assert.equal(found.groups.prod, ['node0', 'node1'])
  assert.equal(found.groups.ungrouped, ['free'])
  const { node1 } = found.vars
  assert.equal(
    ['ansible_port', 'x', 'name', 'path', 'flag', 'text', 'z'].map(name => node1![name]!.value),
    [2222, 1, 'two words', '/a b', true, 'plain text # kept', 26],
  )
  assert.is(node1!.x!.origin.line, 5)
})

test('mistakes name the line', () => {
  const cases: [string, RegExp, number][] = [
    ['[a:foo]\n', /kind "foo"/, 1],
    ['[a b]\n', /no valid section/, 1],
    ['[a]\nn0 word\n', /"word" is no name=value/, 2],
    ['n0\n[b:vars]\nx=1\n', /"b" is used but never declared/, 2],
    ['[a:children]\nb\n', /"b" is used but never declared/, 2],
    ['n0:\n', /"n0:" is no name of a host/, 1],
    ['---\n', /"---" is no name of a host/, 1],
    ['n0 a="b\n', /quote of this line is not closed/, 1],
  ]
  for (const [text, what, line] of cases) {
    const failure = refusedOnce(() => load(text))
    assert.match(failure.what, what)
    assert.is(failure.origin!.line, line, text)
  }
})

test('values, sections and groups are read in one go, however they are made', () => {
  const spaces = ' '.repeat(200_000)
  const began = process.cpuUsage().user
  assert.is(pythonLiteral(`a${spaces}b`), `a${spaces}b`)
  assert.is(pythonLiteral(`'a'${spaces}"b`), `'a'${spaces}"b`)
  assert.is(typeof pythonLiteral('['.repeat(100_000)), 'string')
  assert.is(typeof pythonLiteral(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'string')
  assert.equal(pythonLiteral(`1${spaces}# c`), 1)
  load(`[a]\nh\n[b:children]\na${spaces}#${spaces}x`)
  load(`[a:vars]\n${Array.from({ length: 20_000 }, (_, i) => `v${i}=1`).join('\n')}\n[a]\nh\n`)
  assert.ok(process.cpuUsage().user - began < 5_000_000, 'the square of the length would take minutes')
})

test('groups that contain each other through `all`, or lie too deep, are refused with their place', () => {
  const through = refusedOnce(() => load('[a]\nh\n[a:children]\nall\n'))
  assert.is(through.reason, 'inventory-shape')
  assert.match(through.why ?? '', 'all')
  assert.equal(through.origin?.line, 1)
  const chain = (length: number): string =>
    `[g0]\nh\n${Array.from({ length }, (_, i) => `[g${i + 1}:children]\ng${i}\n`).join('')}`
  assert.equal(load(chain(90)).groups.g90, ['h'])
  const deep = refusedOnce(() => load(chain(5_000)))
  assert.match(deep.what, 'lies in more than 100 others')
  assert.ok(deep.origin!.line > 1)
  const round = refusedOnce(() => load(`${chain(5_000)}[g0:children]\ng5000\n`))
  assert.match(round.what, 'contain each other')
  assert.ok((round.why ?? '').length < 500)
})

test('groups that lie in one another in very many ways are looked at once each', () => {
  const layers = Array.from(
    { length: 40 },
    (_, i) => `[a${i + 1}:children]\na${i}\nb${i}\n[b${i + 1}:children]\na${i}\nb${i}\n`,
  )
  assert.equal(load(`[a0]\nx\n[b0]\ny\n${layers.join('')}`).groups.a40, ['x', 'y'])
})

test('very many hosts and groups take as long as they are many', () => {
  const began = process.cpuUsage().user
  const found = load(Array.from({ length: 10_000 }, (_, i) => `[g${i}]\nh${i}\n`).join(''))
  assert.is(found.hosts.length, 10_000)
  assert.ok(process.cpuUsage().user - began < 10_000_000, 'hosts times groups would take minutes')
  assert.match(refusedOnce(() => load('h[1:60000]\nx[1:60000]\n')).what, 'more than 100000 hosts')
})

test.run()
