import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findLogins } from '../../src/connection/login.ts'
import type { Failure } from '../../src/core/failure.ts'
import { connectSsh } from '../../src/host/connect.ts'
import type { Target } from '../../src/settings/target.ts'
import { failuresOf } from '../host/local.ts'
import { type ServerOptions, type TestServer, withServer } from '../host/server.ts'

// Keys and agents are OpenSSH's own here: ssh-keygen and ssh-agent of this machine.

const refusal = async (target: Target): Promise<Failure> => {
  const [failure] = await failuresOf(connectSsh(target))
  assert.ok(failure, 'it connected')
  assert.is(failure.reason, 'host-login')
  return failure
}

const getsIn = async (target: Target): Promise<void> => {
  const transport = await connectSsh(target)
  assert.is((await transport.run([{ sh: ':' }]))[0]?.status, 0)
  await transport.close()
}

const folder = mkdtempSync(join(tmpdir(), 'runbook-login-'))
test.after(() => rmSync(folder, { recursive: true }))
let made = 0

type Key = { path: string; line: string }
/** A new key, in a file of its own; options of ssh-keygen besides. */
const newKey = (passphrase = '', ...options: string[]): Key => {
  made += 1
  const path = join(folder, `key${made}`)
  const type = options.includes('-t') ? [] : ['-t', 'ed25519']
  const { status, stderr } = spawnSync('ssh-keygen', ['-q', ...type, ...options, '-N', passphrase, '-f', path])
  assert.is(status, 0, `${stderr}`)
  return { path, line: readFileSync(`${path}.pub`, 'utf8') }
}

/** An ssh-agent that holds these keys, for the length of a test. */
const withAgent = async (keys: Key[], use: (socket: string) => Promise<void>): Promise<void> => {
  made += 1
  const socket = join(folder, `agent${made}`)
  const { stdout } = spawnSync('ssh-agent', ['-a', socket], { encoding: 'utf8' })
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)![1])
  try {
    const env = { ...process.env, SSH_AUTH_SOCK: socket }
    for (const { path } of keys) assert.is(spawnSync('ssh-add', ['-q', path], { env }).status, 0)
    await use(socket)
  } finally {
    process.kill(pid)
  }
}

/** A target of a server without the key that it has of its own. */
const keyless = ({ target: { keyFiles: _, ...target } }: TestServer): Target => target

const withPassword = (options: ServerOptions, use: (target: Target, server: TestServer) => Promise<void>) =>
  withServer({ closed: true, ...options }, server => use({ ...keyless(server), keyFiles: [] }, server))

test('of several key files the one that is let in counts; missing ones are passed over', () => {
  const [first, second] = [newKey(), newKey()]
  return withServer({ authorized: [second.line] }, async server => {
    await getsIn({ ...server.target, keyFiles: [`${folder}/none`, first.path, second.path] })
    assert.equal(server.logins, ['publickey', 'publickey'])
    // What cannot be used is told once nothing is let in.
    const failure = await refusal({ ...server.target, keyFiles: [`${folder}/none`, first.path] })
    assert.match(failure.why!, `tried ${first.path}`)
    assert.match(failure.why!, `${folder}/none: there is no such file`)
  })
})

test('encrypted keys of every format open with their passphrase', async () => {
  const keys = [
    newKey('open sesame'),
    newKey('open sesame', '-t', 'rsa', '-b', '2048', '-m', 'PEM'),
    newKey('open sesame', '-t', 'ecdsa', '-m', 'PEM'),
    newKey('open sesame', '-t', 'rsa', '-b', '2048', '-m', 'PKCS8'),
    newKey('', '-t', 'ecdsa', '-m', 'PKCS8'),
  ]
  await withServer({ authorized: keys.map(({ line }) => line) }, async server => {
    for (const { path } of keys)
      await getsIn({ ...server.target, keyFiles: [path], passphrases: { [path]: 'open sesame' } })
    assert.is(server.connections, keys.length)
    for (const { path } of keys.slice(0, 4)) {
      const wrong = await refusal({ ...server.target, keyFiles: [path], passphrases: { [path]: 'open barley' } })
      assert.match(wrong.what, `${path} of node0 cannot be used: the passphrase does not open it`)
      const none = await refusal({ ...server.target, keyFiles: [path] })
      assert.match(none.what, 'it is encrypted with a passphrase')
      assert.match(none.fix!, `ssh-add ${path}`)
    }
    assert.is(server.connections, keys.length, 'that is known before anything connects')
  })
})

