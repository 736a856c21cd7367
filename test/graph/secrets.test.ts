import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { secretExtraVars } from '../../src/graph/secrets.ts'
import { locatedAt } from '../../src/load/located.ts'
import { loadText } from '../plan/rig.ts'

const origin = { file: '-e', line: 1, column: 1 }
const found = (playbook: string, extra: Record<string, unknown>): string[] => {
  const loaded = loadText(playbook, 'all: { hosts: { a: { own: "{{ fromHost }}" } } }')
  const given = Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, locatedAt(value, origin)]))
  const secretsOf = (module: string): string[] => (module === 'swarm_key' ? ['key'] : [])
  return [...secretExtraVars({ ...loaded, extra: given }, secretsOf)].sort()
}
const play = (key: string, more = ''): string =>
  `- hosts: all\n  vars: { inPlay: "x{{ fromPlay }}" }\n  tasks:\n    - { swarm_key: { path: "{{ path }}", key: "${key}" }${more} }\n`

test('a variable that an argument which is a secret refers to may be one, another of the same task is none', () =>
  assert.equal(found(play('{{ key }}'), { key: 'k', path: '/p', other: 'o' }), ['key']))

test('also by way of a variable of the play, the inventory, the task, or another one that was given', () => {
  assert.equal(found(play('{{ inPlay }}'), { fromPlay: 'k', path: '/p' }), ['fromPlay'])
  assert.equal(found(play('{{ own }}'), { fromHost: 'k' }), ['fromHost'])
  assert.equal(found(play('{{ hostvars.a.own }}'), { fromHost: 'k' }), ['fromHost'])
  assert.equal(found(play('{{ mine }}', ', vars: { mine: "{{ key }}" }'), { key: 'k' }), ['key'])
  assert.equal(found(play('{{ key }}'), { key: '{{ real }}', real: 'k' }), ['key', 'real'])
})

test('also as what a loop runs over', () =>
  assert.equal(found(play('{{ item }}', ', loop: "{{ keys }}"'), { keys: ['k'], path: '/p' }), ['keys']))

test('where no argument is a secret nothing is', () =>
  assert.equal(found('- hosts: all\n  tasks: [{ debug: { msg: "{{ key }}" } }]\n', { key: 'k' }), []))

test.run()
