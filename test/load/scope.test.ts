import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later, Lost } from '../../src/core/unknown.ts'
import { compileExpression } from '../../src/load/expression.ts'
import { type Located, locatedMember } from '../../src/load/located.ts'
import { createScope, type ScopeInput } from '../../src/load/scope.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import { refusedOnce, spot } from './refused.ts'

const layer = (yaml: string): Record<string, Located> => {
  const tree = parseYaml(yaml, 'vars.yml')
  return Object.fromEntries(Object.keys(tree.value as object).map(name => [name, locatedMember(tree, name)]))
}
const waits = new Later('node1/start')
const of: Record<string, Record<string, Located>[]> = {
  node0: [layer('{port: 1, label: "{{ inventory_hostname }}:{{ port }}"}'), layer('{port: 2}')],
  node1: [
    layer(
      '{port: 7, label: "{{ inventory_hostname }}:{{ port }}", wait: "x{{ node.id }}", part: {a: 1, b: "{{ node.id }}"}}',
    ),
  ],
}
const scopeOf = (more: Partial<ScopeInput> = {}) =>
  createScope({
    host: 'node0',
    layers: of.node0!,
    layersOf: host => of[host]!,
    groups: { all: ['node0', 'node1'], web: ['node1'], ungrouped: ['node0'] },
    registers: host => (host === 'node1' ? ['node'] : ['done']),
    register: (host, name) => () => (host === 'node1' ? { id: waits } : { name }),
    facts: host => ({ os: `os-of-${host}` }),
    ...more,
  })
const value = (text: string, scope = scopeOf()) =>
  compileExpression(text, { file: 'f', line: 1, column: 1, length: text.length }).evaluate(scope)

test('a variable is evaluated where it belongs, higher layers win', () => {
  assert.is(value('label'), 'node0:2')
  assert.is(value('hostvars.node1.label'), 'node1:7')
  assert.is(value('hostvars.node0.label'), 'node0:2')
  assert.equal(value("groups.all | map('extract', hostvars, 'port')"), [2, 7])
})

test('what is written keeps in expressions what plain data cannot say', () => {
  const layers = [
    layer(`
half: 8.0
big: 9007199254740993
day: 2024-02-29
ports: {8080: x, 80: y}
mixed: {8080: "{{ half }}", 443: 1, yes: 2}
list: [1.0, "{{ big }}"]
raw: !unsafe "{{ half }}"
inside: {a: !unsafe "{{ half }}", b: "{{ half }}"}
told: "{{ half }} {{ big + 1 }} {{ ports }} {{ day.year }} {{ list }}"
`),
  ]
  const scope = scopeOf({ layers })
  assert.is(value('told', scope), "8.0 9007199254740994 {8080: 'x', 80: 'y'} 2024 [1.0, 9007199254740993]")
  assert.is(value('mixed | string', scope), '{8080: 8.0, 443: 1, True: 2}')
  assert.equal(value('[ports[80], ports["80"] is defined, mixed[8080] | type_debug]', scope), ['y', false, 'float'])
  assert.equal(value('[raw, inside.a, inside.b]', scope), ['{{ half }}', '{{ half }}', 8])
  // Plain data, for the arguments of modules.
  assert.equal(value('ports', scope), { 80: 'y', 8080: 'x' })
  assert.is(value('half', scope), 8)
})

test('what runbook defines itself', () => {
  assert.is(value('inventory_hostname'), 'node0')
  assert.equal(value('group_names'), ['ungrouped'])
  assert.equal(value('hostvars.node1.group_names'), ['web'])
  assert.is(value('hostvars.node1.facts.os'), 'os-of-node1')
  assert.is(value('done.name'), 'done')
  assert.equal(value('groups.web'), ['node1'])
  assert.is(Object.getPrototypeOf(scopeOf()), null)
})

const inLoop = (value: unknown) => scopeOf({ item: { value, names: { item: value } } })

test('item is there in a loop only, and not on other hosts', () => {
  assert.is(value('item + 1', inLoop(4)), 5)
  assert.is(value('item', inLoop(null)), null)
  assert.match(refusedOnce(() => value('item')).what, /no "item"/)
  assert.match(refusedOnce(() => value('hostvars.node1.item', inLoop(4))).what, /no "item"/)
})

