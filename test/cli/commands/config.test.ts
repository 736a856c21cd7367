import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
place.write(
  'hosts.yml',
  `all:
  vars: { site: example.org }
  hosts:
    db:
    web:
      ansible_host: "web.{{ site }}"
      ansible_password: hunter2
      ansible_become_password: swordfish
      ansible_port: 2222
`,
)
place.write(
  'ansible.cfg',
  `[defaults]
inventory = hosts.yml
remote_user = ada
private_key_file = key
gathering = smart
vault_password_file = password
`,
)
place.write('password', 'made up\n')
const config = (args: string[], env = {}) =>
  place.run(['config', ...args], { env: { ANSIBLE_TIMEOUT: '7', SSH_AUTH_SOCK: '/run/agent', ...env } })

test('what counts of a run, and where it stands', () => {
  const { code, out } = config(['-J', 'bastion'])
  assert.is(code, 0)
  assert.match(out, /^ansible\.cfg {2}\S+ansible\.cfg\n/)
  assert.match(out, /remote_user +ada +remote_user, \S+ansible\.cfg:3\n/)
  assert.match(out, /timeout +7 +ANSIBLE_TIMEOUT\n/)
  assert.match(out, /jump +bastion +--jump\n/)
  assert.match(out, /not followed: gathering \(line 5\)\n/)
  assert.match(out, /vault_password_file +\S+\/password +vault_password_file, \S+ansible\.cfg:6\n/)
})

test('how a host is reached: variables, options, files; secrets are set and no more', () => {
  const { code, out, err } = config(['--host', 'web', '-u', 'bob', '-F', 'none'])
  assert.equal([code, err], [0, ''])
  assert.match(out, /address +web\.example\.org +ansible_host, \S*hosts\.yml:6\n/)
  assert.match(out, /port +2222 +ansible_port, \S*hosts\.yml:9\n/)
  assert.match(out, /user +bob +--user\n/)
  assert.match(out, /key +\S+\/key +private_key_file, \S+ansible\.cfg:4\n/)
  assert.match(out, /agent +\/run\/agent +SSH_AUTH_SOCK\n/)
  assert.match(out, / password +set +ansible_password, \S*hosts\.yml:7\n/)
  assert.match(out, /become password +set +ansible_become_password, \S*hosts\.yml:8\n/)
  assert.match(out, /unknown keys +asked for; refused without a terminal +default\n/)
  assert.match(out, /seconds to log in +7 +ANSIBLE_TIMEOUT\n/)
  assert.not.match(out, /hunter2|swordfish/)
})

test('a value of several lines stands in one', () => {
  const env = { ANSIBLE_SSH_ARGS: '-C\n  -o ServerAliveInterval=5' }
  assert.match(config([], env).out, /ssh_args +-C -o ServerAliveInterval=5 +ANSIBLE_SSH_ARGS\n/)
})

test('the same as JSON, and a host that is not there', () => {
  const { out } = config(['--host', 'web', '--format', 'json', '-F', 'none'])
  const { files, host, reached } = JSON.parse(out)
  assert.equal([host, files.inventory.length], ['web', 1])
  const user = reached.find(({ setting }: { setting: string }) => setting === 'user')
  assert.equal([user.value, user.from.by, user.from.origin.line], ['ada', 'ansible.cfg', 3])
  assert.not.match(out, /hunter2|swordfish/)
  assert.match(config(['--host', 'db', '-F', 'none']).out, /address +db +default\n/)
  const { code, err } = config(['--host', 'mail'])
  assert.equal([code, /There is no host mail/.test(err)], [4, true])
})

test('without any file', () => {
  const { code, out } = place.run(['config'], { env: { ANSIBLE_CONFIG: '', HOME: '/nowhere' } })
  assert.is(code, 0, out)
})

test.run()
