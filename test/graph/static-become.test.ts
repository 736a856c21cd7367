import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Become } from '../../src/core/transport.ts'
import type { BecomeDefaults } from '../../src/graph/graph.ts'
import { staticBecome } from '../../src/graph/static-become.ts'
import { staticScope } from '../../src/load/static-scope.ts'
import { loadText } from '../plan/rig.ts'
import { refused } from './rig.ts'

/** What the tasks of a play become on `a`, whose variables are these. */
const becoming = (
  play: string,
  vars: Record<string, unknown> = {},
  becoming: BecomeDefaults = {},
): (Become | undefined)[] => {
  const inventory = JSON.stringify({ all: { hosts: { a: vars } } })
  const { playbook, ...loaded } = loadText(`- hosts: all\n${play}`, inventory)
  const becomes = staticBecome({ ...loaded, becoming }, staticScope(loaded, []))
  return playbook.plays.flatMap(one => one.tasks.map(task => becomes({ task, play: one }, 'a')))
}
const sudo = (user: string, more: Partial<Become> = {}): Become => ({ user, method: 'sudo', ...more })
const tasks = (...words: string[]): string =>
  `  tasks:\n${words.map(one => `    - { debug: { msg: x }${one} }`).join('\n')}\n`

test('whom a task becomes is said by the task, else by its play; nobody where become is not true', () => {
  assert.equal(becoming(tasks('', ', become: true', ', become_user: web')), [undefined, sudo('root'), undefined])
  const play = `  become: true\n  become_user: web\n  become_flags: -H  -E\n${tasks('', ', become_user: db', ', become: false', ', become_flags: "", become_method: su')}`
  assert.equal(becoming(play), [
    sudo('web', { flags: ['-H', '-E'] }),
    sudo('db', { flags: ['-H', '-E'] }),
    undefined,
    { user: 'web', method: 'su' },
  ])
})

test('as in Ansible variables come before keywords, keywords before options, and of variables those of the method', () => {
  const play = `  become: true\n  become_user: web\n${tasks('')}`
  assert.equal(becoming(play, {}, { become_user: 'x', become_exe: '/opt/sudo' }), [sudo('web', { exe: '/opt/sudo' })])
  assert.equal(becoming(tasks(''), {}, { become: true, become_user: 'x', become_method: 'doas' }), [
    { user: 'x', method: 'doas' },
  ])
  assert.equal(becoming(tasks(', become: false'), {}, { become: true }), [undefined])
  assert.equal(becoming(play, { ansible_become_user: 'db' }), [sudo('db')])
  assert.equal(becoming(play, { ansible_become_user: 'db', ansible_sudo_user: 'ops', ansible_su_user: 'z' }), [
    sudo('ops'),
  ])
  assert.equal(becoming(play, { ansible_become_method: 'su', ansible_su_user: 'z', ansible_sudo_flags: '-E' }), [
    { user: 'z', method: 'su' },
  ])
  assert.equal(becoming(play, { ansible_become_user: null }), [sudo('web')])
})

test('ansible_become is true or false in any of Ansible words, over the keyword', () => {
  for (const yes of [true, 'yes', 'True', 'on', '1', 1])
    assert.equal(becoming(tasks(''), { ansible_become: yes }), [sudo('root')])
  for (const no of [false, 'no', 'False', 'off', '0'])
    assert.equal(becoming(`  become: true\n${tasks('')}`, { ansible_become: no }), [undefined])
  const [failure] = refused(() => becoming(tasks(''), { ansible_become: 'maybe' }))
  assert.match(failure!.what, 'ansible_become')
})

test('passwords come from any of their variables; the last one of them counts', () => {
  const play = `  become: true\n${tasks('')}`
  assert.equal(becoming(play, { ansible_become_password: 'one' }), [sudo('root', { password: 'one' })])
  assert.equal(becoming(play, { ansible_become_pass: 12 }), [sudo('root', { password: '12' })])
  assert.equal(becoming(play, { ansible_become_pass: 'one', ansible_sudo_pass: 'two' }), [
    sudo('root', { password: 'two' }),
  ])
  const [failure] = refused(() => becoming(play, { ansible_become_pass: 'hush\nhush' }))
  assert.not.match(JSON.stringify(failure), 'hush')
})

test('values may be expressions over variables, also those of the task', () => {
  const play = `  become: true\n  become_user: '{{ admin }}'\n  vars: { admin: web }\n${tasks('', ', vars: { admin: db }', ', vars: { ansible_become_user: ops }')}`
  assert.equal(becoming(play), [sudo('web'), sudo('db'), sudo('ops')])
  assert.equal(becoming(`  become: true\n${tasks('')}`, { ansible_become_user: '{{ inventory_hostname }}' }), [
    sudo('a'),
  ])
})

test('what cannot be is refused with its place: a method, flags with quotes, a user that is none', () => {
  const wrong = (words: string) => refused(() => becoming(`  become: true\n${tasks(words)}`))[0]!
  assert.match(wrong(', become_method: runas').what, 'runas')
  assert.match(wrong(', become_method: runas').fix ?? '', 'sudo, su, doas')
  assert.is(wrong(', become_method: runas').origin?.line, 4)
  assert.match(wrong(`, become_flags: "-p 'x y'"`).what, 'would expand')
  assert.match(wrong(`, become_user: "{{ 5 }}"`).what, 'become_user')
  assert.equal(becoming(`  become: true\n${tasks(', become_method: community.general.doas')}`), [
    { user: 'root', method: 'doas' },
  ])
})

test.run()
