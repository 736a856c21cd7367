import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { matchHosts, selectHosts, warningsOfPattern } from '../../src/load/pattern.ts'
import { fc } from '../chance.ts'
import { folderWith } from './folder.ts'
import { refusedOnce } from './refused.ts'

const hosts = ['node0', 'node1', 'node2', 'web-1', 'web-2', 'fe80::1']
const groups = { all: hosts, ipfs: hosts.slice(0, 3), web: hosts.slice(3, 5), ungrouped: [hosts[5]!], none: [] }
const inventory = { hosts, groups }
const select = (pattern: string) => selectHosts(inventory, pattern).join(' ')
const everything = hosts.join(' ')

test('names, groups, globs and regular expressions', () => {
  const cases: [string, string][] = [
    ['all', everything],
    ['*', everything],
    ['ipfs', 'node0 node1 node2'],
    ['node1', 'node1'],
    ['node1,node0', 'node1 node0'],
    ['node1:node0', 'node1 node0'],
    ['node1 node0', 'node1 node0'],
    ['web-*', 'web-1 web-2'],
    ['node?', 'node0 node1 node2'],
    ['node[!12]', 'node0'],
    ['w*', 'web-1 web-2'],
    ['~node[01]', 'node0 node1'],
    ['~(ipfs|web-1)', 'node0 node1 node2 web-1'],
    ['fe80::1', 'fe80::1'],
    ['none', ''],
  ]
  for (const [pattern, wanted] of cases) assert.is(select(pattern), wanted, pattern)
})

test('unions, then intersections, then exclusions, in whatever order they stand', () => {
  const cases: [string, string][] = [
    ['ipfs:!node1', 'node0 node2'],
    ['!node1:ipfs', 'node0 node2'],
    ['ipfs,web,!node0', 'node1 node2 web-1 web-2'],
    ['all:&web', 'web-1 web-2'],
    ['all:&web:!web-1', 'web-2'],
    ['!ungrouped', 'node0 node1 node2 web-1 web-2'],
    ['&web', 'web-1 web-2'],
  ]
  for (const [pattern, wanted] of cases) assert.is(select(pattern), wanted, pattern)
})

test('subscripts count from 0 or from the end, ranges include both ends', () => {
  const cases: [string, string][] = [
    ['ipfs[0]', 'node0'],
    ['ipfs[-1]', 'node2'],
    ['ipfs[0:1]', 'node0 node1'],
    ['ipfs[1:]', 'node1 node2'],
    ['ipfs[1:9]', 'node1 node2'],
    ['ipfs[2:0]', 'node2'],
    ['none[3]', ''],
    ['web*[1]', 'web-2'],
    ['all:!ipfs[0]', 'node1 node2 web-1 web-2 fe80::1'],
  ]
  for (const [pattern, wanted] of cases) assert.is(select(pattern), wanted, pattern)
})

test('a name that names nothing is refused, in an exclusion too', () => {
  const cases: [string, string, RegExp][] = [
    ['ipsf', 'ipsf', /"ipfs"/],
    ['ipfs:!wbe', 'wbe', /"web"/],
    ['node5', 'node5', /"node0"/],
    ['zz*', 'zz*', /^/],
  ]
  for (const [pattern, name, fix] of cases) {
    const failure = refusedOnce(() => select(pattern))
    assert.is(failure.reason, 'inventory-no-host')
    assert.ok(failure.what.includes(`"${name}"`))
    assert.match(failure.fix ?? '', fix)
  }
  assert.match(refusedOnce(() => select('ipfs[9]')).why!, /3 hosts/)
  assert.match(refusedOnce(() => select('~[')).what, /not valid/)
  assert.match(refusedOnce(() => select(' , ')).what, /empty/)
})

test('a play may name what an inventory does not have: it is told, with what is meant perhaps', () => {
  const origin = { file: 'site.yml', line: 3, column: 10 }
  assert.equal(matchHosts(inventory, 'ipsf,node1,!wbe'), { hosts: ['node1'], unmatched: ['ipsf', 'wbe'] })
  assert.equal(matchHosts(inventory, 'nobody[0]').hosts, [])
  assert.equal(matchHosts(inventory, 'none').unmatched, [])
  assert.equal(warningsOfPattern(inventory, 'ipsf,node1', origin), [
    'site.yml:3: There is no host or group "ipsf" in the inventory. Did you mean "ipfs"?',
  ])
})

test('a limit reads names from a file, one a line', () => {
  const file = join(folderWith({ retry: 'node1\n\n web-* \n!web-2\n', wrong: 'node1,node2\n' }), 'retry')
  assert.is(select(`@${file}`), 'node1 web-1')
  assert.is(select(`node0,@${file}`), 'node0 node1 web-1')
  assert.match(refusedOnce(() => select(`@${file.replace('retry', 'wrong')}`)).what, /"node1,node2"/)
  assert.is(refusedOnce(() => select('@/nowhere')).reason, 'usage-file')
})

