import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Failure, type Origin, Refusal } from '../../src/core/failure.ts'
import { SETTINGS, type SettingName, type Sources, settingOf } from '../../src/settings/precedence.ts'
import { type Reaching, targetOf } from '../../src/settings/reach.ts'
import type { SshSaid } from '../../src/settings/ssh-hop.ts'

const environment = { SSH_AUTH_SOCK: '/run/agent' }
const reached = (vars: Record<string, unknown>, more: Partial<Reaching> = {}) =>
  targetOf('node0', vars, { environment, ...more })

const failuresOf = async (vars: Record<string, unknown>, more: Partial<Reaching> = {}): Promise<Failure[]> => {
  try {
    await reached(vars, more)
  } catch (error) {
    if (error instanceof Refusal) return error.failures
    throw error
  }
  throw new Error(`not refused: ${JSON.stringify(vars)}`)
}

const refusedWith = async (vars: Record<string, unknown>, more: Partial<Reaching> = {}): Promise<string> => {
  const failures = await failuresOf(vars, more)
  for (const { reason, fix } of failures) {
    assert.is(reason, 'inventory-variable')
    assert.ok(fix)
  }
  return failures.map(({ what, fix }) => `${what}: ${fix}`).join('\n')
}

const at = (line: number): Origin => ({ file: 'ansible.cfg', line, column: 1 })

