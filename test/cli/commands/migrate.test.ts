import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { folderWith } from '../../load/folder.ts'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)

const folder = folderWith({
  'roles/whole/tasks/main.yml':
    '- copy: { dest: /srv/x, content: "{{ nowhere }}" }\n- include_tasks: "{{ ansible_os_family }}.yml"\n',
  'roles/whole/tasks/Debian.yml': '- command: "true"\n',
  'roles/default/tasks/main.yml':
    '- include_tasks: "setup-{{ ansible_facts.os_family }}.yml"\n- yum: { name: x }\n  when: ansible_os_family == "RedHat"\n',
  'roles/default/tasks/setup-Debian.yml': '- shell: a | b\n',
  'roles/default/tasks/setup-RedHat.yml': '- dnf: { name: y }\n- debug: { msg: "{{ x | nosuch }}" }\n',
  'roles/lacks/tasks/main.yml': '- mine: { a: 1 }\n  when: found.rc == 0\n- dnf: { name: y }\n',
  'roles/lacks/library/mine.py': '',
  'roles/lacks/templates/x.j2': '{{ a | nosuchfilter }}\n',
  'site.yml': '- hosts: all\n  roles: [whole]\n  tasks: [{ copy: { dst: /x } }]\n',
})

test('says of each role whether all of it runs, what a default run comes to, and what is missing', () => {
  const { code, out, err } = place.run(['migrate', 'check', folder])
  assert.is(code, 1, out + err)
  assert.match(out, /^default +runs by default /m)
  assert.match(out, /^lacks +lacks something/m)
  assert.match(out, /^whole +all of it runs$/m)
  assert.match(out, /^site\.yml +lacks something/m)
  assert.match(out, /2 units, 2x: There is no module "dnf"/)
  assert.match(out, 'Of 3 roles all runs of 1 of 3 (33 %), and what a default run comes to of 2 of 3 (66 %).')
})

test('as data, with all of it', () => {
  const { out } = place.run(['migrate', 'check', folder, '--format', 'json'])
  const units = JSON.parse(out) as { name: string; lacks: { what: string; kind: string }[]; byDefault: object[] }[]
  const lacks = units.find(({ name }) => name === 'lacks')!
  assert.equal(lacks.lacks.map(({ kind }) => kind).sort(), ['module', 'plugin', 'template'])
  assert.is(units.find(({ name }) => name === 'default')!.byDefault.length, 0)
})

test('nothing is missing, and a path that is not there', () => {
  assert.is(place.run(['migrate', 'check', `${folder}/roles/whole`]).code, 0)
  const { code, err } = place.run(['migrate', 'check', 'nowhere'])
  assert.is(code, 4)
  assert.match(err, 'There is no nowhere.')
})

test.run()
