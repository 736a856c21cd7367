import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later } from '../../src/core/unknown.ts'
import { Dict, type Value } from '../../src/jinja/value.ts'
import { evaluated } from './evaluated.ts'

const unknown = new Later('a/task')
const variables = new Dict([
  ['unknown', unknown],
  ['some', [1n, unknown, 3n]],
  [
    'hosts',
    [
      new Dict([
        ['name', 'a'],
        ['ip', unknown],
      ] as never),
      new Dict([
        ['name', 'b'],
        ['ip', '::1'],
      ]),
    ],
  ],
] as [Value, Value][])
const evaluate = (text: string): Value => evaluated(text, variables)

test('what is unknown stays unknown through filters and tests', () => {
  const all = [
    'default(1)',
    'length',
    'upper',
    'int',
    'to_json',
    'ternary(1, 2)',
    'bool',
    'first',
    "combine({'a': 1})",
    'type_debug',
  ]
  for (const one of all) assert.is(evaluate(`unknown | ${one}`), unknown, one)
  for (const one of ['string', 'none', "match('a')", 'in [1]', "version('1', '<')"])
    assert.is(evaluate(`unknown is ${one}`), unknown, one)
  assert.is(evaluate("'a' | default(unknown)"), 'a')
  assert.is(evaluate('nothing | default(unknown)'), unknown)
  assert.is(evaluate('true | ternary(1, unknown)'), 1n)
})

test('what is unknown is defined: it will be there', () => {
  assert.is(evaluate('unknown is defined'), true)
  assert.is(evaluate('unknown is undefined'), false)
})

test('a list with an unknown member is known in its length, its shape and its other members', () => {
  assert.is(evaluate('some | length'), 3n)
  assert.is(evaluate('some | first'), 1n)
  assert.is(evaluate('some | last'), 3n)
  assert.is(evaluate('some | reverse | first'), 3n)
  assert.is(evaluate("some | map('string') | last"), '3')
  assert.is(evaluate("some | map('string') | length"), 3n)
  assert.is(evaluate("hosts | map(attribute='ip') | last"), '::1')
  assert.is(evaluate("hosts | map(attribute='name') | join(',')"), 'a,b')
  assert.is(evaluate("hosts | selectattr('name', 'eq', 'b') | map(attribute='ip') | first"), '::1')
  assert.is(evaluate("['x'] | zip(some) | list | length"), 1n)
  assert.is(evaluate("hosts | items2dict('name', 'ip') | length"), 2n)
})

test('what needs the unknown member is unknown', () => {
  for (const one of [
    "join(',')",
    'sum',
    'sort',
    'max',
    'unique',
    'to_json',
    'to_nice_yaml',
    'union([4])',
    'difference([1])',
    "select('gt', 2)",
  ])
    assert.is(evaluate(`some | ${one}`), unknown, one)
  assert.is(evaluate("hosts | selectattr('ip', 'eq', '::1')"), unknown)
  assert.is(evaluate("hosts | sort(attribute='ip')"), unknown)
})

test.run()
