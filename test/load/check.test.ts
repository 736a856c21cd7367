import { join } from 'node:path'
import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, checkReferences, type Signatures } from '../../src/load/check.ts'
import { load } from '../../src/load/load.ts'
import { applySchemas } from '../../src/load/task-schemas.ts'
import { compileFile } from '../../src/load/template.ts'
import { folderWith } from './folder.ts'
import { spot } from './refused.ts'

const signatures: Signatures = {
  debug: { args: Type.Object({ msg: Type.String({ main: true }) }) },
  ipfs_init: {
    args: Type.Object({ repo: Type.String(), port: Type.Optional(Type.Integer()) }),
    outputs: Type.Object({ peer_id: Type.String(), addresses: Type.Array(Type.Object({ ip: Type.String() })) }),
  },
  set_fact: { args: Type.Object({}), free: true },
}
const inventory = `
all:
  vars: {base: /srv, repo: "{{ base }}/ipfs", unused: "{{ a || cel }}"}
  children: {ipfs: {hosts: {node0: {only_here: 1}, node1: }}}
`
const loadedWith = (playbook: string, extra: string[] = []) => {
  const folder = folderWith({ 'site.yml': playbook, 'hosts.yml': inventory })
  const { value, failures } = load({
    playbook: join(folder, 'site.yml'),
    inventories: [join(folder, 'hosts.yml')],
    extra,
  })
  assert.is(failures, undefined, JSON.stringify(failures))
  return applySchemas(value!, signatures)
}
const found = (playbook: string, extra?: string[]) => check(loadedWith(playbook, extra), signatures)
const inTask = (task: string) =>
  found(`- hosts: ipfs\n  tasks:\n    - ipfs_init: {repo: /x}\n      register: node\n    - ${task}`)

test('a playbook in order has no failures', () => {
  const playbook = `
- hosts: ipfs:!node1
  defaults: {x: 1}
  vars: {y: "{{ x + z }}"}
  tasks:
    - {name: A, ipfs_init: {repo: "{{ repo }}", port: "{{ y }}"}, register: node, notify: H, when: "only_here == 1"}
    - debug: "{{ node.peer_id }} {{ node.changed }} {{ node.addresses[0].ip }} {{ facts.system }} {{ inventory_hostname }}"
    - {debug: "{{ hostvars.node1.node.peer_id }} {{ (groups.ipfs | map('extract', hostvars, ['node', 'peer_id']))[0] }}"}
    - {debug: "{{ item.a }}", loop: [{a: "{{ x }}"}], register: looped, after: "{{ groups.ipfs[0] }}/a", vars: {t: 1}}
    - {debug: "{{ looped.results[0].msg }} {{ t }}", vars: {t: "{{ x }}"}}
    - {set_fact: {anything: "{{ x }}"}}
  handlers:
    - {name: H, debug: "{{ extra }}"}
- hosts: all
  tasks:
    - {debug: "{{ node.peer_id }}"}
`
  assert.equal(found(playbook, ['z=2', 'extra=1']), [])
})

test('of variables only those of hosts that --limit leaves are looked at, and all names are known', () => {
  const loaded = loadedWith('- hosts: all\n  tasks: [{ debug: "{{ there }} {{ only_here }}" }]\n', ['there=1'])
  loaded.inventory.vars.node0!.only_here = { ...loaded.inventory.vars.node0!.only_here!, value: '{{ nowhere }}' }
  const told = (limited?: string[]): number => check(loaded, signatures, undefined, limited && new Set(limited)).length
  assert.equal([told(), told(['node0']), told(['node1'])], [1, 1, 0])
})

