import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectFailure } from '../../src/connection/connection-errors.ts'
import { borrowFiles } from '../../src/connection/openssh-folder.ts'
import type { Failure } from '../../src/core/failure.ts'
import type { Transport } from '../../src/core/transport.ts'
import { connectTo } from '../../src/host/connect.ts'
import type { Target } from '../../src/settings/target.ts'
import { failuresOf, reasonsOf } from '../host/local.ts'
import { type ServerOptions, type TestServer, withServer } from '../host/server.ts'

/** A folder of temporary files that is this test's alone, so that what is left in it shows. */
const temporary = mkdtempSync(join(tmpdir(), 'runbook-o-'))
process.env.TMPDIR = temporary
const left = (): string[] => readdirSync(temporary)
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

const connect = (target: Target, signal?: AbortSignal): Promise<Transport> =>
  connectTo({ ...target, connection: 'openssh' }, signal)

const refusal = async (target: Target): Promise<Failure> => {
  const [failure] = await failuresOf(connect(target))
  assert.ok(failure, 'it connected')
  assert.equal(left(), [])
  return failure
}

const withOwnServer = (options: ServerOptions, use: (server: TestServer) => Promise<void>) => async () => {
  const all = process.env.TMPDIR
  delete process.env.TMPDIR
  await withServer(options, async server => {
    process.env.TMPDIR = all
    await use(server)
  })
  process.env.TMPDIR = all
}

const listening = async (serve: Parameters<typeof createServer>[1]): Promise<{ server: Server; port: number }> => {
  const server = createServer(serve!)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as { port: number }).port }
}

test(
  'one login serves frames, uploads and the lease; the socket is for its user only, and nothing is left',
  withOwnServer({}, async server => {
    const transport = await connect(server.target)
    const [folder] = left()
    assert.is(statSync(join(temporary, folder!)).mode & 0o777, 0o700)
    await transport.run([{ sh: ':' }])
    await transport.as({ user: 'root', method: 'sudo' }).run([{ sh: ':' }])
    const path = join(server.folder, 'f')
    const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    await transport.upload({ source: { bytes: Buffer.alloc(0) }, size: 0, digest, path, mode: '0600' })
    assert.equal([server.connections, server.commands.length], [1, 2])
    const other = await connect(server.target)
    await transport.close()
    assert.is((await other.run([{ sh: ':' }])).length, 1, 'the folder stays as long as one is open')
    await other.close()
    assert.equal(left(), [])
    await server.idle()
  }),
)

test(
  'a host whose server allows no second session is as usable as by ssh2, and says so in the same words',
  withOwnServer({ sessions: 1 }, async server => {
    const transport = await connect(server.target)
    assert.equal(await transport.lease({ run: 'a-run', who: 'ada@laptop' }), {
      is: 'nobody',
      why: 'its ssh server allows no further session (MaxSessions); let it allow more: `MaxSessions 10`, its default, in /etc/ssh/sshd_config there, then reload sshd',
    })
    assert.is((await transport.run([{ sh: ':' }]))[0]?.status, 0)
    assert.is(server.connections, 1, 'it does not log in a second time')
    await transport.close()
  }),
)

test(
  'a login that is refused says what was tried, and what the host says',
  withOwnServer({ closed: true, banner: 'System is booting up.\n' }, async server => {
    const failure = await refusal(server.target)
    assert.is(failure.reason, 'host-login')
    assert.match(failure.what, 'node0 does not let root in')
    assert.match(failure.why!, join(server.folder, 'key'))
    assert.match(failure.why!, 'System is booting up.')
    assert.match(failure.fix!, `ssh -p ${server.port} root@127.0.0.1`)
  }),
)

test(
  'an unknown host key is refused with its fingerprint, accepted where new ones are, and refused for good once it is another',
  withOwnServer({}, async server => {
    const file = join(server.folder, 'other')
    const target = { ...server.target, knownHosts: [file] }
    const print = spawnSync('ssh-keygen', ['-lf', '-'], { input: server.hostKey }).stdout.toString().split(' ')[1]!
    const failure = await refusal(target)
    assert.is(failure.reason, 'host-key-unknown')
    assert.match(failure.why!, print)
    assert.is((await refusal({ ...target, newKeys: 'ask' })).reason, 'host-key-unknown')
    assert.is(server.commands.length, 0)
    await (await connect({ ...target, newKeys: 'accept' })).close()
    assert.match(readFileSync(file, 'utf8'), server.hostKey)
    const old = `[127.0.0.1]:${server.port} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMO0wUpJZ8e1OFqsfTcPVuoUUFRXW4Kl8l9nNYQvL9Y1\n`
    writeFileSync(file, `# mine\n${old}`)
    for (const change of [{}, { newKeys: 'accept' as const }, { sshArgs: ['-o', 'StrictHostKeyChecking=no'] }]) {
      const changed = await refusal({ ...target, ...change })
      assert.equal([changed.reason, changed.origin?.line], ['host-key-changed', 2])
      assert.match(changed.why!, print)
      assert.match(changed.fix!, `ssh-keygen -f ${file} -R`)
    }
    writeFileSync(file, `@revoked * ${server.hostKey}\n`)
    assert.match((await refusal(target)).what, 'revoked')
    assert.ok(server.commands.length <= 1, 'nothing ran but at the one login that was taken in')
  }),
)

