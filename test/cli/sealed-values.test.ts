import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makeVault } from '../../src/vault/keyring.ts'
import { type Ran, sandbox } from './rig.ts'

// Values that are vaults (`!vault`), in files that are none. The host is this machine.

const place = sandbox()
test.after(place.remove)
const at = (name: string): string => join(place.folder, name)
const passwords = { first: 'the first password', second: 'the second password' }
const sealed = (text: string, by: keyof typeof passwords = 'first', indent = 4): string => {
  const lines = makeVault(Buffer.from(text), { id: by, password: Buffer.from(passwords[by]) })
    .trimEnd()
    .split('\n')
  return `!vault |\n${lines.map(line => ' '.repeat(indent) + line).join('\n')}\n`
}
const planted = {
  token: 'zebra-quilt-4711',
  member: 'ultra-marine-93',
  play: 'of-a-play-36',
  task: 'of-a-task-64',
  direct: 'in-an-argument-58',
  item: 'in-a-list-27',
  braces: 'as {{ it }} stands',
}
const made = (name: string): string => readFileSync(at(`made/${name}`), 'utf8')

for (const folder of ['group_vars', 'made']) mkdirSync(at(folder))
for (const [name, password] of Object.entries(passwords)) place.write(name, `${password}\n`)
place.write('hosts.yml', 'all: { hosts: { here: { ansible_connection: local } } }\n')
place.write(
  'group_vars/all.yml',
  `token: ${sealed(planted.token)}braces: ${sealed(planted.braces)}pin: ${sealed('q7Z')}other: ${sealed('x', 'second')}
db:
  user: ada
  password: ${sealed(planted.member)}users:
  - name: bob
    password: ${sealed(planted.item, 'first', 6)}`,
)
place.write(
  'site.yml',
  `- hosts: all
  vars:
    to: "${at('made')}"
    of_play: ${sealed(planted.play, 'first', 6)}
  tasks:
    - { name: Token, copy: { content: "t={{ token }}\\n", dest: "{{ to }}/token" } }
    - { name: Member, copy: { content: "{{ db.user }} {{ db.password }}\\n", dest: "{{ to }}/member" } }
    - { name: Item, copy: { content: "{{ users[0].password }}\\n", dest: "{{ to }}/item" } }
    - { name: Play, copy: { content: "{{ of_play }}\\n", dest: "{{ to }}/play" } }
    - { name: Braces, copy: { content: "{{ braces }}\\n", dest: "{{ to }}/braces" } }
    - { name: Short, copy: { content: "code={{ pin }}\\n", dest: "{{ to }}/short" } }
    - name: Task
      copy: { content: "{{ of_task }}\\n", dest: "{{ to }}/task" }
      vars:
        of_task: ${sealed(planted.task, 'first', 10)}
    - name: Direct
      copy:
        dest: "{{ to }}/direct"
        content: ${sealed(planted.direct, 'first', 10)}
    - { name: Unreached, debug: { msg: "{{ other }}" }, when: "to == 'nowhere'" }
`,
)
place.write('other.yml', '- hosts: all\n  tasks:\n    - { name: Reaches, debug: { msg: "o={{ other }}" } }\n')
place.write(
  'later.yml',
  '- hosts: all\n  tasks:\n    - { name: Reaches, debug: { msg: "{{ other }}" }, when: "db.user == \'ada\'" }\n',
)

const said: string[] = []
const run = (...args: string[]): Ran => {
  const ran = place.run([...args, '-i', 'hosts.yml'])
  said.push(ran.out + ran.err)
  return ran
}
const leaks = (text: string): string[] =>
  [...Object.values(planted), ...Object.values(passwords), 'code=q7Z'].filter(one => text.includes(one))
const first = ['--vault-password-file', 'first']

test('values are opened where they are read, and told nowhere; one that nobody reaches needs no password', () => {
  const plan = run('plan', 'site.yml', ...first, '--diff', '-o', 'plan.json')
  assert.is(plan.code, 0, plan.out + plan.err)
  assert.match(plan.out, 't=<secret>')
  assert.equal(leaks(readFileSync(at('plan.json'), 'utf8')), [])
  const { code, out, err } = run('apply', 'site.yml', ...first, '--diff', '-v', '--format', 'json')
  assert.is(code, 0, out + err)
  assert.is(made('token'), `t=${planted.token}\n`)
  assert.is(made('member'), `ada ${planted.member}\n`)
  assert.is(made('item'), `${planted.item}\n`)
  assert.is(made('play'), `${planted.play}\n`)
  assert.is(made('task'), `${planted.task}\n`)
  assert.is(made('direct'), planted.direct)
  assert.is(made('braces'), `${planted.braces}\n`, 'what a vault keeps is no template')
  assert.is(made('short'), 'code=q7Z\n')
  const kept = readdirSync(at('.runbook'), { recursive: true, encoding: 'utf8' })
    .map(name => at(`.runbook/${name}`))
    .filter(path => statSync(path).isFile())
  assert.equal(leaks([...said, ...kept.map(path => readFileSync(path, 'utf8'))].join('\n')), [])
})

test('an inventory shows them closed, as Ansible does', () => {
  const { code, out, err } = place.run(['inventory', '-i', 'hosts.yml', '--list', ...first])
  assert.is(code, 0, err)
  assert.equal(leaks(out), [])
  const { here } = JSON.parse(out)._meta.hostvars
  assert.match(here.token.__ansible_vault, /^\$ANSIBLE_VAULT;1\.2;AES256;first\n[0-9a-f]{80}\n/)
  assert.equal(Object.keys(here.db.password), ['__ansible_vault'])
  assert.is(here.db.user, 'ada')
})

test('one that a host reaches is refused before anything connects, with its place and what to give', () => {
  const wrong = run('plan', 'other.yml', ...first)
  assert.is(wrong.code, 4, wrong.out + wrong.err)
  assert.match(wrong.err, /No vault password that was given opens this vault.*group_vars\/all\.yml:\d+:\d+/s)
  assert.is(wrong.out, '')
  const none = run('plan', 'other.yml')
  assert.is(none.code, 4, none.out + none.err)
  assert.match(none.err, /no vault password was given/)
  assert.is(run('plan', 'other.yml', '--vault-password-file', 'second').code, 0)
})

test('behind a condition it fails the task that reaches it, in the plan', () => {
  const { code, out, err } = run('plan', 'later.yml', ...first)
  assert.is(code, 4, out + err)
  assert.match(out + err, /opens this vault/)
  assert.match(out + err, /all\.yml:\d+/)
})

test.run()
