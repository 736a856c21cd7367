import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { born, Later } from '../../src/core/unknown.ts'
import { bind, callable, invoke } from '../../src/jinja/callable.ts'
import { equal } from '../../src/jinja/equality.ts'
import { compare } from '../../src/jinja/order.ts'
import { fromPlain, toPlain } from '../../src/jinja/plain.ts'
import { floatText, repr, str } from '../../src/jinja/repr.ts'
import { Dict, Moment, Tripped, tupleOf, Undefined, type Value, ValueFault } from '../../src/jinja/value.ts'

test('floats read as Python writes them', () => {
  const written = [8, 0.1, 1e16, 1e15, 123456789.125, 1e-5, 0.0001, 1.5e300, -0, -2.5].map(floatText)
  assert.equal(written, '8.0 0.1 1e+16 1000000000000000.0 123456789.125 1e-05 0.0001 1.5e+300 -0.0 -2.5'.split(' '))
})

test('values show as in Python', () => {
  assert.is(
    repr(['a', "it's", '"\'', 'ä\n\x7f\u2028', 1n, 1, null, true]),
    `['a', "it's", '"\\'', 'ä\\n\\x7f\\u2028', 1, 1.0, None, True]`,
  )
  assert.is(repr(tupleOf([1n])), '(1,)')
  assert.is(
    repr(
      new Dict([
        ['b', 1n],
        [2n, new Dict()],
      ]),
    ),
    "{'b': 1, 2: {}}",
  )
  assert.is(str(new Moment([2024, 5, 1], [10, 0, 0, 0], 0)), '2024-05-01 10:00:00+00:00')
  assert.is(repr([new Moment([2024, 5, 1])]), '[datetime.date(2024, 5, 1)]')
  assert.is(str(2n ** 64n), '18446744073709551616')
})

test('1, 1.0 and True are one, in values and as keys; lists and tuples are not', () => {
  assert.ok(equal(1n, 1) && equal(true, 1n) && !equal('1', 1n) && !equal([1n], tupleOf([1n])))
  const dict = new Dict([[1n, 'a']]).set(true, 'b').set(1, 'c')
  assert.is(repr(dict), "{1: 'c'}")
  assert.ok(
    equal(
      new Dict([
        ['a', 1n],
        ['b', 2n],
      ]),
      new Dict([
        ['b', 2n],
        ['a', 1n],
      ]),
    ),
  )
})

test('values of one kind have an order, of two kinds none', () => {
  assert.ok(
    compare(1n, 1.5) < 0 && compare('a', 'b') < 0 && compare([1n, 2n], [1n]) > 0 && compare('\u{1F600}', '\uFFFD') > 0,
  )
  assert.throws(() => compare('a', 1n), /not supported between instances of 'str' and 'int'/)
})

test('data goes in and comes out; an unknown stays in its place', () => {
  const later = new Later('host/task')
  const value = fromPlain({ a: [1, 1.5, later], made: { known: 1, [born]: later } }) as Dict
  assert.is((value.get('made') as Dict).get('known'), 1n)
  assert.is((value.get('made') as Dict).get('other'), later)
  assert.equal(toPlain(value.get('a')!), [1, 1.5, later])
  assert.is(toPlain(value.get('made')!), later)
  assert.is(toPlain(2n ** 64n), '18446744073709551616')
  assert.throws(
    () => repr(value),
    (error: unknown) => error === later,
  )
})

test('what is called is bound by position and by name', () => {
  const given = (args: Value[], named: [string, Value][] = []) => ({ args, named: new Dict(named) })
  assert.equal(bind('f', ['a', 'b?', '*'], given([1n, 2n, 3n])), [1n, 2n, [3n]])
  assert.equal(bind('f', ['a', 'b?'], given([1n], [['b', 2n]])), [1n, 2n])
  assert.throws(() => bind('f', ['a'], given([])), /lacks "a"/)
  assert.throws(() => bind('f', ['a'], given([1n, 2n])), /takes 1 values and was given 2/)
  assert.throws(() => bind('f', ['a'], given([1n], [['c', 2n]])), /takes no "c"/)
  assert.throws(() => bind('f', ['a'], given([1n], [['a', 2n]])), /multiple values/)
})

test('what is undefined, unknown or wrong is the result of a call', () => {
  const context = {} as never
  const first = callable(['list'], (list: Value[]) => str(list[0]!))
  const call = (value: Value) => invoke('first', first, context, { args: [value], named: new Dict() })
  const [later, marker] = [new Later('a/b'), new Undefined(new ValueFault("'x' is undefined"))]
  assert.is(call(later), later)
  assert.is(call([later]), later)
  assert.is(call([marker]), marker)
  assert.is(call(['a', later]), 'a')
  assert.throws(
    () => str(marker),
    (error: unknown) => error instanceof Tripped,
  )
})

test.run()