test('sets of characters in globs', () => {
  const names = ['a', 'b', 'c', '-', ']', '!', 'x[1]', '[a']
  const from = { hosts: names, groups: { all: names } }
  const cases: [string, string][] = [
    ['[ab],', 'a b'],
    ['[!abc],', '- ] !'],
    ['[]a],', 'a ]'],
    ['[!]a],', 'b c - !'],
    ['[a-c],', 'a b c'],
    ['[c-a],', ''],
    ['[-a],', 'a -'],
    ['[a,', '[a'],
    ['[!],', ''],
    ['x[[]1],', 'x[1]'],
  ]
  for (const [pattern, wanted] of cases) assert.is(matchHosts(from, pattern).hosts.join(' '), wanted, pattern)
})

test('whatever is asked, hosts come once each, and what is excluded does not come', () => {
  const part = fc.constantFrom('all', 'ipfs', 'web', 'node1', 'web-2', 'node*', 'ipfs[0]', '!web', '!node1', '&all')
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), parts => {
      const found = selectHosts(inventory, parts.join(','))
      assert.equal(found, [...new Set(found)])
      assert.ok(found.every(host => hosts.includes(host)))
      if (parts.includes('!node1')) assert.not.ok(found.includes('node1'))
    }),
  )
})

test('a machine that nobody lists is called by its names alone', () => {
  const implicit = { hosts: ['localhost', 'web-1'], groups: { all: ['web-1'] }, implicit: 'localhost' }
  const cases: [string, string][] = [
    ['localhost', 'localhost'],
    ['127.0.0.1', 'localhost'],
    ['::1', 'localhost'],
    ['localhost,web-1', 'localhost web-1'],
    ['all:localhost', 'web-1 localhost'],
    ['all', 'web-1'],
    ['*', 'web-1'],
    ['~.*', 'web-1'],
    ['!web-1', ''],
    ['web-1,!localhost', 'web-1'],
  ]
  for (const [pattern, hosts] of cases) assert.is(selectHosts(implicit, pattern).join(' '), hosts, pattern)
  assert.is(refusedOnce(() => selectHosts(implicit, 'l*')).reason, 'inventory-no-host')
  // One that is listed is found by any of them.
  const listed = { hosts: ['127.0.0.1'], groups: { all: ['127.0.0.1'] } }
  for (const pattern of ['localhost', '::1', 'all']) assert.equal(selectHosts(listed, pattern), ['127.0.0.1'])
  // A group may have that name.
  const grouped = { hosts: ['127.0.0.1', 'b'], groups: { all: ['127.0.0.1', 'b'], localhost: ['b'] } }
  assert.equal(selectHosts(grouped, 'localhost'), ['b'])
})

test('a regular expression that would not end is refused with its place; a glob always ends', () => {
  const long = `${'a'.repeat(60)}b`
  const given = { hosts: ['a', long], groups: { all: ['a', long] } }
  const origin = { file: 'site.yml', line: 3, column: 7 }
  const failure = refusedOnce(() => selectHosts(given, '~(a+)+$', origin))
  assert.is(failure.reason, 'inventory-no-host')
  assert.match(failure.what, 'The regular expression (a+)+$ takes too long')
  assert.equal(failure.origin, origin)
  assert.equal(selectHosts(given, `${'*a'.repeat(25)}*b`), [long])
  assert.equal(selectHosts({ hosts: ['a'.repeat(200)], groups: {} }, `${'*a'.repeat(25)}*`), ['a'.repeat(200)])
  refusedOnce(() => selectHosts({ hosts: ['a'.repeat(200)], groups: {} }, `${'*a'.repeat(25)}*b`))
})

test('long patterns and many hosts: told with the place, or done in one go', () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `h${i}`)
  const large = { hosts: names, groups: { all: names } }
  const began = process.cpuUsage().user
  assert.is(selectHosts(large, names.join(',')).length, 20_000)
  assert.is(
    selectHosts(
      large,
      `all,${names
        .slice(1)
        .map(name => `!${name}`)
        .join(',')}`,
    ).length,
    1,
  )
  const origin = { file: 'site.yml', line: 1, column: 10 }
  for (const pattern of [
    'h[1:1]'.repeat(20_000),
    `h${'[1:1]'.repeat(20_000)}`,
    'x'.repeat(1_000_000),
    ':'.repeat(1_000_000),
    ' '.repeat(1_000_000),
    '['.repeat(100_000),
    `~${'('.repeat(50_000)}`,
    `${'f'.repeat(5000)}${':'.repeat(5000)}x`,
  ]) {
    const failure = refusedOnce(() => selectHosts(large, pattern, origin))
    assert.is(failure.reason, 'inventory-no-host', pattern.slice(0, 20))
    assert.equal(failure.origin, origin)
  }
  assert.ok(process.cpuUsage().user - began < 10_000_000)
})

test.run()