test('one mistake of each kind', () => {
  const cases: [task: string, what: RegExp, fix: RegExp, place: string][] = [
    ['ipfs_int: {}', /no module "ipfs_int"/, /"ipfs_init"/, '5:7'],
    ['ipfs_init: {rpo: x}', /no argument "rpo"/, /"repo"/, '5:19'],
    ['ipfs_init: {repo: 5}', /must be text/, /Quote/, '5:25'],
    ['debug: "{{ nod.peer_id }}"', /no variable or register "nod"/, /"node"/, '5:18'],
    ['debug: "{{ facts.arch }}"', /"facts" has no member "arch"/, /architecture/, '5:18'],
    ['debug: "{{ hostvars.node0.facts.kernl }}"', /"facts" has no member "kernl"/, /"kernel"/, '5:18'],
    ['debug: "{{ node.peer_idd }}"', /"node" has no member "peer_idd"/, /"peer_id"/, '5:18'],
    ['debug: "{{ node.addresses[0].pi }}"', /no member "pi"/, /"ip"/, '5:18'],
    ['debug: "{{ hostvars.node0.node.peerid }}"', /no member "peerid"/, /"peer_id"/, '5:18'],
    ['debug: "{{ hostvars[inventory_hostname].nodde }}"', /no variable or register "nodde"/, /"node"/, '5:18'],
    ['debug: "{{ hostvars.node7.repo }}"', /no host "node7"/, /"node0"/, '5:18'],
    ['debug: "{{ groups.ipsf }}"', /no group "ipsf"/, /"ipfs"/, '5:18'],
    ['{debug: "{{ item }}", loop: [1], loop_control: {loop_var: one}}', /"item" is called otherwise/, /one/, '5:19'],
    ['debug: "{{ item }}"', /"item" exists only in a task with a loop/, /^/, '5:18'],
    ['{ipfs_init: restart}', /The arguments of "ipfs_init" must be a mapping, not text/, /^/, '5:19'],
    ['{debug: x, when: a && b}', /"&" cannot stand here/, /and/, '5:26'],
    ['{debug: x, when: "!a"}', /"!" cannot stand here/, /not/, '5:25'],
    ['{debug: x, when: "a ? b : c"}', /"\?" cannot stand here/, /a if/, '5:27'],
    ['{debug: x, when: has(node.x)}', /has\(\) is CEL/, /is defined/, '5:24'],
    ['{debug: "{{ groups.ipfs.map(h, h) }}"}', /map\(\) is CEL/, /extract/, '5:31'],
    ['debug: "{{ null }}"', /"null"/, /none/, '5:18'],
    ['debug: "{{ base | nope }}"', /no filter "nope"/, /^/, '5:25'],
    ['debug: "{{ base is nope }}"', /no test "nope"/, /^/, '5:26'],
    ['{debug: x, when: [true, nope]}', /no variable or register "nope"/, /^/, '5:31'],
    ['{debug: x, loop: "groups.ipfs +"}', /ends too early/, /^/, '5:38'],
    ['{debug: x, loop: [1, "{{ nope }}"]}', /"nope"/, /^/, '5:32'],
    ['{debug: x, after: "{{ gropus.ipfs[0] }}/a"}', /"gropus"/, /"groups"/, '5:29'],
    ['{debug: x, needs: ["{{ a b }}"]}', /"b"/, /^/, '5:32'],
    ['{debug: x, vars: {v: "{{ nope }}"}}', /"nope"/, /^/, '5:32'],
    ['{debug: x, notify: nobody}', /no handler "nobody"/, /^/, '5:26'],
  ]
  for (const [task, what, fix, place] of cases) {
    const failures = inTask(task)
    assert.is(failures.length, 1, `${task}\n${failures.map(one => one.what).join('\n')}`)
    assert.match(failures[0]!.what, what)
    assert.match(failures[0]!.fix ?? '', fix)
    assert.is(spot(failures[0]!), place, task)
  }
})

test('a host in hostvars is not taken as a whole, for it holds all hosts', () => {
  const cases: [expression: string, fix: RegExp][] = [
    ['hostvars', /hostvars\.node0\.x/],
    ["hostvars['node0']", /hostvars\.node0\.x/],
    ['hostvars.node1', /hostvars\.node1\.x/],
    ['hostvars[inventory_hostname]', /hostvars\[h\]\.x/],
    ["groups.ipfs | map('extract', hostvars)", /hostvars\[h\]\.x/],
    ['[hostvars.node0]', /hostvars\.node0\.x/],
    ['hostvars.node0.hostvars', /Name a member/],
    ['hostvars.node0.hostvars.node1', /Name a member/],
  ]
  for (const [expression, fix] of cases) {
    const failures = inTask(`debug: "{{ ${expression} }}"`)
    assert.is(failures.length, 1, expression)
    assert.is(failures[0]!.reason, 'playbook-name')
    assert.match(failures[0]!.what, /as a whole/)
    assert.match(failures[0]!.fix ?? '', fix)
    assert.match(spot(failures[0]!), /^5:/)
  }
  const [inVariable] = found('- {hosts: ipfs, vars: {v: "{{ hostvars.node0 }}"}, tasks: [{debug: "{{ v }}"}]}')
  assert.match(inVariable!.what, /as a whole/)
})