test("a file that names a key of the agent's is that key: public, encrypted, or gone but for its .pub", () => {
  const [other, key, locked] = [newKey(), newKey(), newKey('open sesame')]
  const pub = join(folder, 'only.pub')
  writeFileSync(pub, key.line)
  writeFileSync(join(folder, 'gone.pub'), key.line)
  return withAgent([other, key], agent =>
    withServer({ authorized: [key.line] }, async server => {
      const target: Target = { ...server.target, agent, onlyKeyFiles: true }
      for (const path of [key.path, pub, join(folder, 'gone')]) {
        server.logins.length = 0
        await getsIn({ ...target, keyFiles: [path] })
        assert.equal(server.logins, ['publickey'], path)
      }
      const failure = await refusal({ ...target, keyFiles: [locked.path] })
      assert.match(failure.what, 'encrypted')
      await withAgent([], async empty => {
        const [failure] = await failuresOf(findLogins({ ...target, agent: empty, keyFiles: [pub] }))
        assert.match(failure!.what, 'it holds a public key, and no agent holds the private one')
      })
    }),
  )
})

test('an encrypted file is not opened where the agent holds its key, which its own text tells', () => {
  const locked = newKey('open sesame')
  const twin = { ...locked, path: join(folder, 'twin') }
  writeFileSync(twin.path, readFileSync(locked.path), { mode: 0o600 })
  assert.is(spawnSync('ssh-keygen', ['-q', '-p', '-P', 'open sesame', '-N', '', '-f', twin.path]).status, 0)
  rmSync(`${locked.path}.pub`)
  return withAgent([twin], agent =>
    withServer({ authorized: [locked.line] }, server =>
      getsIn({ ...server.target, agent, onlyKeyFiles: true, keyFiles: [locked.path] }),
    ),
  )
})

test("files come before an agent's other keys, which are not offered at all where only files count", () => {
  const [other, key] = [newKey(), newKey()]
  return withAgent([other, other, newKey()], agent =>
    withServer({ authorized: [key.line] }, async server => {
      await getsIn({ ...server.target, agent, keyFiles: [key.path] })
      assert.equal(server.logins, ['publickey'])
      server.logins.length = 0
      const wrong = newKey()
      await refusal({ ...server.target, agent, keyFiles: [wrong.path], onlyKeyFiles: true })
      assert.equal(server.logins, ['publickey'])
      await getsIn({ ...keyless(server), agent, keyFiles: [wrong.path, key.path] })
    }),
  )
})

test('an agent with more keys than a server lets one try: so many are offered, and the way out is named', () => {
  const keys = Array.from({ length: 8 }, () => newKey())
  return withAgent(keys, agent =>
    withServer({ tries: 6 }, async server => {
      const failure = await refusal({ ...keyless(server), agent })
      assert.is(server.logins.length, 6)
      assert.match(failure.why!, '2 more keys were not offered')
      assert.match(failure.fix!, 'ansible_ssh_private_key_file')
      assert.match(failure.fix!, 'IdentitiesOnly')
    }),
  )
})

test('a server that hangs up before all keys were offered is told as that', () => {
  const keys = Array.from({ length: 4 }, () => newKey())
  return withAgent(keys, agent =>
    withServer({ tries: 2 }, async server => {
      const failure = await refusal({ ...keyless(server), agent })
      assert.is(server.logins.length, 2)
      assert.match(failure.fix!, 'name the one key that counts')
    }),
  )
})

test('a password lets in, by the plain way or by what is asked, and leaves a try for itself behind many keys', async () => {
  const password = 'correct horse'
  await withPassword({ password }, target => getsIn({ ...target, password }))
  const questions = [{ prompt: 'Password: ', answer: password }]
  await withPassword({ questions }, target => getsIn({ ...target, password }))
  await withPassword({ questions, password }, async (target, server) => {
    await getsIn({ ...target, password })
    assert.equal(server.logins, ['password'])
  })
  const keys = Array.from({ length: 8 }, () => newKey())
  await withAgent(keys, agent =>
    withServer({ closed: true, password, tries: 6 }, server => getsIn({ ...keyless(server), agent, password })),
  )
})

test('a wrong password is sent once, whatever ways there are, and never again in this run', async () => {
  const right = 'correct horse'
  const questions = [{ prompt: 'Password: ', answer: right }]
  for (const options of [{ password: right }, { questions }, { password: right, questions }])
    await withPassword(options, async (target, server) => {
      const failure = await refusal({ ...target, password: 'wrong' })
      assert.is(failure.what, 'node0 does not take the password of root')
      assert.match(failure.fix!, '--connection-password-file FILE')
      const sent = server.logins.filter(method => method in { password: 1, 'keyboard-interactive': 1 }).length
      const again = await refusal({ ...target, name: 'other', password: 'wrong' })
      assert.match(again.why!, 'was refused there in this run')
      const judged = options.password ? 1 : 2
      assert.is(sent, judged, server.logins.join())
      assert.is(server.logins.filter(method => method !== 'publickey' && method !== 'none').length, judged)
      await getsIn({ ...target, password: right })
    })
})

