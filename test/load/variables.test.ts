import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadInventory } from '../../src/load/inventory.ts'
import { locatedAt } from '../../src/load/located.ts'
import { parsePlaybook } from '../../src/load/playbook.ts'
import { layersFor, misspelt, parseExtra } from '../../src/load/variables.ts'
import { folderWith } from './folder.ts'
import { refusedOnce } from './refused.ts'

const values = (...options: string[]) =>
  Object.fromEntries(Object.entries(parseExtra(options)).map(([name, { value }]) => [name, value]))

test('name=value makes strings, several in one option, quotes group', () => {
  assert.equal(values('port=80'), { port: '80' })
  assert.equal(values('a=1 b="two words" c=\'x "y"\' d=e=f g='), {
    a: '1',
    b: 'two words',
    c: 'x "y"',
    d: 'e=f',
    g: '',
  })
  assert.equal(values(), {})
})

test('text in braces is YAML or JSON and keeps its types', () => {
  assert.equal(values('{"a": [1, {"b": true}]}'), { a: [1, { b: true }] })
  assert.equal(values('{a: 1}'), { a: 1 })
})

test('@file is a file of either', () => {
  const folder = folderWith({ 'v.yml': 'a: 1\nb: "{{ a }}"\n', 'v.json': '{"c": null}' })
  assert.equal(values(`@${join(folder, 'v.yml')}`, `@${join(folder, 'v.json')}`), { a: 1, b: '{{ a }}', c: null })
  assert.is(parseExtra([`@${join(folder, 'v.yml')}`]).b!.origin.line, 2)
})

test('a later option wins', () => assert.equal(values('a=1', '{a: 2}', 'b=3'), { a: 2, b: '3' }))

test('what is no variable is refused', () => {
  const cases: [string, string, RegExp][] = [
    ['word', 'usage-option', /"word" has no value/],
    ['[1]', 'usage-option', /mapping, not a list/],
    ['a-b=1', 'inventory-variable', /"a-b" is no name/],
    ['{hostvars: 1}', 'inventory-variable', /"hostvars"/],
    ['@/nowhere.yml', 'usage-file', /no file of variables/],
    ['{a: ', 'inventory-yaml', /not valid YAML/],
  ]
  for (const [option, reason, what] of cases) {
    const failure = refusedOnce(() => parseExtra([option]))
    assert.is(failure.reason, reason, option)
    assert.match(failure.what, what)
  }
})

test('an extra variable that is near to one of the playbook or the inventory is a slip, others are not', () => {
  const playbook = parsePlaybook(
    '- {hosts: all, defaults: {swarm_port: 1}, tasks: [{debug: hi, vars: {note: a}}]}',
    'f',
  )
  const slips = (...options: string[]) => misspelt(parseExtra(options), playbook, loadInventory(['n,']))
  assert.equal(slips('swarm_prot=2'), [
    '-e swarm_prot: neither the playbook nor the inventory has a variable of this name; did you mean "swarm_port"?',
  ])
  assert.equal(slips('swarm_port=2', 'note=b', 'ansible_host=h', 'other=c'), [])
  assert.equal(slips('ansible_usr=a').length, 1)
  assert.match(slips('ansible_prot=22')[0]!, '"ansible_port"')
})

test('a variable that the connection is made by is no slip, whether the inventory has it or not', () => {
  const playbook = parsePlaybook('- {hosts: all, tasks: [{debug: hi}]}', 'f')
  const target = readFileSync(join(import.meta.dirname, '../../src/settings/target.ts'), 'utf8')
  for (const [name] of target.matchAll(/ansible_\w+/g))
    assert.equal(misspelt(parseExtra([`${name}=1`]), playbook, loadInventory(['n,'])), [], name)
})

test('layers, low to high: play defaults, inventory, play vars, task vars, extra', () => {
  const play = parsePlaybook('- {hosts: all, defaults: {x: 1}, vars: {x: 3}, tasks: [{facts: , vars: {x: 4}}]}', 'f')
    .plays[0]!
  const inventory = loadInventory(['n,'])
  inventory.vars.n!.x = locatedAt(2, { file: 'h', line: 1, column: 1 })
  const from = { play, inventory, host: 'n', extra: parseExtra(['{x: 5}']) }
  const xs = (layers: ReturnType<typeof layersFor>) => layers.map(layer => layer.x?.value)
  assert.equal(xs(layersFor({ ...from, task: play.tasks[0]! })), [1, 2, 3, 4, 5])
  assert.equal(xs(layersFor(from)), [1, 2, 3, undefined, 5])
})

test.run()
