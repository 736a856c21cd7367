import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

/** Nothing that leads anywhere by ssh. */
const env = { SSH_AUTH_SOCK: '' }

test('a playbook about the machine that runbook runs on needs neither an inventory nor ssh', () => {
  const { folder, write, run, remove } = sandbox()
  write(
    'here.yml',
    `- hosts: localhost
  vars: { place: ${folder} }
  tasks:
    - { name: write, copy: { dest: "{{ place }}/made", content: "{{ inventory_hostname }} {{ groups.all | length }}\\n" } }
    - { name: say, command: { argv: [pwd] }, changed_when: false, register: said }
    - { name: tell, copy: { dest: "{{ place }}/told", content: "{{ said.stdout }}" } }
`,
  )
  const applied = run(['apply', 'here.yml'], { env })
  assert.is(applied.code, 0, applied.out + applied.err)
  assert.is(readFileSync(join(folder, 'made'), 'utf8'), 'localhost 0\n')
  assert.is(readFileSync(join(folder, 'told'), 'utf8').trim(), folder)
  remove()
})

test('what is registered on it is read by other plays under its name, and it is in no group', () => {
  const { folder, write, run, remove } = sandbox()
  write('hosts.yml', `all: {hosts: {web: {ansible_connection: local, place: ${folder}}}}`)
  write(
    'site.yml',
    `- hosts: localhost
  tasks:
    - { name: say, command: { argv: [echo, from-here] }, changed_when: false, register: said }
- hosts: all
  tasks:
    - { name: write, copy: { dest: "{{ place }}/made", content: "{{ hostvars.localhost.said.stdout }}" } }
`,
  )
  const applied = run(['apply', '-i', 'hosts.yml', 'site.yml'], { env })
  assert.is(applied.code, 0, applied.out + applied.err)
  assert.match(readFileSync(join(folder, 'made'), 'utf8'), 'from-here')
  remove()
})

test('a play may say that its hosts are this machine; two plays may not say it differently of one host', () => {
  const { folder, write, run, remove } = sandbox()
  write('hosts.yml', 'all: {hosts: {a: , b: }}')
  const play = (more: string): string =>
    `- hosts: all\n${more}  tasks: [{ name: w, copy: { dest: "${folder}/{{ inventory_hostname }}", content: x } }]\n`
  write('local.yml', play('  connection: local\n'))
  assert.is(run(['apply', '-i', 'hosts.yml', 'local.yml'], { env }).code, 0)
  for (const name of ['a', 'b']) assert.is(readFileSync(join(folder, name), 'utf8'), 'x')
  write('two.yml', play('  connection: local\n') + play(''))
  const { code, err } = run(['plan', '-i', 'hosts.yml', 'two.yml'], { env })
  assert.is(code, 4, err)
  assert.match(err, 'two ways')
  assert.match(err, 'two.yml:2')
  remove()
})

test.run()