test('which hosts and members there are may be asked of hostvars', () => {
  for (const expression of [
    'hostvars | length',
    "'node0' in hostvars",
    "'repo' in hostvars.node0",
    'hostvars.node0 is defined',
    'hostvars.node0.repo is defined',
    "groups.ipfs | map('extract', hostvars, 'repo')",
    "groups.ipfs | map('extract', hostvars) | map(attribute='repo')",
    'hostvars.node0.hostvars.node1.repo',
  ])
    assert.equal(inTask(`debug: "{{ ${expression} }}"`), [], expression)
  assert.match(inTask(`{debug: x, when: "'repo' in hostvars.node7"}`)[0]!.what, /no host "node7"/)
})

test('a template may walk through hostvars, but not print a host', () => {
  const loaded = loadedWith('- {hosts: ipfs, tasks: [{debug: a}]}')
  const play = loaded.playbook.plays[0]!
  const failures = (text: string) =>
    checkReferences(compileFile(text, 'a.conf').references, play.tasks[0]!, play, loaded, signatures)
  for (const text of [
    '{{#each hostvars}}{{repo}}{{/each}}',
    '{{#with hostvars.node0}}{{repo}}{{/with}}',
    '{{#with (lookup hostvars inventory_hostname)}}{{repo}}{{/with}}',
    '{{#each groups.ipfs as |h|}}{{lookup (lookup ../hostvars h) "repo"}}{{/each}}',
    '{{#if hostvars.node0}}yes{{/if}}',
  ])
    assert.equal(failures(text), [], text)
  for (const text of ['{{json hostvars.node0}}', '{{hostvars}}', '{{#each hostvars}}{{json this}}{{/each}}'])
    assert.match(failures(text)[0]?.what ?? '', /as a whole/, text)
})

test('a looped register has only results', () => {
  const playbook = (member: string) => `
- hosts: ipfs
  tasks:
    - {ipfs_init: {repo: "{{ item }}"}, loop: [a], register: node}
    - {debug: "{{ node.${member} }}"}`
  assert.equal(found(playbook('results[0].peer_id')), [])
  assert.match(found(playbook('peer_id'))[0]!.why ?? '', /has a loop/)
})

test('two modules under one register: a member of either will do', () => {
  const playbook = (member: string) => `
- hosts: ipfs
  tasks:
    - {ipfs_init: {repo: a}, register: r}
    - {debug: x, register: r}
    - {debug: "{{ r.${member} }}"}`
  assert.equal(found(playbook('peer_id')), [])
})

test('variables are checked as far as something reads them', () => {
  assert.equal(found('- {hosts: ipfs, tasks: [{debug: "{{ repo }}"}]}'), [])
  const [failure] = found('- {hosts: ipfs, tasks: [{debug: "{{ hostvars.node1.unused }}"}]}')
  assert.match(failure!.what, /"\|"/)
  assert.match(failure!.origin!.file, /hosts.yml$/)
  assert.equal(found('- {hosts: ipfs, vars: {never: "{{ nope }}"}}'), [])
  assert.match(found('- {hosts: ipfs, vars: {never: "{{ no pe }}"}}')[0]!.what, /"pe"/)
})

test('all failures, in file order, each once', () => {
  const failures = found(`
- hosts: ipsf
  vars: {v: "{{ one }}"}
  tasks:
    - {debug: "{{ v }} {{ two }}", notify: three}
    - {fuor: }
- hosts: all
  tasks:
    - {debug: "{{ five }} {{ hostvars.node0.unused }}"}
`)
  assert.equal(
    failures.map(one => one.what.match(/one|three|two|fuor|five|\|/)?.[0]),
    ['one', 'two', 'three', 'fuor', 'five', '|'],
  )
})

test('the references of a template file are checked against the same names', () => {
  const loaded = loadedWith('- {hosts: ipfs, vars: {x: 1}, tasks: [{debug: a, vars: {t: 1}}]}')
  const play = loaded.playbook.plays[0]!
  const { references } = compileFile('{{x}} {{t}} {{repo}} {{default maybe "d"}} {{nope}}', 'a.conf')
  const failures = checkReferences(references, play.tasks[0]!, play, loaded, signatures)
  assert.equal(
    failures.map(one => `${one.what} ${spot(one)}`),
    ['There is no variable or register "nope". 1:46'],
  )
})

test.run()
