import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../src/load/load.ts'
import { folderWith } from './folder.ts'

const folder = folderWith({
  'site.yml': '- {hosts: all, tasks: [{facts: }]}',
  'broken.yml': '- {hosts: all, tasks: [{}]}',
  'empty.yml': '\n',
  'hosts.yml': 'all: {hosts: {n0: }}',
  'bad.yml': '- x',
})
const loaded = (playbook: string, inventory = 'hosts.yml', extra: string[] = []) =>
  load({ playbook: join(folder, playbook), inventories: [join(folder, inventory)], extra })

test('playbook, inventory and extra variables together', () => {
  const { value, failures } = loaded('site.yml', 'hosts.yml', ['a=1'])
  assert.is(failures, undefined)
  assert.is(value!.playbook.plays.length, 1)
  assert.is(value!.playbook.folder, folder)
  assert.equal(value!.inventory.hosts, ['n0'])
  assert.is(value!.extra.a!.value, '1')
})

test('a playbook that is none', () => {
  const cases: [string, string, RegExp][] = [
    ['nope.yml', 'usage-file', /There is no playbook/],
    ['.', 'usage-file', /is a folder/],
    ['empty.yml', 'usage-file', /is empty/],
    ['broken.yml', 'playbook-shape', /no module/],
  ]
  for (const [name, reason, what] of cases) {
    const [failure, more] = loaded(name).failures ?? []
    assert.is(more, undefined)
    assert.is(failure!.reason, reason)
    assert.match(failure!.what, what)
  }
})

test('the failures of all inputs come together', () => {
  const reasons = loaded('broken.yml', 'bad.yml', ['word']).failures!.map(one => one.reason)
  assert.equal(reasons, ['playbook-shape', 'inventory-shape', 'usage-option'])
})

test('a playbook that is all about the machine that runbook runs on needs no inventory', () => {
  const files = folderWith({
    'here.yml': '- {hosts: localhost, tasks: [{facts: }]}\n- {hosts: 127.0.0.1, tasks: [{facts: }]}',
    'both.yml': '- {hosts: localhost, tasks: [{facts: }]}\n- {hosts: web, tasks: [{facts: }]}',
    'hosts.yml': 'web: {hosts: {w: }}',
  })
  const read = (playbook: string, ...inventories: string[]) =>
    load({
      playbook: join(files, playbook),
      inventories: inventories.map(one => join(files, one)),
      looked: ['x'],
      extra: [],
    })
  assert.equal(read('here.yml').value!.inventory.hosts, ['localhost'])
  assert.equal(read('both.yml', 'hosts.yml').value!.inventory.hosts, ['localhost', 'w'])
  const [failure] = read('both.yml').failures!
  assert.equal([failure!.reason, failure!.why], ['inventory-missing', 'Looked for x.'])
})

test('what the command line says of the run is known to its plays', () => {
  const found = load({
    playbook: join(folder, 'site.yml'),
    inventories: [join(folder, 'hosts.yml')],
    extra: [],
    run: { limit: 'n0', tags: ['a'], skipTags: ['b'], forks: 7 },
  }).value!.playbook.plays[0]!.magic!
  const names = ['ansible_limit', 'ansible_run_tags', 'ansible_skip_tags', 'ansible_forks', 'ansible_play_hosts']
  assert.equal(
    names.map(name => found[name]!.value),
    ['n0', ['a'], ['b'], 7, ['n0']],
  )
})

test.run()
