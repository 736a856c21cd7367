import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { secretFaults, secretSources, writtenSecrets } from '../../src/load/secrets.ts'
import { loadText } from '../plan/rig.ts'
import { refused } from './refused.ts'

const inventory =
  'all: { hosts: { a: { vault: { user: ada, password: of-a }, db: "{{ vault.password }}", pin: 4711 } } }'
const loaded = (secrets: string, task = '{ debug: { msg: x } }', files = {}) =>
  loadText(`- hosts: all\n  secrets: ${secrets}\n  tasks: [${task}]\n`, inventory, files)

test('a variable, a member of one, a register, a file of variables and one for src', () => {
  const all = loaded('[pin, vault.password, said, inventory.yml, key]', '{ debug: { msg: x }, register: said }', {
    'files/key': 'one two three\nlonger-than-that\n',
  })
  assert.equal(secretFaults(all), [])
  const { paths, files } = secretSources(all)
  const names = ['pin', 'vault.password', 'said', 'vault', 'db', 'pin', 'said']
  assert.equal(
    paths.map(path => path.join('.')),
    names,
  )
  assert.equal(
    [...files].map(file => file.split('/').slice(-2).join('/')),
    ['files/key'],
  )
  const written = writtenSecrets(all)
  for (const text of ['4711', 'of-a', 'ada', 'longer-than-that']) assert.ok(written.includes(text), text)
})

test('a name that is not there is refused with the nearest, or with what to do', () => {
  const [near, none] = secretFaults(loaded('[vautl, other.yml]'))
  assert.is(near!.what, 'secrets names "vautl", and there is no variable, register or file of that name.')
  assert.match(near!.fix!, 'vault')
  assert.match(none!.fix!, /-e/)
})

test('what is registered by a task with no_log is secret, and a task is so whose register is named', () => {
  const quiet = '{ debug: { msg: x }, register: said, no_log: true }'
  assert.equal(secretSources(loaded('[]', quiet)).paths, [['said']])
  const [play] = loaded('[said.stdout]', '{ debug: { msg: x }, register: said }').playbook.plays
  assert.is(play!.tasks[0]!.noLog, true)
})

test('no_log is inherited', () => {
  const { plays } = loadText(
    '- hosts: all\n  no_log: true\n  tasks: [{ debug: { msg: x } }, { no_log: false, debug: { msg: x } }]\n',
    inventory,
  ).playbook
  assert.equal(
    plays[0]!.tasks.map(task => task.noLog),
    [true, false],
  )
})

test('an expression for no_log hides a task but where it is false on all hosts, before any is contacted', () => {
  const noLog = (expression: string): unknown =>
    loaded('[]', `{ no_log: "{{ ${expression} }}", loop: [{ x: 1 }], register: it, debug: { msg: x } }`).playbook
      .plays[0]!.tasks[0]!.noLog
  assert.equal(
    ['nowhere | default(true)', 'nowhere', 'item.x is defined', 'it is changed', 'ansible_os_family == 1'].map(noLog),
    [...[true, true, true, true, true]],
  )
  assert.equal(['nowhere | default(false)', "nowhere | default('no')", 'inventory_hostname == 1'].map(noLog), [
    ...[false, false, false],
  ])
})

test('passwords and keys of a connection are secret whatever a play says', () => {
  const vars = 'ansible_password: one, ansible_become_pass: two, ansible_ssh_private_key_passphrase: three'
  const all = loadText(
    '- hosts: all\n  vars: { ansible_sudo_pass: "{{ x }}" }\n  tasks: [{ debug: { msg: x } }]\n',
    `all: { hosts: { a: { ${vars}, ansible_ssh_private_key_file: four, x: five } } }`,
  )
  assert.equal([...new Set(writtenSecrets(all))].toSorted(), ['one', 'three', 'two'])
  assert.ok(secretSources(all).paths.some(([name]) => name === 'ansible_sudo_pass'))
})

test('a secret file with a mistake is named with its place, and its line is not shown', () => {
  const failures = refused(() =>
    loadText('- hosts: all\n  secrets: [host_vars/a.yml]\n  tasks: []\n', inventory, { 'host_vars/a.yml': 'pw: "x\n' }),
  )
  assert.is(failures[0]!.origin!.unquoted, true)
})

test.run()
