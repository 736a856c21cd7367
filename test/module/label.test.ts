import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { canonicalLabel, completeLabels, isBelow, overlaps } from '../../src/module/label.ts'
import { fc } from '../chance.ts'

const table: [string, string, boolean, string][] = [
  ['path:/a', 'path:/a', true, 'the same file'],
  ['path:/a', 'path:/b', false, 'another file'],
  ['path:/a', 'path:/a/b', false, 'a folder itself is not what is in it'],
  ['tree:/a', 'path:/a', true, 'a tree holds its root'],
  ['tree:/a', 'path:/a/b/c', true, 'and all below'],
  ['tree:/a', 'path:/ab', false, 'but no neighbour whose name begins alike'],
  ['tree:/a', 'path:/', false, 'and not what it lies in'],
  ['tree:/', 'path:/x', true, 'everything lies below /'],
  ['tree:/a/b', 'tree:/a', true, 'one tree in another'],
  ['tree:/a', 'tree:/b', false, 'trees side by side'],
  ['tree:/a', 'children:/a', true, 'a tree changes the names in it'],
  ['tree:/a/b', 'children:/a', false, 'a tree does not change the names beside it by itself'],
  ['children:/a', 'children:/a', true, 'the names in a folder'],
  ['children:/a', 'path:/a', false, 'a new name in a folder leaves its mode and owner'],
  ['children:/a', 'path:/a/b', false, 'a new name leaves the other files'],
  ['member:/f#a.b', 'member:/f#a.b', true, 'the same member'],
  ['member:/f#a', 'member:/f#a.b', true, 'a member holds those in it'],
  ['member:/f#a.b', 'member:/f#a.c', false, 'siblings'],
  ['member:/f#a.b', 'member:/f#a.bc', false, 'siblings whose names begin alike'],
  ['member:/f#a', 'member:/g#a', false, 'the same member of another file'],
  ['member:/f#a', 'path:/f', true, 'a member is a part of its file'],
  ['member:/f#a', 'tree:/', true, 'and of every tree the file is in'],
  ['member:/f#a', 'children:/', false, 'but no name in a folder'],
  ['unit:x.service', 'unit:x.service', true, 'the same unit'],
  ['unit:x.service', 'unit:y.service', false, 'another unit'],
  ['attributes:/a', 'path:/a', true, 'its mode is a part of what a file is'],
  ['attributes:/a', 'tree:/', true, 'and of every tree it is in'],
  ['attributes:/a', 'path:/a/b', false, 'but not of what is in it'],
  ['attributes:/a', 'member:/a#b', false, 'nor of what is written there'],
  ['attributes:/a', 'children:/a', false, 'nor of the names in it'],
  ['owners:/a#user:n', 'path:/a/b/c', true, 'what is below belongs to somebody'],
  ['owners:/a#user:n', 'path:/b', false, 'elsewhere it does not matter'],
  ['owners:/a#user:n', 'member:/a/b#c', false, 'who owns a file writes nothing in it'],
  ['user:*', 'user:x', true, 'all users, and one of them'],
  ['user:*', 'group:x', false, 'no groups'],
  ['unit:x', 'user:x', false, 'kinds do not mix'],
  ['unit:/a', 'path:/a', false, 'not even where they look alike'],
  ['any', 'path:/a', true, 'any is everything'],
  ['any', 'unit:x', true, 'any is everything'],
  ['live:ipfs#peers/A', 'live:ipfs#peers/B', false, 'one peer is not another'],
  ['live:ipfs#peers', 'live:ipfs#peers/A', true, 'a list of what is alive holds its members'],
  ['live:ipfs', 'live:ipfs#peers/A', true, 'and a daemon all its lists'],
  ['live:ipfs#peers', 'live:ipfs#peering', false, 'lists whose names begin alike'],
  ['live:ipfs', 'live:ipfs-cluster#peers', false, 'daemons whose names begin alike'],
]

for (const [a, b, expected, why] of table)
  test(`${a} ${expected ? 'overlaps' : 'leaves'} ${b}: ${why}`, () => {
    assert.is(overlaps(a, b), expected)
    assert.is(overlaps(b, a), expected, 'the other way round')
  })

test('who writes a whole file of the accounts changes any of them; one line, or its mode, is no more than that', () => {
  const added = (label: string): string[] => completeLabels([label]).slice(1)
  assert.equal(added('path:/etc/passwd'), ['user:*'])
  assert.equal(added('path:/etc/group'), ['group:*'])
  assert.equal(added('path:/etc/nsswitch.conf'), ['user:*', 'group:*'])
  assert.equal(added('tree:/etc'), ['user:*', 'group:*', 'user:*', 'group:*'])
  for (const label of ['member:/etc/passwd#ada', 'attributes:/etc/passwd', 'path:/etc/passwd-', 'path:/etc', 'unit:x'])
    assert.equal(added(label), [], label)
})

const name = fc.constantFrom('a', 'ab', 'b')
const path = fc.array(name, { maxLength: 3 }).map(names => `/${names.join('/')}`)
const label = fc.oneof(
  fc.tuple(fc.constantFrom('path', 'tree', 'children'), path).map(([kind, at]) => `${kind}:${at}`),
  fc
    .tuple(path, fc.array(name, { minLength: 1, maxLength: 3 }))
    .map(([at, members]) => `member:${at}#${members.join('.')}`),
  name.map(n => `unit:${n}`),
  fc.constant('any'),
)

test('overlap is symmetric, and everything overlaps itself', () => {
  fc.assert(
    fc.property(label, label, (a, b) => {
      assert.is(overlaps(a, b), overlaps(b, a))
      assert.ok(overlaps(a, a))
    }),
    { numRuns: 2000 },
  )
})

test('a wider tree overlaps whatever a narrower one does', () => {
  fc.assert(
    fc.property(path, name, label, (at, below, other) => {
      const inner = `${at === '/' ? '' : at}/${below}`
      if (overlaps(`tree:${inner}`, other) && !other.startsWith('children:')) assert.ok(overlaps(`tree:${at}`, other))
    }),
    { numRuns: 2000 },
  )
})

test('a path is below itself and its folders, not below a name that begins alike', () => {
  assert.ok(isBelow('/a/b', '/a'))
  assert.ok(isBelow('/a', '/a'))
  assert.ok(isBelow('/a', '/'))
  assert.not(isBelow('/ab', '/a'))
  assert.not(isBelow('/a', '/a/b'))
})

test('only the path of a label is made canonical', () => {
  const canon = (at: string): string => at.replace('/var/run', '/run')
  assert.is(canonicalLabel('path:/var/run/x', canon), 'path:/run/x')
  assert.is(canonicalLabel('member:/var/run/x#a.b', canon), 'member:/run/x#a.b')
  assert.is(canonicalLabel('unit:/var/run/x', canon), 'unit:/var/run/x')
  assert.is(canonicalLabel('any', canon), 'any')
})

test.run()
