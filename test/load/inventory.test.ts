import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Inventory, loadInventory } from '../../src/load/inventory.ts'
import { folderWith } from './folder.ts'
import { refused, refusedOnce, spot } from './refused.ts'

const load = (files: Record<string, string>, ...sources: string[]): Inventory => {
  const folder = folderWith(files)
  return loadInventory((sources.length > 0 ? sources : Object.keys(files).slice(0, 1)).map(name => join(folder, name)))
}
const varsOf = (inventory: Inventory, host: string) =>
  Object.fromEntries(Object.entries(inventory.vars[host]!).map(([name, { value }]) => [name, value]))

test('groups, children, ranges and hosts as mappings, in written order', () => {
  const found = load({
    'hosts.yml': `
all:
  children:
    web:
      hosts: {web-b: , web-a: }
    cluster:
      children:
        ipfs:
          hosts:
            node[0:2]: {ansible_user: root}
  hosts:
    free: {ansible_host: 10.0.0.9}
`,
  })
  assert.equal(found.hosts, ['web-b', 'web-a', 'node0', 'node1', 'node2', 'free'])
  assert.equal(found.groups, {
    all: ['free', 'web-b', 'web-a', 'node0', 'node1', 'node2'],
    web: ['web-b', 'web-a'],
    cluster: ['node0', 'node1', 'node2'],
    ipfs: ['node0', 'node1', 'node2'],
    ungrouped: ['free'],
  })
  assert.equal(varsOf(found, 'node1'), {
    ansible_host: 'node1',
    ansible_user: 'root',
    inventory_hostname: 'node1',
    inventory_hostname_short: 'node1',
    inventory_file: found.vars.free!.inventory_file!.value,
    inventory_dir: dirname(found.vars.free!.inventory_file!.value as string),
    group_names: ['cluster', 'ipfs'],
  })
  assert.match(varsOf(found, 'free').inventory_file as string, /^\/.*\/hosts\.yml$/)
  assert.is(varsOf(found, 'free').ansible_host, '10.0.0.9')
  assert.equal(varsOf(found, 'free').group_names, ['ungrouped'])
  assert.equal(found.warnings, [])
})

test('levels of variables, low to high', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const level = (from: number, label: string) =>
    `{${names
      .slice(from)
      .map(name => `${name}: ${label}`)
      .join(', ')}}`
  const found = load({
    'hosts.yml': `
all:
  vars: ${level(0, 'all')}
  children:
    outer:
      vars: ${level(1, 'outer')}
      children:
        inner:
          vars: ${level(2, 'inner')}
          hosts: {node0: ${level(4, 'host')}}
`,
    'group_vars/all.yml': level(3, 'file-all'),
    'group_vars/inner/one.yml': '{}',
    'host_vars/node0.yaml': level(5, 'file-host'),
  })
  const { a, b, c, d, e, f } = varsOf(found, 'node0')
  assert.equal([a, b, c, d, e, f], ['all', 'outer', 'inner', 'file-all', 'host', 'file-host'])
  assert.match(found.vars.node0!.d!.origin.file, /group_vars\/all.yml$/)
})

test('a group in group_vars beats group_vars/all, a deeper group its parent, equals go by name', () => {
  const found = load({
    'hosts.yml': 'all: {children: {b: {hosts: {n: }}, a: {hosts: {n: }}, p: {children: {c: {hosts: {n: }}}}}}',
    'group_vars/all.yml': '{x: all, y: all, z: all}',
    'group_vars/a.yml': '{x: a, y: a, z: a}',
    'group_vars/b': '{y: b, z: b}',
    'group_vars/p.yml': '{x: p}',
    'group_vars/c.json': '{"z": "c"}',
  })
  const { x, y, z } = varsOf(found, 'n')
  assert.equal([x, y, z], ['p', 'b', 'c'])
})

test('several sources: later ones win, folders are read sorted, each with the files beside it', () => {
  const found = load(
    {
      'one/10.yml': 'all: {hosts: {n0: {v: first, w: first}}}',
      'one/20.yml': 'all: {hosts: {n1: , n0: {v: second}}}',
      'one/notes.md': 'not an inventory',
      'one/group_vars/all.yml': 'g: one',
      'two.yml': 'all: {hosts: {n2: , n0: {w: third}}}',
      'group_vars/all.yml': 'g: two',
    },
    'one',
    'two.yml',
  )
  assert.equal(found.hosts, ['n0', 'n1', 'n2'])
  const { v, w, g } = varsOf(found, 'n0')
  assert.equal([v, w, g], ['second', 'third', 'two'])
})

