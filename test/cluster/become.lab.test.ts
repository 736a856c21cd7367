import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo } from './network.ts'
import { failures, plannedOf, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('become')
const asAdmin = ['-e', 'ansible_user=admin']
const small = `- hosts: ipfs
  tasks:
    - name: Own folder
      file: { path: /tmp/mine, state: directory }
    - name: Own file
      copy: { content: "{{ inventory_hostname }}\\n", dest: /tmp/mine/own }
    - name: Root's file
      become: true
      copy: { content: "{{ inventory_hostname }}\\n", dest: /etc/roots, mode: '0600' }
    - name: Own command
      command: { cmd: sh -c 'id -un >/tmp/mine/who', creates: /tmp/mine/who }
    - name: Root's command
      become: true
      command: { cmd: sh -c 'id -un >/etc/who', creates: /etc/who }
`

check('a user with sudo sets a group up', async () => {
  await lab.raise()
  await needApplied(lab, ...asAdmin)
  const told = await lab.plan(...asAdmin)
  assert.is(told.code, 0, failures(told).join('\n'))
  assert.equal([...new Set(plannedOf(told).map(({ verdict }) => verdict))].sort(), ['ok', 'skipped'])
  await needNothingToDo(lab, ...asAdmin)
})

check('root finds it as root would have made it', async () => {
  await needNothingToDo(lab)
})

check('tasks with become write as root, those without as the user', async () => {
  const file = `${lab.folder}/small.yml`
  writeFileSync(file, small)
  const told = await lab.applyOf(file, ...asAdmin)
  assert.is(told.code, 0, failures(told).join('\n'))
  const look = 'stat -c "%n %U" /tmp/mine /tmp/mine/own /tmp/mine/who /etc/roots /etc/who; cat /tmp/mine/who /etc/who'
  for (const text of Object.values(await lab.everywhere(look)))
    assert.equal(text.split('\n'), [
      '/tmp/mine admin',
      '/tmp/mine/own admin',
      '/tmp/mine/who admin',
      '/etc/roots root',
      '/etc/who root',
      'admin',
      'root',
    ])
  const again = await lab.applyOf(file, ...asAdmin)
  assert.is(again.code, 0)
  assert.equal([...new Set(resultsOf(again).map(({ status }) => status))], ['ok'])
})

check('a host that refuses sudo is told with the cure, and the others are not held up', async () => {
  await lab.ssh('node1', 'rm /etc/sudoers.d/admin')
  const told = await lab.plan(...asAdmin)
  const lost = told.events.filter(event => event.type === 'host-lost')
  assert.equal(
    lost.map(({ host, failure }) => [host, failure.reason]),
    [['node1', 'host-become']],
  )
  assert.match(lost[0]!.failure.fix ?? '', 'admin ALL=(ALL) NOPASSWD: ALL')
  assert.is(told.code, 1)
  const others = plannedOf(told).filter(({ host }) => host !== 'node1')
  assert.equal([...new Set(others.map(({ verdict }) => verdict))].sort(), ['ok', 'skipped'])
  // As root, for whom there is no sudo in between, all is well.
  await needNothingToDo(lab)
})

test.run()
