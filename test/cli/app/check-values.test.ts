import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

// All that is wrong with a playbook and its inventory is told in one go, each mistake once, at its place.

const place = sandbox()
test.after(place.remove)
mkdirSync(join(place.folder, 'templates'))
mkdirSync(join(place.folder, 'group_vars'))
place.write('templates/broken.hbs', 'a\n{{#if x}}\n')
place.write('templates/names.hbs', 'port {{ prot }}\n')
place.write(
  'hosts.yml',
  'all:\n  hosts:\n    web: { ansible_host: 127.0.0.1, port: eighty }\n    db: { ansible_host: 127.0.0.2, port: 80 }\n',
)

const refused = (playbook: string, inventory = 'hosts.yml'): string => {
  place.write('play.yml', playbook)
  const { code, out, err } = place.run(['plan', 'play.yml', '-i', inventory])
  assert.is(code, 4, out + err)
  return out + err
}
/** Each failure as its reason and first place. */
const toldIn = (err: string): string[] =>
  [...err.matchAll(/error\[([\w-]+)\]: .*\n {2}(\S+)/g)].map(([, reason, at]) => `${reason} ${at}`)
/** The words that are underlined, in order. */
const underlined = (err: string): string[] =>
  [...err.matchAll(/ \| (.*)\n *\| ( *)(\^+)/g)].map(([, line, before, under]) =>
    line!.slice(before!.length, before!.length + under!.length),
  )

const MANY = `- hosts: all
  vars: { size: big }
  tasks:
    - copy: { dest: /srv/a, contents: x }
    - { name: two, copy: { dest: /srv/b, content: x }, regster: made }
    - debug: "{{ made.changed }} {{ maed.changed }}"
    - debug: "{{ size + }}"
    - file_: { path: /srv/c }
    - nothing_like_it: { path: /srv/c }
    - { neither_this: { path: /srv/c }, touches: [/srv/c] }
    - { name: none }
    - template: { src: broken.hbs, dest: /srv/d }
    - template: { src: names.hbs, dest: /srv/e }
    - template: { src: nowhere.hbs, dest: /srv/f }
    - copy: { src: gone.txt, dest: /srv/g }
    - { debug: x, notify: nobody }
    - { debug: x, needs: [nothing_called_so] }
    - bootstrap: { peers: [{ id: a, address: b, port: "{{ port }}" }] }
    - { debug: "{{ facts.arch }}", when: a && b }
`

test('mistakes of all kinds are told in one go, in file order, each once', () => {
  const err = refused(MANY)
  assert.equal(toldIn(err), [
    'playbook-argument play.yml:4:29',
    'playbook-shape play.yml:5:56',
    'playbook-name play.yml:6:37',
    'playbook-expression play.yml:7:25',
    'playbook-module play.yml:8:7',
    'playbook-module play.yml:9:7',
    'playbook-module play.yml:10:9',
    'playbook-shape play.yml:11:7',
    'playbook-reference play.yml:14:24',
    'playbook-reference play.yml:15:20',
    'playbook-reference play.yml:16:27',
    'playbook-reference play.yml:17:27',
    'playbook-argument play.yml:18:56',
    'playbook-name play.yml:19:20',
    'playbook-expression play.yml:19:44',
    'playbook-template templates/broken.hbs:3:1',
    'playbook-name templates/names.hbs:1:9',
  ])
  const words = underlined(err)
  for (const word of [
    'contents',
    'regster',
    'maed',
    'file_',
    'nowhere.hbs',
    'gone.txt',
    'nobody',
    'nothing_called_so',
    'facts',
  ])
    assert.ok(words.includes(word), `${word}: ${words.join(', ')}`)
  assert.is(err.split('unarchive').length, 2, 'the list of modules stands there once')
  assert.match(err, 'It is so on web.')
  assert.not.match(err, 'It is so on db')
})

test('what is wrong with the inventory is told with what is wrong with the playbook, and no name is missed for it', () => {
  place.write(
    'bad.yml',
    'all:\n  hosts:\n    web: { port: 80, ansible_group_priority: 2 }\n  vars: { ansible_group_priority: x }\n',
  )
  place.write('group_vars/all.yml', '- a list\n')
  const err = refused('- hosts: web\n  tasks:\n    - debug: "{{ port }}"\n    - copy: { dst: /x }\n', 'bad.yml')
  assert.equal(toldIn(err), [
    'playbook-argument play.yml:4:15',
    'inventory-variable bad.yml:4:35',
    'inventory-shape group_vars/all.yml:1:1',
  ])
  place.write('group_vars/all.yml', '{}\n')
})