test('unknowns come through variables, registers and facts, and only where they are read', () => {
  assert.is(value('hostvars.node1.node.id'), waits)
  assert.is(value('hostvars.node1.wait'), waits)
  assert.is(value('hostvars.node1.part.b'), waits)
  assert.is(value('hostvars.node1.part.a'), 1)
  assert.is(value('hostvars.node1.port'), 7)
  const lost = new Lost('node0/x')
  const gone = scopeOf({
    facts: () => {
      throw lost
    },
    register: () => () => lost,
  })
  assert.is(value('facts.os', gone), lost)
  assert.is(value('done', gone), lost)
  assert.throws(
    () => gone.done,
    (error: unknown) => error === lost,
  )
})

test('a register stands above a variable of its name', () => {
  assert.equal(value('port', scopeOf({ registers: () => ['port'], register: () => () => 9 })), 9)
})

test('a value is computed once in a scope', () => {
  let count = 0
  const scope = scopeOf({
    facts: () => {
      count++
      return { n: count }
    },
  })
  assert.equal(value('[facts.n, facts.n, hostvars.node0.port]', scope), [1, 1, 2])
  assert.is(count, 1)
})

test('a variable that needs itself is refused with the chain', () => {
  const cyclic = layer('a: 1\nb: "{{ c }}"\nc: ["{{ d.x }}"]\nd: {x: "{{ b }}"}')
  const failure = refusedOnce(() => value('b', scopeOf({ layers: [cyclic] })))
  assert.is(failure.reason, 'playbook-value')
  assert.is(failure.why, 'b -> c -> d -> b')
  assert.is(spot(failure), '2:5')
  const across = (host: string) => [layer(`{x: "{{ hostvars.${host === 'node0' ? 'node1' : 'node0'}.x }}"}`)]
  const between = refusedOnce(() => value('x', scopeOf({ layers: across('node0'), layersOf: across })))
  assert.is(between.why, 'hostvars.node0.x -> hostvars.node1.x -> hostvars.node0.x')
})

test('a variable may read the same expression of another host', () => {
  const next: Record<string, string> = { node0: 'node1', node1: '' }
  const chain = (host: string) => [layer(`{next: "${next[host]}"}`), shared]
  const shared = layer(
    'path: "{{ [inventory_hostname] if next == \\"\\" else [inventory_hostname] + hostvars[next].path }}"',
  )
  assert.equal(value('path', scopeOf({ layers: chain('node0'), layersOf: chain })), ['node0', 'node1'])
})

test('a host that is not there is named', () => {
  const failure = refusedOnce(() => value('hostvars.nod0.port'))
  assert.match(failure.what, /no "nod0"/)
  assert.match(failure.fix!, /"node0"/)
})

/** One host with these variables. */
const alone = (yaml: string): Record<string, unknown> =>
  createScope({
    host: 'a',
    layers: [layer(yaml)],
    layersOf: () => [],
    groups: { all: ['a'] },
    registers: () => [],
    register: () => undefined,
    facts: () => ({}),
  })
const chain = (length: number, next: (before: string) => string): string =>
  Array.from({ length }, (_, i) => `v${i + 1}: ${next(`v${i}`)}\n`).join('')

test('variables that lead through too many others are refused with their place', () => {
  assert.is(alone(`v0: 1\n${chain(90, v => `"{{ ${v} }}"`)}`).v90, 1)
  const failure = refusedOnce(() => alone(`v0: 1\n${chain(1000, v => `"{{ ${v} }}"`)}`).v1000)
  assert.is(failure.reason, 'playbook-value')
  assert.match(failure.what, 'needed by more than 100 others')
  assert.is(failure.origin?.file, 'vars.yml')
})

test('variables that double what they are made of are refused with their place, whatever they are', () => {
  for (const [start, next] of [
    ['[1, 2]', (v: string) => `"{{ ${v} + ${v} }}"`],
    ['abcdefgh', (v: string) => `"{{ ${v} }}{{ ${v} }}"`],
    ['abcdefgh', (v: string) => `"{{ ${v} + ${v} }}"`],
    ['[1, 2]', (v: string) => `["{{ ${v} }}", "{{ ${v} }}"]`],
    ['[1, 2]', (v: string) => `{a: "{{ ${v} }}", b: "{{ ${v} }}"}`],
    ['[1, 2]', (v: string) => `"{{ [${v}, ${v}] }}"`],
  ] as const) {
    const failure = refusedOnce(() => alone(`v0: ${start}\n${chain(40, next)}`).v40)
    assert.match(failure.what, /The value of the variable "v\d+" is too large\./, next('v'))
    assert.ok(failure.origin!.line > 10, next('v'))
  }
})

test.run()
