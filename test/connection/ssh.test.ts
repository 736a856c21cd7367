import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../../src/core/failure.ts'
import { connectSsh } from '../../src/host/connect.ts'
import { LOGIN_LINE } from '../../src/host/environment.ts'
import type { Target } from '../../src/settings/target.ts'
import { failuresOf } from '../host/local.ts'
import { withServer } from '../host/server.ts'

const refusal = async (target: Target): Promise<Failure> => {
  const [failure] = await failuresOf(connectSsh(target))
  assert.ok(failure, 'it connected')
  return failure
}

test('one connection and one channel serve all frames', () =>
  withServer({}, async server => {
    const transport = await connectSsh(server.target)
    const [first] = await transport.run([{ sh: 'echo "it\'s $LC_ALL"; echo e >&2; exit 3' }])
    assert.equal([`${first?.stdout}`, `${first?.stderr}`, first?.status], ["it's C\n", 'e\n', 3])
    await transport.run([{ sh: ':' }, { sh: ':' }])
    assert.is(transport.roundTrips, 2)
    assert.is(transport.user, 'root')
    assert.equal(server.commands, [LOGIN_LINE])
    assert.is(server.connections, 1)
    await Promise.all([transport.close(), transport.close()])
    assert.is((await failuresOf(transport.run([{ sh: ':' }])))[0]?.reason, 'host-lost')
    assert.is(transport.roundTrips, 2)
  }))

test('a host whose server allows no second session cannot be held, and is as usable as before', () =>
  withServer({ sessions: 1 }, async server => {
    const transport = await connectSsh(server.target)
    assert.equal(await transport.lease({ run: 'a-run', who: 'ada@laptop' }), {
      is: 'nobody',
      why: 'its ssh server allows no further session (MaxSessions); let it allow more: `MaxSessions 10`, its default, in /etc/ssh/sshd_config there, then reload sshd',
    })
    assert.is((await transport.run([{ sh: ':' }]))[0]?.status, 0)
    await transport.close()
  }))

test('where the server opens no session for an upload, the file goes through the frames', () =>
  withServer({ sessions: 1 }, async server => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-frames-'))
    const transport = await connectSsh(server.target)
    const bytes = Buffer.concat([randomBytes(2_500_000), Buffer.from('\0\n')])
    const upload = (name: string, what = bytes) => ({
      source: { bytes: what },
      size: what.length,
      digest: createHash('sha256').update(what).digest('hex'),
      path: join(folder, name),
      mode: '0640',
    })
    const progress: number[] = []
    for (const name of ['new', 'new', "it's"]) await transport.upload(upload(name), sent => progress.push(sent))
    await transport.upload(upload('empty', Buffer.alloc(0)))
    assert.equal(readFileSync(join(folder, "it's")), bytes)
    assert.is(statSync(join(folder, 'new')).mode & 0o777, 0o640)
    assert.is(progress.at(-1), bytes.length)
    const wrong = { ...upload('new'), digest: 'f'.repeat(64) }
    assert.match((await failuresOf(transport.upload(wrong)))[0]!.why!, /not the ones meant/)
    const moved = { ...upload('new'), over: 'false' }
    assert.is((await failuresOf(transport.upload(moved)))[0]?.reason, 'plan-moved')
    const nowhere = { ...upload('none/x'), path: join(folder, 'none/x') }
    assert.match((await failuresOf(transport.upload(nowhere)))[0]!.why!, /none does not exist/)
    assert.equal(readdirSync(folder).sort(), ['empty', "it's", 'new'])
    assert.is((await transport.run([{ sh: ':' }]))[0]?.status, 0, 'the host is not lost')
    await transport.close()
    rmSync(folder, { recursive: true })
  }))

