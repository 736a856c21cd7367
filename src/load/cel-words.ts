import { nodesBelow } from '../jinja/assigned.ts'
import { SyntaxFault } from '../jinja/syntax-fault.ts'
import type { StatementNode } from '../jinja/tree.ts'

// Expressions of runbook were once CEL. Playbooks of that time are refused with what to write in its place.

const SIGNS: [RegExp, string][] = [
  [/^&&/, 'Write and.'],
  [/^\|\|/, 'Write or.'],
  [/^!(?!=)/, 'Write not.'],
  [/^\?/, 'Write a if condition else b; x | default(y) where x may be missing.'],
]

/** What to write for a sign that only CEL reads, where one stands at this place of a text. */
export const celSign = (text: string, at: number): string | undefined =>
  SIGNS.find(([sign]) => sign.test(text.slice(at)) || sign.test(text.slice(Math.max(0, at - 1))))?.[1]

const FUNCTIONS: Record<string, string> = {
  has: 'x.y is defined',
  size: 'x | length',
  bool: 'x | bool',
  int: 'x | int',
  double: 'x | float',
  string: 'x | string',
  basename: 'x | basename',
  dirname: 'x | dirname',
}
const METHODS: Record<string, string> = {
  map: "list | map(attribute='name'), or list | map('extract', hostvars, 'name')",
  filter: "list | select('test'), list | selectattr('name', 'test'), or list | difference(others)",
  all: "list | reject('test') | length == 0",
  exists: "list | select('test') | length > 0",
  exists_one: "list | select('test') | length == 1",
  matches: "x is search('pattern')",
  size: 'x | length',
  startsWith: "x.startswith('text')",
  endsWith: "x.endswith('text')",
  contains: "'text' in x",
  orValue: 'x | default(y)',
}

/** Throws a SyntaxFault for a function or method that only CEL has. */
export const refuseCelCalls = (statements: StatementNode[]): void => {
  for (const node of nodesBelow(statements)) {
    if (node.kind !== 'call') continue
    const { of } = node
    const isName = of.kind === 'name'
    if (!isName && of.kind !== 'attribute') continue
    const table = isName ? FUNCTIONS : METHODS
    if (!Object.hasOwn(table, of.name)) continue
    const what = `${isName ? '' : '.'}${of.name}() is CEL, and expressions are Jinja.`
    throw new SyntaxFault(what, of.at, of.length ?? of.name.length, `Write ${table[of.name]}.`)
  }
}