const VALUES = `- hosts: all
  vars: { kind: dir, token: zebra-quilt, code: q7Z }
  secrets: [token, code]
  tasks:
    - file: { path: /srv/a, state: "{{ kind }}", mode: "{{ port }}" }
    - file: { path: "{{ kind }}", state: "{{ kind }}s" }
    - file: { path: /srv/b, mode: "{{ token.upper() }}" }
    - file: { path: /srv/c, mode: "{{ code }}" }
`

test('where nothing but values is wrong all of them are told too, each with its argument and its hosts', () => {
  const err = refused(VALUES)
  assert.equal(toldIn(err).slice(0, 4), [
    'playbook-argument play.yml:5:37',
    'playbook-argument play.yml:5:57',
    'playbook-argument play.yml:6:22',
    'playbook-argument play.yml:6:43',
  ])
  assert.match(err, 'It is so on web, db.')
  assert.match(err, 'It is so on web.')
  assert.not.match(err, ' on web/')
})

test('a plan that asks no host counts nothing', () => {
  place.write('play.yml', VALUES)
  assert.not.match(place.run(['plan', 'play.yml', '-i', 'hosts.yml']).out, '0 to change')
})

test('a value that is made of a secret is not told, whatever is wrong with it, also beside other mistakes', () => {
  place.write('group_vars/all.yml', 'token: zebra-quilt\ncode: q7Z\n')
  const play = (task: string): string => `- hosts: all\n  secrets: [token, code]\n  tasks:\n    - ${task}\n`
  for (const task of [
    'file: { path: /srv/b, mode: "{{ token.upper() }}" }',
    'file: { path: /srv/c, mode: "{{ code }}" }',
    `debug: "{{ {'a': 1}[token.upper()] }}"`,
    '{ debug: x, when: token.upper() }',
    '{ debug: x, loop: "{{ token.upper() }}" }',
  ]) {
    assert.not.match(refused(play(task)), /ZEBRA|q7Z/, task)
    assert.not.match(refused(`${play(task)}    - nothing_like_it: {}\n`), /ZEBRA|q7Z/, task)
  }
})

/** A play on this machine. */
const here = (tasks: string): ReturnType<typeof place.run> => {
  place.write('here.yml', `- hosts: localhost\n  gather_facts: false\n  vars: { packages: [] }\n  tasks:\n${tasks}`)
  return place.run(['plan', 'here.yml', '-v'])
}
const OTHERS = `    - { yum: { name: x, enablerepo: y }, when: false }
    - { community.general.zypper: name=x, when: [true, false] }
    - { copy: { dest: /srv/x, contents: y }, when: false }
    - { debug: { msg: "{{ nowhere | nosuchfilter }}" }, when: false }
    - { debug: { msg: "{{ nowhere.x }}" }, when: nowhere is defined }
    - { template: { src: broken.hbs, dest: /srv/x }, when: false }
    - { pkgng: "name={{ item }}", loop: "{{ packages }}" }
`

test('what is wrong with tasks that no host comes to keeps nobody from the others', () => {
  const { code, out, err } = here(OTHERS)
  assert.is(code, 0, out + err)
  assert.is(out.match(/^ {2}- /gm)?.length, 7, out)
})

test('a host that comes to such a task fails there, by name; with something else to mend all are told', () => {
  const reached = here(`    - { yum: { name: x }, when: true }\n`)
  assert.match(reached.out + reached.err, /there is no module "yum"/)
  assert.is(reached.code, 4)
  const { code, err } = here(`${OTHERS}    - { debug: { msg: x }, regster: y }\n`)
  assert.is(code, 4)
  for (const word of ['regster', 'yum', 'zypper', 'contents', 'nosuchfilter', 'nowhere', 'pkgng'])
    assert.match(err, word)
})

test('a variable that an include is to give is not told as missing beside another mistake', () => {
  place.write('given.yml', 'given: { a: 1 }\n')
  const tasks = ['copy: { dest: srv, content: x }', 'include_vars: given.yml', 'debug: { msg: "{{ given.a }}" }']
  const err = refused(`- hosts: all\n  gather_facts: false\n  tasks:\n${tasks.map(one => `    - ${one}\n`).join('')}`)
  assert.equal(toldIn(err), ['playbook-argument play.yml:4:21'])
})

test.run()
