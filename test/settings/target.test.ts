import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../src/core/failure.ts'
import { targetOf } from '../../src/settings/target.ts'

const asked = process.env.SSH_AUTH_SOCK
test.before.each(() => {
  process.env.SSH_AUTH_SOCK = '/run/agent'
})
test.after(() => {
  if (asked === undefined) delete process.env.SSH_AUTH_SOCK
  else process.env.SSH_AUTH_SOCK = asked
})

const refusedWith = (vars: Record<string, unknown>): string => {
  const { failures = [] } = attempt(() => targetOf('node0', vars, { become: false }))
  assert.ok(failures.length > 0, JSON.stringify(vars))
  for (const { reason } of failures) assert.is(reason, 'inventory-variable')
  return failures.map(({ what, fix }) => `${what}: ${fix}`).join('\n')
}

test('without variables: the inventory name, port 22, the own user, the agent, the usual known_hosts', () => {
  assert.equal(targetOf('node0', {}, { become: true }), {
    name: 'node0',
    host: 'node0',
    port: 22,
    user: userInfo().username,
    become: { user: 'root', method: 'sudo' },
    agent: '/run/agent',
    knownHosts: [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'],
    timeoutSeconds: 10,
  })
})

test('every variable is followed; a key file of its own leaves the agent out', () => {
  const vars = {
    ansible_host: '10.0.0.1',
    ansible_port: '2222',
    ansible_user: 'deploy',
    ansible_ssh_private_key_file: '~/keys/id',
    ansible_ssh_common_args: `-o 'UserKnownHostsFile="/a b/known" ~/k'`,
    ansible_connection: 'ssh',
    ansible_timeout: 5,
  }
  assert.equal(targetOf('node0', vars, { become: false }), {
    name: 'node0',
    host: '10.0.0.1',
    port: 2222,
    user: 'deploy',
    keyFiles: [join(homedir(), 'keys/id')],
    knownHosts: ['/a b/known', join(homedir(), 'k'), '/etc/ssh/ssh_known_hosts'],
    timeoutSeconds: 5,
  })
})

test('wrong types are refused, naming the variable and its value', () => {
  assert.match(refusedWith({ ansible_port: 'abc' }), /ansible_port of node0 is "abc"/)
  for (const ansible_port of [0, 65536, 1.5, true, [], '22x', '']) refusedWith({ ansible_port })
  for (const value of [7, '', {}, 'a\nb', 'a\0'])
    for (const name of ['ansible_host', 'ansible_user', 'ansible_ssh_private_key_file']) refusedWith({ [name]: value })
  assert.equal(targetOf('node0', { ansible_port: null, ansible_ssh_common_args: '' }, { become: false }).port, 22)
})

test('what is not followed is refused by name, never ignored', () => {
  assert.match(refusedWith({ ansible_connection: 'local' }), /ansible_connection of node0 is "local"/)
  assert.match(refusedWith({ ansible_ssh_common_args: '-o ProxyCommand="ssh -W %h:%p b"' }), /ProxyCommand.*SSH work/)
  assert.match(refusedWith({ ansible_ssh_common_args: '-J bastion' }), /-J/)
  assert.match(refusedWith({ ansible_become_method: 'su' }), /ansible_become_method/)
  assert.match(refusedWith({ ansible_host_key_checking: false }), /always checked/)
  for (const name of ['ansible_password', 'ansible_become_password']) {
    const text = refusedWith({ [name]: 'hunter2' })
    assert.match(text, name)
    assert.not.match(text, 'hunter2')
  }
})

test.run()