test('where the server opens one session alone, what another user runs is fed to it by the shell of root', () =>
  withServer({ sessions: 1 }, async server => {
    const transport = await connectSsh(server.target)
    const other = transport.as({ user: 'daemon', method: 'sudo' })
    const said = await other.run([{ sh: 'id -un; echo e >&2; exit 3' }, { sh: 'echo "it\'s"' }])
    assert.equal(
      said.map(({ stdout, stderr, status }) => [`${stdout}`, `${stderr}`, status]),
      [
        ['daemon\n', 'e\n', 3],
        ["it's\n", '', 0],
      ],
    )
    assert.is(`${(await transport.run([{ sh: 'id -un' }]))[0]?.stdout}`, 'root\n')
    await transport.close()
  }))

test('a server that opens no session at all is told as that', () =>
  withServer({ sessions: 0 }, async server => {
    const [failure] = await failuresOf(connectSsh(server.target))
    assert.is(failure?.reason, 'host-login')
    assert.match(failure!.why!, 'MaxSessions')
  }))

test('a login that is refused says who tried with what', () =>
  withServer({ closed: true }, async server => {
    const failure = await refusal(server.target)
    assert.is(failure.reason, 'host-login')
    assert.match(failure.what, 'node0 does not let root in')
    assert.match(failure.why!, join(server.folder, 'key'))
    assert.match(failure.fix!, `ssh-copy-id -i ${join(server.folder, 'key')} -p ${server.port} root@127.0.0.1`)
  }))

test('what the host says of a login, and why an agent was of no use, is told', () =>
  withServer(
    { closed: true, banner: 'A notice.\nSystem is booting up. Unprivileged users are not permitted to log in yet.\n' },
    async server => {
      assert.match((await refusal(server.target)).why!, 'the host says: System is booting up.')
      const { keyFiles: _, ...target } = server.target
      const failure = await refusal({ ...target, agent: '/nonexistent/agent' })
      assert.is(failure.reason, 'host-login')
      assert.match(failure.why!, /nonexistent|connect to agent/i)
      assert.match(failure.why!, 'System is booting up')
    },
  ))

test('an unknown host key is refused with the line to add; added, it connects', () =>
  withServer({}, async server => {
    const file = join(server.folder, 'other')
    const target = { ...server.target, knownHosts: [file, '/nonexistent/known_hosts'] }
    const failure = await refusal(target)
    assert.is(failure.reason, 'host-key-unknown')
    const line = `[127.0.0.1]:${server.port} ${server.hostKey}`
    assert.ok(failure.fix!.includes(file) && failure.fix!.endsWith(`\n${line}`), failure.fix)
    assert.is(server.commands.length, 0)
    writeFileSync(file, `${line}\n`)
    await (await connectSsh(target)).close()
  }))

test('a changed host key is refused with the place of the other one, a revoked one too', () =>
  withServer({}, async server => {
    const [file] = server.target.knownHosts
    const known = readFileSync(file!, 'utf8')
    const other = known.replace(/.{8}\n$/, 'AAAAAAAA\n')
    writeFileSync(file!, `# mine\n${other}`)
    const failure = await refusal(server.target)
    assert.is(failure.reason, 'host-key-changed')
    assert.match(failure.why!, `in ${file}:2`)
    // The last lines of the fix are commands: run as they stand, they are one.
    const commands = failure.fix!.split('\n').slice(2).join('\n')
    assert.is(spawnSync('sh', ['-e'], { input: commands }).status, 0, commands)
    assert.match(readFileSync(file!, 'utf8'), '# mine')
    await (await connectSsh(server.target)).close()
    server.commands.length = 0
    writeFileSync(file!, `${known}@revoked * ${server.hostKey}\n`)
    const revoked = await refusal(server.target)
    assert.equal([revoked.reason, revoked.origin?.line], ['host-key-changed', 2])
    assert.is(server.commands.length, 0)
  }))

test('a host known by its second key type is asked for that one', () =>
  withServer({ hostKeys: ['ecdsa', 'ed25519'] }, async server => {
    await (await connectSsh(server.target)).close()
  }))

test('no address, nothing listening, silence: each in plain words', async () => {
  const silent = createServer(() => {})
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  const port = (silent.address() as { port: number }).port
  await withServer({}, async ({ target }) => {
    const cases: [Partial<Target>, RegExp][] = [
      [{ host: 'no-such-host.invalid' }, /has no address|no name server/],
      [{ port: 1 }, /nothing listens on port 1/],
      [{ port, timeoutSeconds: 0.2 }, /no login within/],
    ]
    for (const [change, why] of cases) {
      const failure = await refusal({ ...target, ...change })
      assert.is(failure.reason, 'host-unreachable')
      assert.match(failure.why!, why)
    }
  })
  silent.close()
})

