import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makeVault } from '../../src/vault/keyring.ts'
import { type Ran, sandbox } from './rig.ts'

// Vaults wherever files are read, and what they hold looked for in all that is said and kept. The host is this machine.

const place = sandbox()
test.after(place.remove)
const at = (name: string): string => join(place.folder, name)
const passwords = { first: 'the first password', second: 'the second password' }
const sealed = (text: string, by: keyof typeof passwords = 'first'): string =>
  makeVault(Buffer.from(text), { id: by, password: Buffer.from(passwords[by]) })

const planted = {
  group: 'zebra-quilt-4711',
  member: 'ultra-marine-93',
  extra: 'given-by-hand-36',
  source: 'first-line-of-a-key',
  template: 'literal-in-a-template',
  task: 'written-in-a-task-64',
}
const out = (name: string): string => readFileSync(at(`made/${name}`), 'utf8')

for (const folder of ['files', 'templates', 'group_vars', 'made', 'folder']) mkdirSync(at(folder))
place.write('first', `${passwords.first}\n`)
place.write('second', `${passwords.second}\n`)
place.write('hosts.yml', sealed('all: { hosts: { here: { ansible_connection: local, region: north } } }\n'))
place.write('group_vars/all.yml', sealed(`token: ${planted.group}\ndb: { user: ada, password: ${planted.member} }\n`))
place.write('extra.yml', sealed(`extra: ${planted.extra}\n`, 'second'))
place.write('files/key', sealed(`${planted.source}\nof two lines\n`))
place.write('templates/conf', sealed(`${planted.template} {{ token }}\n`))
place.write('folder/clear', 'plain words of a folder\n')
place.write('folder/closed', sealed(`${planted.source}\n`))
place.write(
  'site.yml',
  `- hosts: all
  vars: { to: "${at('made')}" }
  tasks:
    - { name: Token, copy: { content: "t={{ token }}\\n", dest: "{{ to }}/token" } }
    - { name: Member, copy: { content: "{{ db.user }} {{ db.password }}\\n", dest: "{{ to }}/member" } }
    - { name: Extra, copy: { content: "{{ extra }}\\n", dest: "{{ to }}/extra" } }
    - { name: Key, copy: { src: key, dest: "{{ to }}/key" } }
    - { name: Conf, template: { src: conf, dest: "{{ to }}/conf" } }
    - { name: Folder, copy: { src: folder/, dest: "{{ to }}/folder" } }
    - { name: Say, debug: { msg: "{{ token }} {{ db.password }} {{ extra }}" } }
`,
)
place.write(
  'closed.yml',
  sealed(`- hosts: all
  tasks:
    - { name: Written, copy: { content: "${planted.task}\\n", dest: "${at('made')}/written" } }
`),
)

const said: string[] = []
const run = (args: string[], env: NodeJS.ProcessEnv = {}): Ran => {
  const ran = place.run(args, { env })
  said.push(ran.out + ran.err)
  return ran
}
const given = ['-i', 'hosts.yml', '--vault-id', 'first@first', '--vault-id', 'second@second']
const leaks = (text: string): string[] =>
  [...Object.values(planted), ...Object.values(passwords)].filter(
    one => text.includes(one) || text.includes(Buffer.from(one).toString('base64').slice(0, -4)),
  )

test('a plan reads vaults of every kind, and tells nothing that they hold', () => {
  const { code, out, err } = run(['plan', 'site.yml', ...given, '-e', '@extra.yml', '--diff', '-o', 'plan.json'])
  assert.is(code, 0, out + err)
  assert.match(out, 't=<secret>')
  assert.equal(leaks(out + err), [])
  assert.equal(leaks(readFileSync(at('plan.json'), 'utf8')), [])
})

test('an apply puts on hosts what vaults hold; nothing of it is said or remembered', () => {
  const args = ['apply', 'site.yml', ...given, '-e', '@extra.yml', '--diff']
  const { code, out: told, err } = run([...args, '--format', 'json'])
  assert.is(code, 0, told + err)
  assert.is(out('token'), `t=${planted.group}\n`)
  assert.is(out('member'), `ada ${planted.member}\n`)
  assert.is(out('extra'), `${planted.extra}\n`)
  assert.is(out('key'), `${planted.source}\nof two lines\n`)
  assert.is(out('conf'), `${planted.template} ${planted.group}\n`)
  assert.is(out('folder/closed'), `${planted.source}\n`)
  assert.is(out('folder/clear'), 'plain words of a folder\n')
  const again = run([...args, '--detailed-exitcode'])
  assert.is(again.code, 0, again.out + again.err)
  const kept = readdirSync(at('.runbook'), { recursive: true, encoding: 'utf8' })
    .map(name => at(`.runbook/${name}`))
    .filter(path => statSync(path).isFile())
  assert.ok(kept.length >= 2)
  assert.equal(leaks([...said, ...kept.map(path => readFileSync(path, 'utf8'))].join('\n')), [])
})

test('a playbook that is a vault is run, and its lines are hidden', () => {
  const { code, out: told, err } = run(['apply', 'closed.yml', ...given, '--diff', '-v'])
  assert.is(code, 0, told + err)
  assert.is(out('written'), `${planted.task}\n`)
  assert.match(told, 'Written')
  assert.equal(leaks(told + err), [])
})

test('commands without a playbook read an inventory that is a vault', () => {
  const env = { ANSIBLE_VAULT_PASSWORD_FILE: 'first' }
  const ran = run(['exec', 'all', '-i', 'hosts.yml', '--', 'echo', 'reached'], env)
  assert.is(ran.code, 0, ran.out + ran.err)
  assert.match(ran.out, 'reached')
  const config = run(['config', '-i', 'hosts.yml', '--host', 'here'], env)
  assert.is(config.code, 0, config.err)
  assert.match(config.out, /connection +local/)
})

test('without a password, and with a wrong one, nothing is contacted: the place and what to give are told', () => {
  const none = run(['plan', 'site.yml', '-i', 'hosts.yml'])
  assert.is(none.code, 4, none.out)
  assert.match(none.err, /no vault password was given.*hosts\.yml:1:1.*--vault-password-file/s)
  const wrong = run(['plan', 'site.yml', '-i', 'hosts.yml', '--vault-password-file', 'second', '-e', 'extra=x'])
  assert.is(wrong.code, 4, wrong.out)
  assert.match(wrong.err, /opens this vault.*hosts\.yml:1:1/s)
})

test('a mistake in a vault is told by its place, and its line is not shown', () => {
  place.write('wrong.yml', sealed(`extra: [${planted.extra}\n`))
  const { code, err } = run(['plan', 'site.yml', ...given, '-e', '@wrong.yml'])
  assert.is(code, 4, err)
  assert.match(err, /wrong\.yml:\d+:\d+/)
  assert.equal(leaks(err), [])
  assert.not.match(err, /[0-9a-f]{20}/)
})

test.run()