test(
  'no address, nothing listening, silence, no ssh server: each in the words of every other way',
  withOwnServer({}, async ({ target }) => {
    const silent = await listening(() => {})
    const rude = await listening(socket => socket.end())
    const strange = await listening(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const cases: [Partial<Target>, RegExp][] = [
      [{ host: 'no-such-host.invalid' }, /has no address|no name server/],
      [{ port: 1 }, /nothing listens on port 1/],
      [{ port: silent.port, timeoutSeconds: 1 }, /no login within 1 seconds/],
      [{ port: rude.port }, /closed the connection/],
      [{ port: strange.port }, /./],
    ]
    for (const [change, why] of cases) {
      const failure = await refusal({ ...target, ...change })
      assert.is(failure.reason, 'host-unreachable', JSON.stringify(failure))
      assert.match(failure.why!, why)
    }
    for (const { server } of [silent, rude, strange]) server.close()
  }),
)

test(
  'arguments of the user for ssh count, and a proxy command is a way there whose words are told',
  withOwnServer({}, async server => {
    const { port, keyFiles, ...rest } = server.target
    const sshArgs = [
      '-o',
      `IdentityFile=${keyFiles![0]}`,
      '-o',
      `Port=${port}`,
      '-o',
      'ControlMaster=auto',
      '-o',
      'ControlPersist=60s',
      '-S',
      '/nonexistent/socket',
      '-qfN',
    ]
    await (await connect({ ...rest, port: 22, sshArgs })).close()
    assert.equal(left(), [])
    const proxyCommand = `${process.execPath} -e 'const s=require("net").connect(${port},"127.0.0.1");process.stdin.pipe(s).pipe(process.stdout)' % %h`
    await (await connect({ ...server.target, host: 'behind', keyAlias: `[127.0.0.1]:${port}`, proxyCommand })).close()
    const failure = await refusal({ ...server.target, proxyCommand: `sh -c 'echo "no way to bastion b" >&2; exit 1'` })
    assert.is(failure.reason, 'host-unreachable')
    assert.match(failure.why!, 'no way to bastion b')
  }),
)

test(
  'connecting can be broken off, and leaves nothing',
  withOwnServer({}, async ({ target }) => {
    const { server, port } = await listening(() => {})
    const stop = new AbortController()
    const reasons = reasonsOf(connect({ ...target, port }, stop.signal))
    server.once('connection', () => stop.abort())
    assert.equal(await reasons, ['run-interrupted'])
    assert.equal(await reasonsOf(connect(target, stop.signal)), ['run-interrupted'])
    assert.equal(left(), [])
    server.close()
  }),
)

test(
  'a machine without ssh is told what to install',
  withOwnServer({}, async server => {
    const path = process.env.PATH
    process.env.PATH = server.folder
    const failure = await refusal(server.target).finally(() => {
      process.env.PATH = path
    })
    assert.is(failure.reason, 'host-unreachable')
    assert.match(failure.fix!, 'openssh-client')
  }),
)

test(
  'no argument and no environment of any ssh holds what runs, and none asks on a terminal',
  withOwnServer({}, async server => {
    const bin = join(server.folder, 'path')
    mkdirSync(bin)
    const real = spawnSync('sh', ['-c', 'command -v ssh']).stdout.toString().trim()
    writeFileSync(
      join(bin, 'ssh'),
      `#!/bin/sh\n{ printf '%s\\n' "$@"; env; } >>${server.folder}/asked\nexec ${real} "$@"\n`,
    )
    chmodSync(join(bin, 'ssh'), 0o755)
    const path = process.env.PATH
    process.env.PATH = `${bin}:${path}`
    const transport = await connect(server.target).finally(() => {
      process.env.PATH = path
    })
    await transport.run([{ sh: 'echo s3cret' }])
    await transport.close()
    const asked = readFileSync(join(server.folder, 'asked'), 'utf8')
    assert.not.match(asked, 's3cret')
    assert.match(asked, 'BatchMode=yes')
    assert.match(asked, 'SSH_ASKPASS_REQUIRE=never')
  }),
)

test(
  'a password is given once, by a pipe: in no argument, no environment, no file',
  withOwnServer({ password: 's3cret' }, async server => {
    const bin = join(server.folder, 'path')
    mkdirSync(bin)
    const real = spawnSync('sh', ['-c', 'command -v ssh']).stdout.toString().trim()
    const spy = `{ printf '%s\\n' "$@"; env; cat ${temporary}/runbook-*/*.ask; } >>${server.folder}/seen 2>&1`
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\n${spy}\nexec ${real} "$@"\n`, { mode: 0o755 })
    const path = process.env.PATH
    process.env.PATH = `${bin}:${path}`
    const sshArgs = ['-o', 'PubkeyAuthentication=no']
    const { keyFiles: _, ...target } = server.target
    const transport = await connect({ ...target, sshArgs, password: 's3cret' })
    assert.is((await transport.run([{ sh: ':' }])).length, 1)
    await transport.close()
    const failure = await refusal({ ...target, sshArgs, password: 'wr0ng' })
    process.env.PATH = path
    assert.is(failure.reason, 'host-login')
    assert.not.match(JSON.stringify(failure), 'wr0ng')
    assert.not.match(readFileSync(join(server.folder, 'seen'), 'utf8'), /s3cret|wr0ng/)
    assert.equal(left(), [])
  }),
)

test(
  'a wrong password is sent once, also where there are two ways to send it',
  withOwnServer({ password: 's3cret', questions: [{ prompt: 'Password: ', answer: 's3cret' }] }, async server => {
    const { keyFiles: _, ...target } = server.target
    const failure = await refusal({ ...target, sshArgs: ['-o', 'PubkeyAuthentication=no'], password: 'wr0ng' })
    assert.is(failure.reason, 'host-login')
    assert.match(failure.what, 'does not take the password')
    assert.equal(
      server.logins.filter(method => method !== 'none'),
      ['keyboard-interactive'],
    )
  }),
)

test('where names of temporary files are long the socket is in /tmp', () => {
  const long = join(temporary, 'x'.repeat(90))
  mkdirSync(long)
  process.env.TMPDIR = long
  const files = borrowFiles()
  process.env.TMPDIR = temporary
  assert.ok(Buffer.byteLength(files.socket) + 17 <= 104, files.socket)
  files.giveBack()
  rmSync(long, { recursive: true })
})

test(
  'where this process is killed, nothing of its connections goes on',
  withOwnServer({}, async server => {
    const script = join(server.folder, 'run.ts')
    const connectFile = new URL('../../src/host/connect.ts', import.meta.url).href
    const target = JSON.stringify({ ...server.target, connection: 'openssh' })
    writeFileSync(
      script,
      `import { connectTo } from '${connectFile}'
const transport = await connectTo(${target})
await transport.lease({ run: 'k', who: 'k' })
await transport.run([{ sh: 'echo' }], () => process.kill(process.pid, 'SIGKILL'))`,
    )
    const { spawn } = await import('node:child_process')
    const child = spawn(process.execPath, [script], { stdio: 'inherit' })
    await new Promise(resolve => child.once('exit', resolve))
    assert.is(child.signalCode, 'SIGKILL')
    await server.idle()
    for (const name of left()) {
      const there = (): string[] => readdirSync(join(temporary, name)).filter(file => !file.endsWith('.log'))
      while (there().length > 0) await new Promise(setImmediate)
      rmSync(join(temporary, name), { recursive: true })
    }
  }),
)

/** A key that a token signs with, as ssh-keygen writes it: all but the token. */
const tokenKey = (): string => {
  const text = (value: string | Buffer): Buffer => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const key = Buffer.concat([text('sk-ssh-ed25519@openssh.com'), text(Buffer.alloc(32, 7)), text('ssh:')])
  const one = Buffer.from([0, 0, 0, 1])
  const all = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    one,
    text(key),
    text(Buffer.alloc(64)),
  ])
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${all.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
}

test(
  'where ssh2 cannot go on because only the ssh program can, that is the fix',
  withOwnServer({ needs: ['gssapi-with-mic'] }, async server => {
    const fixOf = async (target: Target): Promise<string> => (await failuresOf(connectTo(target)))[0]!.fix!
    assert.match(await fixOf(server.target), 'ansible_connection: openssh')
    const file = join(server.folder, 'id_sk')
    writeFileSync(file, tokenKey(), { mode: 0o600 })
    assert.match(await fixOf({ ...server.target, keyFiles: [file] }), 'ansible_connection: openssh')
    const exchange = new Error('Handshake failed: no matching key exchange algorithm')
    assert.match(connectFailure(server.target, exchange).fix!, 'ansible_connection: openssh')
    assert.not.match(connectFailure({ ...server.target, connection: 'openssh' }, exchange).fix!, 'ansible_connection')
  }),
)

test(
  'a key with a certificate beside it that a host does not take is for the ssh program',
  withOwnServer({ closed: true }, async server => {
    writeFileSync(`${server.target.keyFiles![0]}-cert.pub`, '')
    const [failure] = await failuresOf(connectTo(server.target))
    assert.match(failure!.fix!, /-cert\.pub.*ansible_connection: openssh/)
  }),
)

test.run()
