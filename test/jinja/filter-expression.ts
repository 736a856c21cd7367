import { operate, signed } from '../../src/jinja/arithmetic.ts'
import { type Context, deferred, type Given, invoke } from '../../src/jinja/callable.ts'
import { ansibleDelimiters } from '../../src/jinja/delimiters.ts'
import { equal } from '../../src/jinja/equality.ts'
import { filters } from '../../src/jinja/filters/all.ts'
import { Invocable } from '../../src/jinja/function-value.ts'
import { isIn } from '../../src/jinja/membership.ts'
import { memberByKey, memberByName } from '../../src/jinja/named-member.ts'
import { compare } from '../../src/jinja/order.ts'
import { parseBareExpression } from '../../src/jinja/parser.ts'
import { str } from '../../src/jinja/repr.ts'
import { slice } from '../../src/jinja/slice.ts'
import { tests } from '../../src/jinja/tests.ts'
import type { Comparison, ExpressionNode } from '../../src/jinja/tree.ts'
import { truth } from '../../src/jinja/truth.ts'
import { Dict, tupleOf, Undefined, usable, type Value, ValueFault } from '../../src/jinja/value.ts'

const nothing = (message: string): Value => new Undefined(new ValueFault(message))

const COMPARISONS: Record<Comparison, (a: Value, b: Value) => boolean> = {
  '==': equal,
  '!=': (a, b) => !equal(a, b),
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
  in: isIn,
  'not in': (a, b) => !isIn(a, b),
}

/** The whole of what tests of filters need from a template: one expression over variables, without statements around it. */
export const filterExpression = (text: string, variables: Dict): Value => {
  const call =
    (table: typeof filters, kind: string) =>
    (name: string, value: Value, { args, named }: Given) =>
      Object.hasOwn(table, name)
        ? invoke(name, table[name]!, context, { args: [value, ...args], named })
        : nothing(`There is no ${kind} ${name}.`)
  const context: Context = {
    filter: call(filters, 'filter'),
    test: call(tests, 'test'),
    variable: name => variables.get(name) ?? nothing(`'${name}' is undefined`),
    member: memberByKey,
  }
  const range = (args: Value[]): Value => {
    const [first = 0, second, step = 1] = args.map(Number)
    const [from, to] = second === undefined ? [0, first] : [first, second]
    return Array.from({ length: Math.max(Math.ceil((to - from) / step), 0) }, (_, at) => BigInt(from + at * step))
  }
  const given = (node: { args: ExpressionNode[]; named: { name: string; value: ExpressionNode }[] }): Given => ({
    args: node.args.map(value),
    named: new Dict(node.named.map(one => [one.name, value(one.value)])),
  })
  const compared = (node: Extract<ExpressionNode, { kind: 'compare' }>): boolean => {
    let left = value(node.of)
    return node.others.every(({ sign, with: other }) => {
      const [a, b] = [left, value(other)]
      left = b
      return COMPARISONS[sign](a, b)
    })
  }
  const called = (node: Extract<ExpressionNode, { kind: 'call' }>): Value => {
    if (node.of.kind === 'name' && node.of.name === 'range') return range(node.args.map(value))
    const of = usable(value(node.of))
    if (!(of instanceof Invocable)) throw new ValueFault('This cannot be called.')
    return of.call(given(node))
  }
  const value = (node: ExpressionNode): Value => {
    if (node.kind === 'constant') return node.value
    if (node.kind === 'name') return context.variable(node.name)
    if (node.kind === 'list') return node.items.map(value)
    if (node.kind === 'tuple') return tupleOf(node.items.map(value))
    if (node.kind === 'mapping') return new Dict(node.pairs.map(([key, one]) => [value(key), value(one)]))
    if (node.kind === 'attribute') return memberByName(value(node.of), node.name)
    if (node.kind === 'filter' || node.kind === 'test')
      return context[node.kind](node.name, value(node.of!), given(node))
    if (node.kind === 'call') return called(node)
    if (node.kind === 'compare') return compared(node)
    return calculated(node)
  }
  const calculated = (node: ExpressionNode): Value => {
    if (node.kind === 'sign') return signed(node.sign, value(node.of))
    if (node.kind === 'not') return !truth(value(node.of))
    if (node.kind === 'and') return truth(value(node.left)) ? value(node.right) : value(node.left)
    if (node.kind === 'or') return truth(value(node.left)) ? value(node.left) : value(node.right)
    if (node.kind === 'operation') return operate(node.sign, value(node.left), value(node.right))
    if (node.kind === 'concat') return node.parts.map(part => str(value(part))).join('')
    if (node.kind === 'conditional') {
      if (truth(value(node.test))) return value(node.then)
      return node.else ? value(node.else) : nothing('the condition does not hold and there is no else')
    }
    if (node.kind !== 'item') throw new ValueFault('This is nothing by itself.')
    if (node.key.kind !== 'slice') return memberByKey(value(node.of), value(node.key))
    const [start, stop, step] = [node.key.start, node.key.stop, node.key.step].map(one => (one ? value(one) : null))
    return slice(value(node.of), start!, stop!, step!)
  }
  return deferred(() => value(parseBareExpression(text, ansibleDelimiters)))
}