test('a machine that says nothing at all is held for dead after half of the time', async () => {
  // A listener that never accepts, with a queue that is full: what comes then is dropped without a word.
  const deaf = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:worker_threads').parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`
  const worker = new Worker(deaf, { eval: true })
  const port = await new Promise<number>(resolve => worker.once('message', resolve))
  const waiting = Array.from({ length: 4 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}))
  await once(waiting[0]!, 'connect')
  let failure: Failure | undefined
  await withServer({}, async ({ target }) => {
    ;[failure] = await failuresOf(connectSsh({ ...target, port, timeoutSeconds: 2 }))
  })
  for (const socket of waiting) socket.destroy()
  await worker.terminate()
  assert.equal([failure?.reason, failure?.why], ['host-unreachable', 'it did not answer'])
})

test('what is no SSH server, or hangs up at once, is unreachable', async () => {
  const rude = createServer(socket => socket.end())
  await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
  await withServer({}, async ({ target }) => {
    const failure = await refusal({ ...target, port: (rude.address() as { port: number }).port })
    assert.is(failure.reason, 'host-unreachable')
    assert.match(failure.why!, /closed the connection/)
  })
  rude.close()
})

test('a private key that is missing, unreadable as a key, public or encrypted is named, before anything connects', () =>
  withServer({}, async server => {
    const path = join(server.folder, 'mine')
    const withKey = { ...server.target, keyFiles: [path] }
    const expect = async (why: RegExp) => {
      const failure = await refusal(withKey)
      assert.is(failure.reason, 'host-login')
      assert.match(failure.what, path)
      assert.match(failure.what, why)
    }
    await expect(/no such file/)
    writeFileSync(path, 'no key')
    await expect(/no private key/)
    writeFileSync(path, server.hostKey)
    await expect(/public key/)
    const { error } = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', `${path}2`])
    if (!error) {
      writeFileSync(path, readFileSync(`${path}2`))
      chmodSync(path, 0o600)
      await expect(/encrypted/)
    }
    assert.is(server.connections, 0)
  }))

test('a shell that ends without a status is lost, not done', () =>
  withServer({ silentEnd: true }, async server => {
    const transport = await connectSsh(server.target)
    const [failure] = await failuresOf(transport.run([{ sh: 'kill -KILL $$' }]))
    assert.is(failure?.reason, 'host-lost')
    await transport.close()
  }))

test('a login without a shell is told in its words', () =>
  withServer({ instead: 'echo "This account is currently not available."; exit 1' }, async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const [failure] = await failuresOf(transport.run([{ sh: ':' }]))
    assert.is(failure?.reason, 'host-login')
    assert.is(failure?.why, 'This account is currently not available.')
    await transport.close()
  }))

test('closing a host that hears nothing any more does not hang', () =>
  withServer({}, async server => {
    const transport = await connectSsh(server.target)
    server.freeze()
    const frame = failuresOf(transport.run([{ sh: ':' }]))
    // The frame is sent before the end is asked for.
    await new Promise(setImmediate)
    const started = performance.now()
    await transport.close()
    assert.ok(performance.now() - started < 4_000)
    assert.is((await frame)[0]?.reason, 'host-lost')
  }))

test('connecting can be broken off', async () => {
  const silent = createServer(() => {})
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  await withServer({}, async ({ target }) => {
    const stop = new AbortController()
    const { port } = silent.address() as { port: number }
    const reasons = failuresOf(connectSsh({ ...target, port }, stop.signal))
    silent.once('connection', () => stop.abort())
    assert.is((await reasons)[0]?.reason, 'run-interrupted')
    assert.is((await failuresOf(connectSsh(target, stop.signal)))[0]?.reason, 'run-interrupted')
  })
  silent.close()
})

test.run()
