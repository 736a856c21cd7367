import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { order } from '../../src/graph/dag.ts'
import { fc } from '../chance.ts'

const edges = (of: Record<string, string[]>) => (id: string) => of[id] ?? []

test('without edges everything stays as written', () => {
  assert.equal(order(['c', 'a', 'b'], edges({})), { order: ['c', 'a', 'b'] })
})

test('an id comes behind what it waits for, everything else stays as written', () => {
  assert.equal(order(['a', 'b', 'c', 'd'], edges({ b: ['d'] })), { order: ['a', 'd', 'b', 'c'] })
})

test('what an id waits for comes in written order, whatever the order of the edges', () => {
  assert.equal(order(['x', 'a', 'b', 'c'], edges({ x: ['c', 'a', 'b'] })), { order: ['a', 'b', 'c', 'x'] })
})

test('a cycle comes back as a path in which each waits for the next', () => {
  assert.equal(order(['a', 'b', 'c'], edges({ a: ['b'], b: ['c'], c: ['a'] })), { cycle: ['a', 'b', 'c', 'a'] })
  assert.equal(order(['s', 'a', 'b'], edges({ s: ['a'], a: ['b'], b: ['a'] })), { cycle: ['a', 'b', 'a'] })
  assert.equal(order(['a'], edges({ a: ['a'] })), { cycle: ['a', 'a'] })
})

test('a long chain written backwards needs no deep stack', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `t${i}`)
  const found = order(ids, id => ids.slice(Number(id.slice(1)) + 1, Number(id.slice(1)) + 2))
  assert.equal(found.order?.[0], 't19999')
})

test('every order is complete and respects all edges; a cycle is one of the edges given', () => {
  const graph = fc.integer({ min: 1, max: 12 }).chain(n =>
    fc.record({
      n: fc.constant(n),
      pairs: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 20 }),
    }),
  )
  fc.assert(
    fc.property(graph, ({ n, pairs }) => {
      const ids = Array.from({ length: n }, (_, i) => `t${i}`)
      const of = new Map<string, Set<string>>()
      for (const [a, b] of pairs) of.set(`t${a}`, (of.get(`t${a}`) ?? new Set()).add(`t${b}`))
      const found = order(ids, id => of.get(id) ?? [])
      if (found.cycle) {
        assert.is(found.cycle[0], found.cycle.at(-1))
        for (const [i, id] of found.cycle.slice(0, -1).entries()) assert.ok(of.get(id)?.has(found.cycle[i + 1]!))
        return
      }
      assert.equal([...found.order].sort(), [...ids].sort())
      for (const [id, befores] of of)
        for (const before of befores) assert.ok(found.order.indexOf(before) < found.order.indexOf(id))
    }),
    { numRuns: 500 },
  )
})

test.run()
