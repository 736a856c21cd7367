import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { playbookOf, unitsBelow } from '../../src/migrate/unit.ts'
import { folderWith } from '../load/folder.ts'

const task = '- debug: { msg: x }\n'

test('roles and playbooks of a tree, without what tries them', () => {
  const folder = folderWith({
    'site.yml': '---\n- name: x\n  hosts: all\n  tasks: []\n',
    'all.yml': '- import_playbook: site.yml\n',
    'group_vars/all.yml': 'hosts: x\n',
    'roles/a/tasks/main.yml': task,
    'roles/a/tasks/more/other.yaml': task,
    'roles/a/templates/x.conf.j2': 'x',
    'roles/a/library/mine.py': '',
    'roles/a/molecule/default/converge.yml': '- hosts: all\n',
    'roles/b/meta/main.yml': 'dependencies: []\n',
    'roles/b/tests/test.yml': '- hosts: all\n',
    '.github/x.yml': '- hosts: all\n',
  })
  const units = unitsBelow(folder)
  assert.equal(
    units.map(({ kind, name }) => [kind, name]),
    [
      ['role', 'a'],
      ['role', 'b'],
      ['playbook', 'all.yml'],
      ['playbook', 'site.yml'],
    ],
  )
  const [a] = units
  assert.equal([a!.tasks, a!.own], [['main.yml', 'more/other.yaml'], ['mine']])
  assert.is(a!.templates.length, 1)
  assert.equal(
    JSON.parse(playbookOf(a!).text).map((play: { tasks: [{ import_role: object }] }) => play.tasks[0].import_role),
    [
      { name: a!.path, tasks_from: 'main.yml' },
      { name: a!.path, tasks_from: 'more/other.yaml' },
    ],
  )
})

test('a playbook by itself, and a path that is not there', () => {
  const folder = folderWith({ 'p.yml': '- hosts: all\n' })
  assert.equal(
    unitsBelow(`${folder}/p.yml`).map(({ name }) => name),
    ['p.yml'],
  )
  assert.throws(() => unitsBelow(`${folder}/none`), /There is no/)
})

test.run()
