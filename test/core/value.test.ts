import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later } from '../../src/core/unknown.ts'
import { content, isRecord, memberAt, same, secretContent, sha256, withMember } from '../../src/core/value.ts'
import { fc } from '../chance.ts'

test('the order of keys does not count, the order of lists does', () => {
  assert.ok(same({ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 }))
  assert.not(same([1, 2], [2, 1]))
  assert.not(same({ a: 1 }, { a: 1, b: undefined }))
  assert.not(same({ a: undefined }, { b: undefined }))
  assert.not(same([], {}))
  assert.not(same(null, {}))
  assert.not(same(1, '1'))
  assert.ok(same(Number.NaN, Number.NaN))
})

test('contents are equal by digest, whether their bytes are at hand or not', () => {
  const here = content('text')
  assert.ok(same(here, { digest: here.digest, size: 4, bytes: Buffer.alloc(0) }))
  assert.ok(same(here, secretContent('text')))
  assert.not(same(here, content('other')))
})

test('same is reflexive, symmetric, and blind to the order of keys', () => {
  const shuffled = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(shuffled)
      : isRecord(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([k, v]) => [k, shuffled(v)]),
          )
        : value
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      assert.ok(same(a, structuredClone(a)))
      assert.ok(same(a, shuffled(a)))
      assert.is(same(a, b), same(b, a))
    }),
  )
})

test('a member is found and set along its path; the tree it came from stays as it was', () => {
  const tree = { Addresses: { API: '/ip4/x', Swarm: ['a'] }, Peering: null }
  assert.is(memberAt(tree, 'Addresses.API'), '/ip4/x')
  assert.is(memberAt(tree, 'Addresses.API.deeper'), undefined)
  assert.is(memberAt(tree, 'No.Such'), undefined)
  assert.is(memberAt(undefined, 'a'), undefined)
  const other = withMember(tree, 'Peering.Peers', [{ ID: 'x' }])
  assert.equal(other, { Addresses: tree.Addresses, Peering: { Peers: [{ ID: 'x' }] } })
  assert.is(tree.Peering, null)
  assert.equal(withMember(undefined, 'a.b', 1), { a: { b: 1 } })
})

test('setting a member and reading it gives what was set, and no other member changes', () => {
  const key = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(key, { minLength: 1, maxLength: 3 }).map(keys => keys.join('.'))
  const apart = (a: string, b: string): boolean => a !== b && !a.startsWith(`${b}.`) && !b.startsWith(`${a}.`)
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.dictionary(key, fc.integer())),
      path,
      path,
      fc.integer(),
      (tree, at, other, n) => {
        const set = withMember(tree, at, n)
        assert.is(memberAt(set, at), n)
        if (apart(at, other) && memberAt(tree, other) !== undefined)
          assert.equal(memberAt(set, other), memberAt(tree, other))
      },
    ),
  )
})

test('an unknown is no record, nor are bytes and lists', () => {
  assert.not(isRecord(new Later('n/t')))
  assert.not(isRecord(Buffer.from('')))
  assert.not(isRecord([]))
  assert.not(isRecord(null))
  assert.ok(isRecord(Object.create(null)))
})

test('content is named by the sha256 of its bytes', () => {
  assert.is(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  assert.equal(content('ä'), { digest: sha256(Buffer.from('ä')), size: 2, bytes: Buffer.from('ä') })
})

test.run()
