import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, varsOf } from '../../host/server.ts'
import { sandbox } from '../rig.ts'

// A host of this process that is reached by what the person's own files say of it, and nothing in the inventory.

const host = await startServer()
const place = sandbox()
test.after(async () => {
  place.remove()
  await host.stop()
})
const hasSsh = spawnSync('ssh', ['-V']).status === 0
const known = join(host.folder, 'known_hosts')
place.write('play.yml', '- hosts: all\n  tasks:\n    - { name: Say, command: "true" }\n')
place.write('hosts.ini', 'web\n')
place.write(
  'ssh_config',
  `Host web
  HostName 127.0.0.1
  Port ${host.port}
  User root
  IdentityFile ${join(host.folder, 'key')}
  UserKnownHostsFile ${known}
`,
)
const planned = async (args: string[]) => {
  const { code, err } = await place.start(['plan', 'play.yml', '-i', 'hosts.ini', ...args], { SSH_AUTH_SOCK: '' })
  return { code, err }
}

if (hasSsh)
  test('by a name that only an ssh_config knows', async () => {
    assert.equal(await planned(['-F', 'ssh_config']), { code: 0, err: '' })
    assert.equal(await planned(['-F', 'ssh_config', '-c', 'openssh']), { code: 0, err: '' })
    place.write('ansible.cfg', '[ssh_connection]\nssh_args = -F ssh_config\n')
    assert.equal(await planned([]), { code: 0, err: '' })
    place.write('ansible.cfg', '')
  })
else test.skip('by a name that only an ssh_config knows (this machine has no ssh program)')

if (hasSsh)
  test('a saved plan, and a run that is resumed, go the way that they were asked to go', async () => {
    const run = (...args: string[]) => place.start(args, { SSH_AUTH_SOCK: '' })
    place.write('fail.yml', '- hosts: all\n  tasks:\n    - { name: Fail, command: "false" }\n')
    assert.is((await run('plan', 'fail.yml', '-i', 'hosts.ini', '-F', 'ssh_config', '-o', 'plan.json')).code, 0)
    const applied = await run('apply', 'plan.json')
    assert.equal([applied.code, /Fail/.test(applied.out)], [1, true], applied.err)
    const resumed = await run('resume')
    assert.equal([resumed.code, /Fail/.test(resumed.out)], [1, true], resumed.err)
  })
else test.skip('a saved plan, and a run that is resumed, go their way (this machine has no ssh program)')

if (hasSsh)
  test('through a server that the ssh_config names, with a key of its own', async () => {
    const bastion = await startServer({ forwards: true })
    place.write(
      'ssh_config',
      `Host web
  HostName 127.0.0.1
  Port ${host.port}
  User root
  IdentityFile ${join(host.folder, 'key')}
  UserKnownHostsFile ${known}
  ProxyJump b
Host b
  HostName 127.0.0.1
  Port ${bastion.port}
  User root
  IdentityFile ${join(bastion.folder, 'key')}
  UserKnownHostsFile ${join(bastion.folder, 'known_hosts')}
`,
    )
    assert.equal(await planned(['-F', 'ssh_config']), { code: 0, err: '' })
    assert.is(bastion.connections, 1)
    assert.equal(await planned(['-F', 'ssh_config', '-c', 'openssh']), { code: 0, err: '' })
    assert.is(bastion.connections, 2)
    await bastion.stop()
  })
else test.skip('through a server that the ssh_config names (this machine has no ssh program)')

test('by options alone', async () => {
  const args = `-p ${host.port} -o HostName=127.0.0.1 -o UserKnownHostsFile=${known}`
  const words = ['-u', 'root', '--private-key', join(host.folder, 'key'), `--ssh-common-args=${args}`]
  assert.equal(await planned(words), { code: 0, err: '' })
})

test('by keywords of a play, over which variables win; two plays that say it differently are refused', async () => {
  const vars = { ...varsOf(host), ansible_user: undefined, ansible_port: undefined }
  place.write('keyword.json', JSON.stringify({ all: { hosts: { web: vars } } }))
  const play = (words: string) =>
    `- hosts: all\n  ${words}\n  tasks:\n    - { name: Say ${words.length}, command: "true" }\n`
  const run = (text: string) => {
    place.write('keyword.yml', text)
    return place.start(['plan', 'keyword.yml', '-i', 'keyword.json', '-u', 'nobody'], { SSH_AUTH_SOCK: '' })
  }
  assert.equal((await run(play(`remote_user: root\n  port: ${host.port}`))).code, 0)
  const two = await run(play('remote_user: root') + play('remote_user: ada'))
  assert.is(two.code, 4)
  assert.match(two.err, /Plays reach web in two ways[\s\S]*remote_user root[\s\S]*remote_user ada/)
})

test('passwords of the inventory and of the command line are told nowhere and kept nowhere', async () => {
  place.write(
    'say.yml',
    '- hosts: all\n  tasks:\n    - { name: Say, debug: { msg: "{{ ansible_password }} {{ ansible_become_pass }}" } }\n',
  )
  place.write(
    'secret.json',
    JSON.stringify({ all: { hosts: { web: { ...varsOf(host), ansible_become_pass: 'swordfish' } } } }),
  )
  const words = ['say.yml', '-i', 'secret.json', '-e', 'ansible_password=hunter2', '-v']
  let said = ''
  for (const command of [['plan', '-o', 'plan.json'], ['apply'], ['apply', '--format', 'json'], ['explain', 'say']]) {
    const [name = '', ...more] = command
    const args = name === 'explain' ? [name, words[0]!, ...more, ...words.slice(1, -1)] : [name, ...words, ...more]
    const { code, out, err } = await place.start(args, { SSH_AUTH_SOCK: '' })
    assert.is(code, 0, err)
    said += out + err
  }
  assert.match(said, '<secret>')
  assert.not.match(said, /hunter2|swordfish/)
  const kept = execFileSync('grep', ['-rlE', 'hunter2|swordfish', '.'], { cwd: place.folder, encoding: 'utf8' })
  assert.is(kept.trim(), './secret.json')
})

test('by an ansible.cfg alone, which switches off the checking of host keys: taken in, and told once', async () => {
  place.write(
    'ansible.cfg',
    `[defaults]
inventory = hosts.ini
remote_user = root
remote_port = ${host.port}
private_key_file = ${join(host.folder, 'key')}
host_key_checking = False
[ssh_connection]
ssh_common_args = -o HostName=127.0.0.1 -o UserKnownHostsFile=${join(place.folder, 'known')}
`,
  )
  const { code, out, err } = await place.start(['plan', 'play.yml', '--no-color'], { SSH_AUTH_SOCK: '' })
  assert.is(code, 0, err)
  assert.is((out + err).split('switches the checking of host keys off').length, 2, out + err)
})

test.run()