test('without variables: the inventory name, port 22, the own user, the agent, the usual known_hosts', async () => {
  assert.equal(await reached({}, { become: { user: 'root', method: 'sudo' } }), {
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

test('every variable is followed', async () => {
  const vars = {
    ansible_host: '10.0.0.1',
    ansible_port: '2222',
    ansible_user: 'deploy',
    ansible_ssh_private_key_file: '~/keys/id',
    ansible_ssh_common_args: `-o 'UserKnownHostsFile="/a b/known" ~/k'`,
    ansible_connection: 'ssh',
    ansible_timeout: 5,
    ansible_password: 'hunter2',
    ansible_ssh_private_key_passphrase: 'open sesame',
    ansible_host_key_checking: true,
  }
  const key = join(homedir(), 'keys/id')
  assert.equal(await reached(vars), {
    name: 'node0',
    host: '10.0.0.1',
    port: 2222,
    user: 'deploy',
    keyFiles: [key],
    agent: '/run/agent',
    password: 'hunter2',
    passphrases: { [key]: 'open sesame' },
    knownHosts: ['/a b/known', join(homedir(), 'k'), '/etc/ssh/ssh_known_hosts'],
    timeoutSeconds: 5,
  })
})

test("of the names of one variable ssh's own counts, as in Ansible", async () => {
  const { host, port, user, keyFiles, password, timeoutSeconds } = await reached({
    ansible_host: 'a',
    ansible_ssh_host: 'b',
    ansible_port: 1,
    ansible_ssh_port: 2,
    ansible_user: 'a',
    ansible_ssh_user: 'b',
    ansible_private_key_file: '/a',
    ansible_ssh_private_key_file: '/b',
    ansible_password: 'a',
    ansible_ssh_pass: 'b',
    ansible_ssh_password: 'c',
    ansible_timeout: 1,
    ansible_ssh_timeout: 2,
  })
  assert.equal([host, port, user, keyFiles, password, timeoutSeconds], ['b', 2, 'b', ['/b'], 'c', 2])
})

test('a variable wins over an option, that over the environment, that over ansible.cfg', async () => {
  const configured = new Map([['defaults.remote_user', { value: 'cfg', origin: at(3) }]])
  const env = { ...environment, ANSIBLE_REMOTE_USER: 'env' }
  const options = { user: 'option' }
  const userOf = async (vars: Record<string, unknown>, more: Partial<Reaching>) => (await reached(vars, more)).user
  assert.is(await userOf({}, { configured }), 'cfg')
  assert.is(await userOf({}, { configured, environment: env }), 'env')
  assert.is(await userOf({}, { configured, environment: env, options }), 'option')
  assert.is(await userOf({ ansible_user: 'var' }, { configured, environment: env, options }), 'var')
  assert.is(await userOf({}, { configured, environment: { ANSIBLE_REMOTE_USER: '' } }), 'cfg', 'empty says nothing')
})

test('of every setting the highest that says it counts, whichever places it has', () => {
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const { vars = [], keyword, option, env = [], ini = [] } = SETTINGS[name]
    const configured = new Map(ini.map((key, index) => [key, { value: `ini${index}`, origin: at(1) }]))
    const env1 = Object.fromEntries(env.map((key, index) => [key, `env${index}`]))
    const options = option ? { [option]: 'option' } : {}
    const keywords = keyword ? { [keyword]: { value: 'keyword', origin: at(2) } } : {}
    const vars1 = Object.fromEntries(vars.map((key, index) => [key, `var${index}`]))
    const found = (more: Partial<Sources>) => settingOf(name, { vars: {}, environment: {}, ...more })?.value
    assert.is(found({}), undefined, name)
    // Of several names in one place the last.
    if (ini.length > 0) assert.is(found({ configured }), `ini${ini.length - 1}`, name)
    if (env.length > 0) assert.is(found({ configured, environment: env1 }), `env${env.length - 1}`, name)
    if (option) assert.is(found({ configured, environment: env1, options }), 'option', name)
    if (keyword) assert.is(found({ configured, environment: env1, options, keywords }), 'keyword', name)
    if (vars.length > 0)
      assert.is(found({ configured, environment: env1, options, keywords, vars: vars1 }), `var${vars.length - 1}`, name)
  }
})

test('wrong types are refused, naming the variable and its value, and where it stands', async () => {
  assert.match(await refusedWith({ ansible_port: 'abc' }), /ansible_port of node0 is "abc"/)
  for (const ansible_port of [0, 65536, 1.5, true, [], '22x', '']) await refusedWith({ ansible_port })
  for (const value of [7, '', {}, 'a\nb', 'a\0'])
    for (const name of ['ansible_host', 'ansible_user', 'ansible_ssh_private_key_file'])
      await refusedWith({ [name]: value })
  assert.is((await reached({ ansible_port: null, ansible_ssh_common_args: '' })).port, 22)
  const [failure] = await failuresOf({ ansible_port: 'x' }, { originOf: () => at(7) })
  assert.equal(failure!.origin, at(7))
})

test('what something else than a variable says is refused as what it is', async () => {
  const [option] = await failuresOf({}, { options: { timeout: 'soon' } })
  assert.equal([option!.reason, option!.what], ['usage-option', '--timeout is "soon"'])
  const [env] = await failuresOf({}, { environment: { ANSIBLE_TIMEOUT: 'soon' } })
  assert.equal([env!.reason, env!.what], ['usage-option', 'ANSIBLE_TIMEOUT is "soon"'])
  const configured = new Map([['defaults.timeout', { value: 'soon', origin: at(4) }]])
  const [file] = await failuresOf({}, { configured })
  assert.equal([file!.reason, file!.what, file!.origin], ['usage-file', 'timeout of ansible.cfg is "soon"', at(4)])
})

test('a password that is no text is refused without being shown, nor the line it stands in', async () => {
  for (const value of [12345, ['hunter2'], 'hunter2\nhunter2', ''])
    for (const name of ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_private_key_passphrase']) {
      const [failure] = await failuresOf({ [name]: value }, { originOf: () => at(7) })
      assert.not.match(JSON.stringify(failure), /hunter2|12345/)
      assert.equal(failure!.origin, { ...at(7), unquoted: true })
      assert.match(failure!.what, name)
    }
})

test('kinds of connections: those of Ansible that mean one of ours, and no others', async () => {
  const connectionOf = async (ansible_connection: unknown) => (await reached({ ansible_connection })).connection
  for (const word of ['ssh', 'smart', 'paramiko', 'ansible.builtin.ssh']) assert.is(await connectionOf(word), undefined)
  assert.is(await connectionOf('local'), 'local')
  assert.is(await connectionOf('ansible.builtin.local'), 'local')
  assert.is(await connectionOf('openssh'), 'openssh')
  for (const word of ['docker', 'toString', 7]) assert.match(await refusedWith({ ansible_connection: word }), /openssh/)
})

test('arguments of ssh are read by its grammar, and merged as it merges them: what is first counts', async () => {
  const args =
    '-C -o ControlPersist=60s -4 -b 10.0.0.8 -J ada@b1:2200,b2 -i ~/k1 -i/k2 -p 2222 -lbob -A -o "IdentitiesOnly yes"'
  const target = await reached({ ansible_ssh_common_args: args })
  assert.equal(
    [
      target.family,
      target.bindAddress,
      target.port,
      target.user,
      target.keyFiles,
      target.onlyKeyFiles,
      target.forwardsAgent,
    ],
    [4, '10.0.0.8', 2222, 'bob', [join(homedir(), 'k1'), '/k2'], true, true],
  )
  assert.equal(
    target.via!.map(({ host, port, user }) => [host, port, user]),
    [
      ['b1', 2200, 'ada'],
      ['b2', 22, userInfo().username],
    ],
  )
  assert.equal(target.via![0]!.keyFiles, undefined, 'a key of the host is none of its jump host')
  const vars = { ansible_ssh_args: '-p 1 -l a', ansible_port: 2, ansible_user: 'b', ansible_ssh_common_args: '-p 3' }
  assert.equal([(await reached(vars)).port, (await reached(vars)).user], [1, 'a'])
  const port = await reached({ ansible_port: 2, ansible_ssh_common_args: '-p 3', ansible_ssh_extra_args: '-p 4' })
  assert.is(port.port, 2)
  const both = { ansible_ssh_private_key_file: '/var', ansible_ssh_extra_args: '-o IdentityFile="/a b" -i /c' }
  assert.equal((await reached(both)).keyFiles, ['/var', '/a b', '/c'])
})

test('arguments may stand on several lines; a quote that is not closed is refused', async () => {
  const { port, proxyCommand } = await reached({
    ansible_ssh_common_args: '-p 2222\n  -o ProxyCommand="nc\n %h"\n',
  })
  assert.equal([port, proxyCommand], [2222, 'nc node0'])
  assert.match(await refusedWith({ ansible_ssh_common_args: '-o ProxyCommand="nc' }), 'not closed')
})

test('forwardings of ports are not made, which is told', async () => {
  const told: string[] = []
  await reached(
    { ansible_ssh_extra_args: '-R 8080:localhost:80' },
    { warn: (kind, text) => told.push(`${kind}: ${text}`) },
  )
  assert.match(told.join(), /^forwardings: ansible_ssh_extra_args asks/)
})

test('of several files for ssh the one of variables is read, else that of the option, else that of settings', async () => {
  const asked: (string | undefined)[] = []
  const sshConfig = {
    files: ['/usual'],
    ask: async (_address: string, said: SshSaid[], file?: string) => {
      asked.push(file)
      return said
    },
  }
  const environment = { ANSIBLE_SSH_ARGS: '-F /settings' }
  const options = { sshConfig: '/option' }
  await reached({}, { sshConfig })
  await reached({}, { sshConfig, environment })
  await reached({}, { sshConfig, environment, options })
  await reached({ ansible_ssh_common_args: '-F /common' }, { sshConfig, environment, options })
  assert.equal(asked, [undefined, '/settings', '/option', '/common'])
})

test('a proxy command has its tokens in it; of it and a jump host the first one counts', async () => {
  const args = `-o ProxyCommand="ssh -W %h:%p -l %r b '%%' \\$HOME" -J other`
  const vars = { ansible_host: '10.0.0.9', ansible_port: 2222, ansible_user: 'ada', ansible_ssh_common_args: args }
  const { proxyCommand, via } = await reached(vars)
  assert.equal([proxyCommand, via], ["ssh -W 10.0.0.9:2222 -l ada b '%' $HOME", undefined])
  assert.is((await reached({ ansible_ssh_common_args: '-J none -o ProxyCommand=x' })).proxyCommand, undefined)
  const options = { jump: 'bastion' }
  assert.is((await reached({}, { options })).via![0]!.host, 'bastion')
  assert.is((await reached({ ansible_ssh_common_args: '-J mine' }, { options })).via![0]!.host, 'mine')
  assert.match(await refusedWith({ ansible_ssh_common_args: '-o ProxyCommand="nc %z"' }), /%%/)
  assert.match(await refusedWith({ ansible_ssh_common_args: '-J a@b@c:x' }), /\[user@\]host/)
})

test('other settings of ssh: aliases of keys, agents, times, files', async () => {
  const said = (args: string, env = {}) =>
    reached({ ansible_ssh_common_args: args }, { environment: { ...environment, ...env } })
  assert.is((await said('-o HostKeyAlias=alias')).keyAlias, 'alias')
  assert.is((await said('-o HostName=%h.example.org')).host, 'node0.example.org')
  assert.is((await said('-o IdentityAgent=none')).agent, undefined)
  assert.is((await said('-o IdentityAgent=$OTHER', { OTHER: '/o' })).agent, '/o')
  assert.is((await said('-o IdentityAgent=/run/%r')).agent, `/run/${userInfo().username}`)
  assert.is((await said('-o ConnectTimeout=1m30')).timeoutSeconds, 90)
  assert.is((await said('-o ConnectTimeout=0')).timeoutSeconds, 10)
  assert.equal((await said('-o IdentityFile=${KEYS}/id', { KEYS: '/k' })).keyFiles, ['/k/id'])
  assert.equal((await said('-o UserKnownHostsFile=none -o GlobalKnownHostsFile=/g')).knownHosts, ['/dev/null', '/g'])
  assert.match(await refusedWith({ ansible_ssh_common_args: '-i ${NOPE}/id' }), /NOPE/)
  assert.is((await said('-o AddressFamily=inet6')).family, 6)
  assert.match(await refusedWith({ ansible_ssh_common_args: '-o AddressFamily=inet7' }), /inet7/)
})

test('host keys: refused, asked or taken in; that they are not checked is never so, and told once', async () => {
  const told: string[] = []
  const policy = async (vars: Record<string, unknown>, more: Partial<Reaching> = {}) =>
    (await reached(vars, { warn: (_, text) => told.push(text), ...more })).newKeys
  const args = (word: string) => ({ ansible_ssh_common_args: `-o StrictHostKeyChecking=${word}` })
  assert.is(await policy({}), undefined)
  assert.is(await policy({}, { newKeys: 'ask' }), 'ask')
  assert.is(await policy(args('yes'), { newKeys: 'ask' }), undefined)
  assert.is(await policy(args('ask'), { newKeys: 'ask' }), 'ask')
  assert.is(await policy(args('accept-new')), 'accept')
  assert.is(await policy({ ansible_host_key_checking: 'accept-new' }), 'accept')
  assert.is(await policy({ ansible_host_key_checking: true }, { newKeys: 'ask' }), 'ask')
  assert.equal(told, [])
  for (const vars of [
    args('no'),
    args('off'),
    { ansible_host_key_checking: false },
    { ansible_ssh_host_key_checking: 'False' },
  ])
    assert.is(await policy(vars), 'accept')
  assert.is(await policy({}, { environment: { ANSIBLE_HOST_KEY_CHECKING: 'False' } }), 'accept')
  assert.is(told.length, 5)
  assert.match(told[4]!, /^ANSIBLE_HOST_KEY_CHECKING switches/)
  await refusedWith({ ansible_host_key_checking: 'perhaps' })
  await refusedWith(args('perhaps'))
})

test('what has no meaning here is passed over', async () => {
  const plain = await reached({})
  assert.equal(
    await reached({
      ansible_ssh_pipelining: true,
      ansible_pipelining: true,
      ansible_ssh_transfer_method: 'piped',
      ansible_control_path: '/x',
      ansible_control_path_dir: '/x',
      ansible_sftp_extra_args: '-l 1',
      ansible_scp_extra_args: '-l 1',
      ansible_ssh_use_tty: true,
      ansible_ssh_executable: '/usr/bin/ssh',
      ansible_ssh_args: '-C -o ControlMaster=auto -o ControlPersist=60s -o PreferredAuthentications=publickey -vv -q',
    }),
    plain,
  )
})

test('what only the ssh program can do is refused, and given to it where it is asked for', async () => {
  for (const args of ['-o CertificateFile=~/c', '-I /usr/lib/p.so', '-o HostbasedAuthentication=yes'])
    assert.match(await refusedWith({ ansible_ssh_common_args: args }), /ansible_connection: openssh/)
  assert.match(await refusedWith({ ansible_ssh_pkcs11_provider: '/p.so' }), /openssh/)
  assert.match(await refusedWith({ ansible_ssh_executable: '/opt/wrapper' }), /ssh program/)
  const target = await reached(
    {
      ansible_connection: 'openssh',
      ansible_host: 'alias',
      ansible_ssh_args: '-C',
      ansible_ssh_common_args: '-o CertificateFile="/a b"',
      ansible_ssh_pkcs11_provider: '/p.so',
    },
    { options: { jump: 'b', sshConfig: '/f' } },
  )
  const words = ['-C', '-o', 'CertificateFile=/a b', '-I', '/p.so', '-J', 'b', '-F', '/f']
  assert.equal([target.connection, target.host, target.sshArgs], ['openssh', 'alias', words])
})

test('arguments that ssh would not take are refused with their place', async () => {
  for (const args of ['host', '-o', '-o Nope=1', '-Z', '-o Port=', '--', '-p'])
    assert.match(await refusedWith({ ansible_ssh_common_args: args }), /ansible_ssh_common_args of node0/)
  await refusedWith({ ansible_ssh_common_args: '-p 22x' })
  const [failure] = await failuresOf({}, { options: { sshCommonArgs: 'host' } })
  assert.equal([failure!.reason, /^--ssh-common-args/.test(failure!.what)], ['usage-option', true])
})

test('how often it is tried again is said by variable, option, environment and ansible.cfg', async () => {
  assert.is((await reached({})).retries, undefined)
  assert.is((await reached({ ansible_ssh_retries: 3 })).retries, 3)
  assert.is((await reached({ ansible_ssh_retries: 0 }, { options: { retries: '2' } })).retries, undefined)
  assert.is((await reached({}, { options: { retries: '2' } })).retries, 2)
  assert.is((await reached({ ansible_connection: 'openssh' }, { options: { retries: '2' } })).retries, 2)
  assert.match(await refusedWith({ ansible_ssh_retries: -1 }), /from 0 to 100/)
})

test.run()