test('asked for the password a second time, it is not sent again', () =>
  withPassword(
    {
      questions: [
        { prompt: 'Password: ', answer: 'wrong' },
        { prompt: 'Password: ', answer: 'right' },
      ],
    },
    async target => {
      assert.match((await refusal({ ...target, password: 'wrong' })).what, 'does not take the password')
    },
  ))

test('what a password is no answer to is named, and nothing is sent for it', async () => {
  const password = 'correct horse'
  const code = { prompt: 'Verification code: ', answer: '123456' }
  const about = async (questions: ServerOptions['questions'], what: string) =>
    withPassword({ questions: questions! }, async target =>
      assert.match((await refusal({ ...target, password })).what, what),
    )
  await about([{ prompt: 'Password: ', answer: password }, code], 'no answer to: Verification code:')
  await about([{ prompt: 'Which shard? ', echo: true, answer: '1' }], 'no answer to: Which shard?')
  await about(
    [
      { prompt: 'Password: ', answer: password },
      { prompt: 'New password: ', answer: 'x' },
    ],
    'wants root to change the password',
  )
})

test('a password that has expired is told with the way to change it', () =>
  withPassword({ password: 'old', expired: 'You must change it now' }, async (target, { port }) => {
    const failure = await refusal({ ...target, password: 'old' })
    assert.is(failure.what, 'node0 wants root to change the password before anything else')
    assert.match(failure.why!, 'You must change it now')
    assert.match(failure.fix!, `ssh -p ${port} root@127.0.0.1`)
  }))

test('key and password both, by a file or by an agent that has other keys besides', async () => {
  const password = 'correct horse'
  const [other, key] = [newKey(), newKey()]
  const needs = ['publickey', 'password']
  await withServer({ password, needs }, async server => {
    await getsIn({ ...server.target, password })
    const failure = await refusal(server.target)
    assert.match(failure.why!, /it took .*key, and wants password besides/)
    assert.match(failure.fix!, '--ask-pass (-k)')
  })
  await withAgent([key, other], agent =>
    withServer({ password, needs, authorized: [key.line] }, async server => {
      await getsIn({ ...keyless(server), agent, password })
      assert.equal(server.logins, ['publickey', 'password'])
    }),
  )
  const questions = [{ prompt: 'Password: ', answer: password }]
  await withServer({ questions, needs: ['publickey', 'keyboard-interactive'] }, server =>
    getsIn({ ...server.target, password }),
  )
})

test('where only a password lets in and there is none, no further key is offered, and its ways are named', () =>
  withAgent([newKey(), newKey(), newKey()], agent =>
    withServer({ needs: ['password'], password: 'x' }, async server => {
      const failure = await refusal({ ...keyless(server), agent })
      assert.equal(server.logins, ['publickey'])
      assert.match(failure.why!, 'it lets in by password')
      assert.match(failure.fix!, 'ansible_password')
    }),
  ))

test('an agent is forwarded where that is wished, once, and programs find it, root by sudo too', () =>
  withServer(
    {
      exports: { SSH_AUTH_SOCK: '/run/agent.sock' },
      programs: {
        id: 'echo 1000',
        sudo: 'while [ "$1" != -- ]; do shift; done; shift; unset SSH_AUTH_SOCK; exec "$@"',
      },
    },
    async server => {
      const target: Target = { ...server.target, agent: `${folder}/none`, onlyKeyFiles: true }
      const seen = async (target: Target): Promise<string> => {
        const transport = await connectSsh(target)
        const [output] = await transport.run([{ sh: 'echo "$SSH_AUTH_SOCK"' }])
        await transport.lease({ run: 'a', who: 'b' })
        await transport.close()
        return `${output?.stdout}`.trim()
      }
      assert.is(await seen(target), '')
      assert.equal(server.forwarded, [])
      assert.is(await seen({ ...target, forwardsAgent: true }), '/run/agent.sock')
      assert.equal(server.forwarded, ['agent'])
      const become = { user: 'root', method: 'sudo' as const }
      assert.is(await seen({ ...target, user: 'deploy', become, forwardsAgent: true }), '/run/agent.sock')
    },
  ))

test('a server that takes no agent starts programs without', () =>
  withServer({ refusesAgent: true }, async server => {
    await getsIn({ ...server.target, agent: `${folder}/none`, onlyKeyFiles: true, forwardsAgent: true })
    assert.equal(server.forwarded, ['agent'])
  }))

test('a plain key costs what it did: nothing is tried before it', () =>
  withServer({}, async server => {
    await getsIn(server.target)
    assert.equal(server.logins, ['publickey'])
  }))

test('the fix of a refused key makes its public file first where there is none', () => {
  const key = newKey()
  rmSync(`${key.path}.pub`)
  return withServer({ closed: true }, async server => {
    const failure = await refusal({ ...server.target, keyFiles: [key.path] })
    assert.match(failure.fix!, `ssh-keygen -y -f ${key.path} >${key.path}.pub && ssh-copy-id -i ${key.path} -p`)
  })
})

test.run()
