import { floatText } from '../../../src/jinja/repr.ts'
import type { ArgumentNodes, ExpressionNode, StatementNode } from '../../../src/jinja/tree.ts'

// A tree as dump.py writes that of jinja2.

type Expression = ExpressionNode | { kind: string }
type Kind<K> = Extract<ExpressionNode, { kind: K }>

const constant = (value: unknown): unknown[] => {
  if (typeof value === 'bigint') return ['int', String(value)]
  if (typeof value === 'number') return ['float', floatText(value)]
  return typeof value === 'string' ? ['text', value] : ['constant', value]
}

const all = (nodes: readonly Expression[]): unknown[] => nodes.map(written)
const given = ({ args, named, rest, others }: ArgumentNodes): unknown[] => [
  all(args),
  named.map(({ name, value }) => [name, written(value)]),
  written(rest),
  written(others),
]

const EXPRESSIONS: { [K in ExpressionNode['kind']]: (node: Kind<K>) => unknown[] } = {
  constant: ({ value }) => constant(value),
  name: ({ name }) => ['name', name],
  list: ({ items }) => ['list', all(items)],
  tuple: ({ items }) => ['tuple', all(items)],
  mapping: ({ pairs }) => ['mapping', pairs.map(all)],
  attribute: ({ of, name }) => ['attribute', written(of), name],
  item: ({ of, key }) => ['item', written(of), written(key)],
  slice: ({ start, stop, step }) => ['slice', written(start), written(stop), written(step)],
  call: node => ['call', written(node.of), given(node)],
  filter: node => ['filter', written(node.of), node.name, given(node)],
  test: node => ['test', written(node.of), node.name, given(node)],
  sign: ({ sign, of }) => ['sign', sign, written(of)],
  not: ({ of }) => ['not', written(of)],
  and: ({ left, right }) => ['and', written(left), written(right)],
  or: ({ left, right }) => ['or', written(left), written(right)],
  operation: ({ sign, left, right }) => ['operation', sign, written(left), written(right)],
  compare: ({ of, others }) => ['compare', written(of), others.map(one => [one.sign, written(one.with)])],
  concat: ({ parts }) => ['concat', all(parts)],
  conditional: node => ['conditional', written(node.test), written(node.then), written(node.else)],
}

const written = (node: Expression | undefined): unknown => {
  if (node === undefined) return null
  if (node.kind === 'namespaced') {
    const { namespace, name } = node as { kind: string; namespace: string; name: string }
    return ['namespaced', namespace, name]
  }
  return (EXPRESSIONS as Record<string, (node: never) => unknown>)[node.kind]!(node as never)
}

const parameters = (found: { name: string; default?: ExpressionNode }[]): unknown[] =>
  found.map(one => [one.name, written(one.default)])

type Statement<K> = Extract<StatementNode, { kind: K }>
const STATEMENTS: { [K in StatementNode['kind']]: (node: Statement<K>) => unknown[] } = {
  data: ({ text }) => ['data', text],
  output: ({ value }) => ['output', written(value)],
  for: node => [
    'for',
    written(node.target),
    written(node.over),
    writtenBody(node.body),
    writtenBody(node.otherwise),
    written(node.test),
    node.isRecursive,
  ],
  if: ({ branches, otherwise }) => [
    'if',
    branches.map(({ test, body }) => [written(test), writtenBody(body)]),
    writtenBody(otherwise),
  ],
  set: ({ target, value }) => ['set', written(target), written(value)],
  'set-block': ({ target, filter, body }) => ['set-block', written(target), written(filter), writtenBody(body)],
  macro: ({ name, parameters: found, body }) => ['macro', name, parameters(found), writtenBody(body)],
  'call-block': node => ['call-block', written(node.call), parameters(node.parameters), writtenBody(node.body)],
  'filter-block': ({ filter, body }) => ['filter-block', written(filter), writtenBody(body)],
  block: ({ name, body, isScoped, isRequired }) => ['block', name, writtenBody(body), isScoped, isRequired],
  extends: ({ template }) => ['extends', written(template)],
  include: ({ template, ignoresMissing, withContext }) => ['include', written(template), ignoresMissing, withContext],
  import: ({ template, name, withContext }) => ['import', written(template), name, withContext],
  from: ({ template, names, withContext }) => [
    'from',
    written(template),
    names.map(({ name, as }) => [name, as]),
    withContext,
  ],
  with: ({ bindings, body }) => [
    'with',
    bindings.map(({ target, value }) => [written(target), written(value)]),
    writtenBody(body),
  ],
}

/** What statements are, in lists that hold no places. */
export const writtenBody = (body: StatementNode[]): unknown[] =>
  body.map(node => (STATEMENTS as Record<string, (node: never) => unknown[]>)[node.kind]!(node as never))
