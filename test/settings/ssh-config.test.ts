import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import { type Reaching, targetOf } from '../../src/settings/reach.ts'
import { createAskSshConfig } from '../../src/settings/ssh-config.ts'
import { createSshConfig, sshConfigFiles } from '../../src/settings/ssh-config-files.ts'

const hasSsh = (): boolean => {
  try {
    execFileSync('ssh', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const folder = mkdtempSync(join(tmpdir(), 'runbook-ssh-config-'))
test.after(() => rmSync(folder, { recursive: true }))
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const withSsh = hasSsh()
  ? test
  : (name: string, _inside: () => Promise<void>) => test.skip(`${name} (this machine has no ssh program)`)

const me = userInfo().username
const environment = { SSH_AUTH_SOCK: '/run/agent' }
const reached = (host: string, text: string, vars: Record<string, unknown> = {}, more: Partial<Reaching> = {}) =>
  targetOf(host, vars, {
    environment,
    sshConfig: createSshConfig(),
    options: { sshConfig: written('config', text) },
    ...more,
  })
const failureOf = async (target: Promise<unknown>) => {
  try {
    await target
  } catch (error) {
    if (error instanceof Refusal) return error.failures[0]!
    throw error
  }
  throw new Error('not refused')
}

withSsh('what a file says of a host is followed', async () => {
  const text = `
Host web
  HostName %h.example.org
  User bob
  Port 2222
  IdentityFile ~/keys/%h_%r
  IdentityFile "${folder}/a b"
  IdentitiesOnly yes
  IdentityAgent ~/agent
  ForwardAgent yes
  HostKeyAlias alias
  UserKnownHostsFile ~/known "/a b/known"
  GlobalKnownHostsFile /g
  StrictHostKeyChecking accept-new
  ConnectTimeout 1m
  ServerAliveInterval 5
`
  assert.equal(await reached('web', text), {
    name: 'web',
    host: 'web.example.org',
    port: 2222,
    user: 'bob',
    keyFiles: [join(homedir(), 'keys/web.example.org_bob'), join(folder, 'a b')],
    onlyKeyFiles: true,
    agent: join(userInfo().homedir, 'agent'),
    forwardsAgent: true,
    keyAlias: 'alias',
    knownHosts: [join(userInfo().homedir, 'known'), '/a b/known', '/g'],
    newKeys: 'accept',
    timeoutSeconds: 60,
  })
})

withSsh('a file that says nothing of a host changes nothing', async () => {
  const plain = await targetOf('other', {}, { environment })
  assert.equal(await reached('other', 'Host web\n  User bob\n'), plain)
})

withSsh(
  'what is said of a host wins over its file, key files come together, and Match sees what was said',
  async () => {
    const text = `
Match user ada originalhost web
  Port 2200
Host *
  Port 22
  User bob
  IdentityFile /file
`
    const vars = { ansible_user: 'ada', ansible_ssh_private_key_file: '/var key', ansible_timeout: 3 }
    const target = await reached('web', `${text}  ConnectTimeout 9\n`, vars)
    assert.equal(
      [target.user, target.port, target.keyFiles, target.timeoutSeconds],
      ['ada', 2200, ['/var key', '/file'], 3],
    )
    assert.is((await reached('web', text, { ...vars, ansible_port: 7 })).port, 7)
  },
)

withSsh('Include and the address that is asked for', async () => {
  written('more', 'User carol\n')
  const text = `Host 10.0.0.7\n  Include ${folder}/mo*\n`
  assert.is((await reached('web', text, { ansible_host: '10.0.0.7' })).user, 'carol')
  assert.is((await reached('web', text)).user, userInfo().username)
})

withSsh('jump hosts are looked up each by itself, and their own ways come before them', async () => {
  const text = `
Host web
  ProxyJump ada@b1:2200,b2
Host b1
  HostName 10.0.0.1
  Port 99
  IdentityFile /b1
  ProxyJump outer
Host b2
  User bob
  HostName 10.0.0.2
  ProxyJump never
  StrictHostKeyChecking accept-new
`
  const { via = [], proxyCommand } = await reached('web', text, { ansible_ssh_private_key_file: '/web' })
  assert.is(proxyCommand, undefined)
  assert.equal(
    via.map(({ host, port, user, keyFiles, newKeys }) => [host, port, user, keyFiles, newKeys]),
    [
      ['outer', 22, userInfo().username, undefined, undefined],
      ['10.0.0.1', 2200, 'ada', ['/b1'], undefined],
      ['10.0.0.2', 22, 'bob', undefined, 'accept'],
    ],
  )
  const options = { jump: 'b2', sshConfig: join(folder, 'config') }
  assert.is((await reached('x', text, {}, { options })).via!.at(-1)!.host, '10.0.0.2')
  assert.equal((await reached('web', text, { ansible_ssh_common_args: '-J none' })).via, undefined)
})

withSsh('tokens stand in the names of jump hosts', async () => {
  const [hop] = (await reached('web', 'Host web\n  User ada\n  ProxyJump %r@b-%n:2200\n')).via!
  assert.equal([hop!.user, hop!.host, hop!.port], ['ada', 'b-web', 2200])
})

withSsh('a way that leads in a circle is refused', async () => {
  const all = 'Host *\n  ProxyJump b\n'
  const through = await failureOf(reached('web', all))
  assert.match(through.what, /circle: .*@b:22 -> .*@b:22/)
  assert.match(through.fix!, 'ProxyJump none')
  const itself = await failureOf(reached('b', all))
  assert.match(itself.why!, 'jumphost loop via b')
  assert.match(itself.fix!, '`Host b` with `ProxyJump none`')
  const text = 'Host web\n  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n ProxyJump a\n'
  const { what, fix } = await failureOf(reached('web', text))
  assert.match(what, /circle: .*@a:22 -> .*@b:22 -> .*@a:22/)
  assert.match(fix!, 'ProxyJump none')
})

withSsh('a proxy command has its tokens in it, and none is none', async () => {
  const text = 'Host web\n  HostName 10.0.0.3\n  User u\n  ProxyCommand nc -x "a b" %h %p %r %n %%\n'
  assert.is((await reached('web', text)).proxyCommand, 'nc -x "a b" 10.0.0.3 22 u web %')
  assert.is((await reached('web', 'ProxyCommand none\nProxyJump b\n')).proxyCommand, undefined)
  assert.match((await failureOf(reached('web', 'Host web\n ProxyJump b\nHost b\n ProxyCommand x\n'))).fix!, /openssh/)
})

withSsh('certificates are named with what can use them', async () => {
  const failure = await failureOf(reached('web', 'CertificateFile /c\n'))
  assert.match(failure.what, 'the ssh_config of web asks for certificatefile')
  assert.match(failure.fix!, 'ansible_connection: openssh')
  const target = await reached('web', 'Host web\n  HostName x\n  User bob\n  CertificateFile /c\n', {
    ansible_connection: 'openssh',
  })
  assert.equal([target.host, target.user, target.knownHosts], ['web', 'bob', []], 'the program reads the rest itself')
})

withSsh("a wrong line is told in ssh's words, with its place", async () => {
  const failure = await failureOf(reached('web', 'Host web\n  Hots x\n'))
  assert.is(failure.reason, 'usage-file')
  assert.match(failure.why!, /Bad configuration option: hots$/)
  assert.equal(await failureOf(reached('db', 'Host web\n  Hots x\n')), failure, 'for every host alike')
  assert.equal(failure.origin, { file: join(folder, 'config'), line: 2, column: 1 })
  const options = { sshConfig: '/nowhere' }
  assert.match((await failureOf(reached('web', '', {}, { options }))).why!, 'No such file')
  const said = await failureOf(
    reached(
      'web',
      '',
      { ansible_ssh_common_args: '-o ConnectTimeout=x' },
      { originOf: () => ({ file: 'h', line: 3, column: 1 }) },
    ),
  )
  assert.equal(said.origin, { file: 'h', line: 3, column: 1 })
})

withSsh('a name that would be an option is none', async () => {
  const failure = await failureOf(reached('-oProxyCommand=x', ''))
  assert.match(failure.why!, 'invalid characters')
})

withSsh('hosts that the same lines hold for are asked for once, and keep their own addresses', async () => {
  const log = join(folder, 'asked')
  const program = written('ssh', `#!/bin/sh\necho "$*" >>${log}\nexec ssh "$@"\n`)
  chmodSync(program, 0o755)
  const ask = createAskSshConfig(program)
  const text = 'Host web*\n  HostName %h.example.org\n  User bob\nHost db\n  User eve\nHost *\n  Port 2222\n'
  const sshConfig = { files: [], ask }
  const targets = await Promise.all(
    ['web1', 'web2', 'db', 'other', 'more'].map(name => reached(name, text, {}, { sshConfig })),
  )
  assert.equal(
    targets.map(({ user, host, port }) => `${user}@${host}:${port}`),
    ['bob@web1.example.org:2222', 'bob@web2.example.org:2222', 'eve@db:2222', `${me}@other:2222`, `${me}@more:2222`],
  )
  assert.is(readFileSync(log, 'utf8').trim().split('\n').length, 4, 'one of each kind, and what ssh says of any host')
})

withSsh('one that is refused for its own name spoils none of its kind', async () => {
  const sshConfig = { files: [], ask: createAskSshConfig() }
  await failureOf(reached('-x', 'Port 2222\n', {}, { sshConfig }))
  assert.is((await reached('web', 'Port 2222\n', {}, { sshConfig })).port, 2222)
})

withSsh('without an ssh program the files are read, and say the same', async () => {
  const text = `IgnoreUnknown Usekey*
Usekeychain yes
Host web
  HostName %h.example.org
  User bob
  IdentityFile ~/.ssh/%r
  IdentityFile "/a b"
  UserKnownHostsFile ~/k "/c d/k"
  ProxyJump ada@b1:2200
Host b1
  IdentityFile /b1
  ProxyCommand none
Match user bob
  Port 2222
Match user bob host *.example.org
  ConnectTimeout 7
`
  const sshConfig = { files: [], ask: createAskSshConfig('/nowhere/ssh') }
  assert.equal(await reached('web', text, {}, { sshConfig }), await reached('web', text))
})

test('what only ssh can follow needs it', async () => {
  const sshConfig = { files: [], ask: createAskSshConfig('/nowhere/ssh') }
  const failure = await failureOf(reached('web', 'Match exec true\n  User x\n', {}, { sshConfig }))
  assert.match(failure.fix!, 'openssh-client')
  const wrong = await failureOf(
    reached('web', 'Host web\n  Hots x\n', {}, { sshConfig: { files: [], ask: createAskSshConfig('/nowhere/ssh') } }),
  )
  assert.equal(wrong.origin, { file: join(folder, 'config'), line: 2, column: 1 })
})

test('no ssh is asked where no file says anything, and a file of none', async () => {
  const sshConfig = { files: [], ask: () => Promise.reject(new Error('asked')) }
  await targetOf('web', {}, { sshConfig })
  const own = { ...sshConfig, files: ['/x'] }
  await targetOf('web', {}, { sshConfig: own, options: { sshConfig: 'none' } })
  await targetOf('web', { ansible_connection: 'local' }, { sshConfig: own })
  const asked = await targetOf('web', {}, { sshConfig: own }).catch(error => error.message)
  assert.is(asked, 'asked')
})

test("the files that count are the user's own, where there is one", () => {
  const count = sshConfigFiles(folder).length
  execFileSync('mkdir', [join(folder, '.ssh')])
  written('.ssh/config', '')
  assert.is(sshConfigFiles(folder).length, count + 1)
})

test.run()
