import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Inventory, loadInventory, readyInventory } from '../../src/load/inventory.ts'
import { folderWith } from './folder.ts'
import { refusedOnce, spot } from './refused.ts'

// What the plugin makes of hosts is held against Ansible in inventory-golden.test.ts.

const HOSTS = '[web]\nw1 port=80\nw2 port=443\n[db]\nd1\n'
const load = async (text: string, hosts = HOSTS): Promise<() => Inventory> => {
  const folder = folderWith({ hosts, 'z.yml': `plugin: constructed\n${text}` })
  const paths = [join(folder, 'hosts'), join(folder, 'z.yml')]
  await readyInventory(paths)
  return () => loadInventory(paths)
}

test('where it is strict, an expression that fails is refused with its place, its host and its reason', async () => {
  const cases: [text: string, what: RegExp, why: RegExp, place: string][] = [
    ['strict: true\ncompose:\n  a: prot', /compose "a" fails on "w1"/, /no "prot"/, '4:6'],
    ['strict: true\ngroups:\n  a: port', /The group "a" fails on "w1"/, /true or false/, '4:6'],
    ['strict: true\nkeyed_groups:\n  - key: prot', /The key of a group fails on "w1"/, /no "prot"/, '4:5'],
    ['keyed_groups:\n  - key: port', /The key of a group comes to 80 on "w1"/, /^/, '3:5'],
    ['strict: 5', /"strict" must be true or false/, /^/, '2:9'],
    ['groups: [a]', /"groups" must be a mapping, not a list/, /^/, '2:9'],
  ]
  for (const [text, what, why, place] of cases) {
    const failure = refusedOnce(await load(text))
    assert.match(failure.what, what)
    assert.match(failure.why ?? '', why)
    assert.is(spot(failure), place)
  }
})

test('else it makes nothing; what cannot be read at all is told once', async () => {
  const { groups, warnings } = (await load('groups:\n  broken: port ==\n  low: port == 80\nhosts: {}'))()
  assert.equal([groups.broken, groups.low], [undefined, ['w1']])
  assert.is(warnings.length, 2)
  assert.match(warnings.join('\n'), /constructed has no "hosts"/)
  assert.match(warnings.join('\n'), /The group "broken" makes nothing \(.*z\.yml:3\): it cannot be read/)
})

test('a variable that needs itself has an end', async () => {
  const { vars } = (await load('compose: { a: loop, b: port }', 'h loop="{{ loop }}" port=1\n'))()
  assert.equal([vars.h!.a, vars.h!.b!.value], [undefined, 1])
})

test('other plugins are refused with what to do', async () => {
  const folder = folderWith({ 'aws_ec2.yml': 'plugin: amazon.aws.aws_ec2\n' })
  const failure = refusedOnce(() => loadInventory([join(folder, 'aws_ec2.yml')]))
  assert.match(failure.what, /"amazon\.aws\.aws_ec2" is not supported/)
  assert.match(failure.fix!, /ansible-inventory -i THIS --list --yaml --export/)
})

test.run()