test('a list of hosts on the command line', () => {
  assert.equal(loadInventory(['a,b[1:2],']).hosts, ['a', 'b1', 'b2'])
  assert.equal(loadInventory(['a,']).groups, { ungrouped: ['a'], all: ['a'] })
})

test('JSON, files without an extension, and INI without one', () => {
  const files = { 'h.json': '{"web": {"hosts": {"n0": null}}}', yaml: 'web:\n  hosts: n0\n', ini: '[web]\nn0 x=1\n' }
  for (const name of Object.keys(files)) assert.equal(load(files, name).groups.web, ['n0'], name)
})

test('a host and a group of one name is a warning', () => {
  assert.match(load({ 'h.yml': 'web: {hosts: {web: }}' }).warnings[0]!, /"web" is the name of a host and of a group/)
})

test('the login user always has a name, also under its older one', () => {
  const users = (vars: string): unknown => load({ 'h.yml': `all: {hosts: {n: {${vars}}}}` }).vars.n!.ansible_user!.value
  assert.is(users(''), userInfo().username)
  assert.is(users('ansible_ssh_user: old'), 'old')
  assert.is(users('ansible_user: new, ansible_ssh_user: old'), 'new')
})

test('files of variables: comments only are fine, a list is not', () => {
  const hosts = 'all: {hosts: {n: }}'
  assert.equal(Object.keys(load({ 'h.yml': hosts, 'host_vars/n.yml': '---\n# none yet\n' }).vars.n!).length, 7)
  const failure = refusedOnce(() => load({ 'h.yml': hosts, 'host_vars/n.yml': '- a' }))
  assert.match(failure.what, /must be a mapping, not a list/)
})

test('mistakes have a place and a fix', () => {
  const cases: [yaml: string, reason: string, what: RegExp, fix: RegExp, place: string][] = [
    ['a: [', 'inventory-yaml', /not valid YAML/, /^/, '1:5'],
    ['- a', 'inventory-shape', /mapping of groups, not a list/, /all:/, '1:1'],
    ['all: {hosts: [n0]}', 'inventory-shape', /must be a mapping, not a list/, /as a key/, '1:14'],
    ['all: {hosts: {n0: 5}}', 'inventory-shape', /variables of "n0" must be a mapping/, /^/, '1:19'],
    ['all: {vars: {ansible_group_priority: high}}', 'inventory-variable', /must be a whole number/, /^/, '1:38'],
    ['all: {hosts: {"n[2:1]": }}', 'inventory-shape', /range \[2:1\]/, /^/, '1:16'],
    ['all: {hosts: {"x/y": }}', 'inventory-shape', /"x\/y" cannot name a host/, /ansible_host/, '1:16'],
    ['all: {hosts: {"a b": }}', 'inventory-shape', /cannot name a host/, /ansible_host/, '1:16'],
    ['plugin: aws_ec2', 'inventory-shape', /plugin "aws_ec2" is not supported/, /ansible-inventory/, '1:9'],
    ['a: {children: {b: {children: {a: }}}}', 'inventory-shape', /contain each other/, /^/, '1:4'],
  ]
  for (const [yaml, reason, what, fix, place] of cases) {
    const failure = refusedOnce(() => load({ 'h.yml': yaml }))
    assert.is(failure.reason, reason, yaml)
    assert.match(failure.what, what)
    assert.match(failure.fix ?? '', fix)
    assert.is(spot(failure), place, yaml)
  }
  assert.is(refused(() => load({ 'h.yml': 'all: {hosts: [a], vars: {ansible_group_priority: x}}' })).length, 2)
})

