import { chmodSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from './rig.ts'

// What YAML 1.1 makes of a playbook, seen from the command line. The host is this machine.

const place = sandbox()
test.after(place.remove)
const at = (name: string): string => join(place.folder, name)
place.write(
  'hosts.yml',
  'all: { hosts: { here: { ansible_connection: local } }, vars: { region: no, closed: 0600 } }\n',
)

const warnings = (said: string): string[] => said.split('\n').filter(line => /^warning/i.test(line))

test('a mode without quotes is its octal digits, in a task and in a variable', () => {
  place.write(
    'modes.yml',
    `- hosts: all
  vars: { sticky: 01777 }
  tasks:
    - { name: Plain, copy: { content: x, dest: "${at('plain')}", mode: 0640 } }
    - { name: Variable, copy: { content: x, dest: "${at('variable')}", mode: "{{ closed }}" } }
    - { name: Folder, file: { path: "${at('folder')}", state: directory, mode: "{{ sticky }}" } }
`,
  )
  const ran = place.run(['apply', 'modes.yml', '-i', 'hosts.yml'])
  assert.is(ran.code, 0, ran.out + ran.err)
  const modes = ['plain', 'variable', 'folder'].map(name => statSync(at(name)).mode & 0o7777)
  assert.equal(modes, [0o640, 0o600, 0o1777])
})

test('what YAML may have read wrongly is told once, with its place, and not what is secret', () => {
  place.write('extra.yml', 'start: 12:30\n')
  chmodSync(at('extra.yml'), 0o644)
  chmodSync(at('hosts.yml'), 0o644)
  place.write(
    'doubts.yml',
    `- hosts: all
  vars: { version: 1.10, db_password: 01234, hidden: 0555 }
  secrets: [hidden]
  tasks:
    - name: Say
      debug: { msg: "{{ version }} {{ start }}" }
      when: true
      when: true
`,
  )
  const { code, out, err } = place.run(['plan', 'doubts.yml', '-i', 'hosts.yml', '-e', '@extra.yml'])
  assert.is(code, 0, out + err)
  const said = warnings(out + err)
  const lines = ['doubts.yml:2:20: 1.10 is the number 1.1', 'doubts.yml:8:7: The key when is written twice']
  for (const line of [...lines, 'hosts.yml:1:72: no is false', 'extra.yml:1:8: 12:30 is the number 750'])
    assert.is(said.filter(one => one.includes(line)).length, 1, `${line} in\n${said.join('\n')}`)
  for (const line of ['doubts.yml:2:39: this is not read', 'doubts.yml:2:54: this is not read'])
    assert.is(said.filter(one => one.includes(line)).length, 1, `${line} in\n${said.join('\n')}`)
  assert.not.match(out + err, /01234|0555/)
})

test('a flow collection ends in any column, and a file may begin with a mark and end its lines as Windows does', () => {
  place.write(
    'nasty.yml',
    `\ufeff---\n- hosts: all\n  vars: {\n    names: [\n  a,\n  b\n],\n    there: off\n}\n  tasks:\n    - name: Write\n      copy: {content: '{{ names[1] }}'#text\n, dest: "${at('nasty')}"}\n...\n`.replaceAll(
      '\n',
      '\r\n',
    ),
  )
  const ran = place.run(['apply', 'nasty.yml', '-i', 'hosts.yml'])
  assert.is(ran.code, 0, ran.out + ran.err)
  assert.is(readFileSync(at('nasty'), 'utf8'), 'b')
})

test.run()