test('what Ansible passes over is passed over with a warning and its place', () => {
  const cases: [yaml: string, ...warnings: RegExp[]][] = [
    ['all: {host: {n: }}', /a group has no "host" \(.*h\.yml:1\): it is passed over.*"hosts"/],
    ['all: {vars: {a-b: 1}}', /"a-b" is no name of a variable/],
    ['a: {hosts: {n: }}\nversion: 3', /"version" is the number 3 and no group/],
    ['a: {hosts: {a: {x: 1}}}', /"a" is the name of a host and of a group/],
    [''],
    ['# nothing'],
  ]
  for (const [yaml, ...wanted] of cases) {
    const { warnings } = load({ 'h.yml': yaml })
    assert.is(warnings.length, wanted.length, yaml)
    for (const [index, warning] of warnings.entries()) assert.match(warning, wanted[index]!)
  }
})

test('groups of one depth by their priority, then by name; variables of a host that bears the name of a group are the group', () => {
  const found = load({
    'h.yml': `
a: {hosts: {n: }, vars: {x: a, y: a, ansible_group_priority: 10}}
b: {hosts: {n: }, vars: {x: b, y: b, z: b}}
c: {hosts: {n: , c: {z: c}}, vars: {y: c}}
`,
  })
  const { x, y, z, ansible_group_priority } = varsOf(found, 'n')
  assert.equal([x, y, z, ansible_group_priority], ['a', 'a', 'c', undefined])
})

test('the variables beside the playbook stand over those beside the inventory, level by level', () => {
  const folder = folderWith({
    'inventory/hosts.ini': '[web]\nn a=1 b=1 c=1 d=1 e=1\n',
    'inventory/group_vars/all.yml': 'a: 2\ng: inv-all\nh: inv-all',
    'play/group_vars/all.yml': 'g: play-all\nh: play-all\ni: play-all',
    'inventory/group_vars/web/x.yml': 'h: inv-web\ni: inv-web\nj: inv-web',
    'play/group_vars/web': 'j: play-web',
    'inventory/host_vars/n.json': '{"d": 2, "e": 2}',
    'play/host_vars/n.yaml': 'e: 3',
    'inventory/group_vars/web/sub/y': 'k: 1',
    'inventory/group_vars/web/no.yml/z.yml': 'l: 1',
    'inventory/group_vars/web/old~': 'm: 1',
  })
  const found = loadInventory([join(folder, 'inventory/hosts.ini')], { playbookFolder: join(folder, 'play') })
  const { a, d, e, g, h, i, j, k, l, m } = varsOf(found, 'n')
  assert.equal([a, d, e, g, h, i, j], [1, 2, 3, 'play-all', 'inv-web', 'inv-web', 'play-web'])
  assert.equal([k, l, m], [1, undefined, undefined])
})

test('an inventory that is not there', () => {
  for (const sources of [['/nowhere/h.yml'], [], [folderWith({ 'notes.md': '' })]]) {
    assert.is(refusedOnce(() => loadInventory(sources)).reason, 'inventory-missing')
  }
})

test('the machine that runbook runs on is added where plays name it and nobody lists it: in no group, with the variables of all', () => {
  const folder = folderWith({
    'hosts.yml': 'all: {hosts: {a: }, vars: {colour: red, shape: round}}',
    'group_vars/all.yml': 'colour: green',
    'host_vars/localhost.yml': 'own: "yes"',
    'listed.yml': 'all: {hosts: {127.0.0.1: {ansible_user: me}}}',
    'group.yml': 'all: {children: {localhost: {hosts: {b: }}}}',
  })
  const found = loadInventory([join(folder, 'hosts.yml')], { thisMachine: 'localhost' })
  assert.equal([found.hosts, found.implicit], [['localhost', 'a'], 'localhost'])
  assert.equal(found.groups, { all: ['a'], ungrouped: ['a'] })
  const { colour, shape, own, ansible_connection, group_names } = varsOf(found, 'localhost')
  assert.equal([colour, shape, own, ansible_connection, group_names], ['green', 'round', 'yes', 'local', []])
  assert.is(varsOf(found, 'a').ansible_connection, undefined)
  for (const file of ['listed.yml', 'group.yml']) {
    const { hosts, implicit } = loadInventory([join(folder, file)], { thisMachine: 'localhost' })
    assert.equal([hosts.length, implicit], [1, undefined])
  }
  assert.equal(loadInventory([], { thisMachine: '::1' }).hosts, ['::1'])
})

test.run()
