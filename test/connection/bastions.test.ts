import { createServer } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../../src/core/failure.ts'
import { connectSsh } from '../../src/host/connect.ts'
import { createPool } from '../../src/host/pool.ts'
import type { Hop, Target } from '../../src/settings/target.ts'
import { failuresOf } from '../host/local.ts'
import { type ServerOptions, startServer, type TestServer } from '../host/server.ts'

/** Servers for the length of one test, one for each of these. */
const withServers = async (all: ServerOptions[], use: (...servers: TestServer[]) => Promise<void>): Promise<void> => {
  const servers = await Promise.all(all.map(options => startServer(options)))
  try {
    await use(...servers)
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}

const hopOf = ({ target: { name: _, become: __, ...hop } }: TestServer): Hop => hop
const behind = (server: TestServer, name: string, ...via: TestServer[]): Target => ({
  ...server.target,
  name,
  via: via.map(hopOf),
})
const poolOf = (...targets: Target[]) =>
  createPool({ targets: Object.fromEntries(targets.map(target => [target.name, target])) })

const refusal = async (target: Target): Promise<Failure> => {
  const [failure] = await failuresOf(connectSsh(target))
  assert.ok(failure, 'it connected')
  return failure
}

const gone = async (server: TestServer): Promise<void> => {
  while (server.open > 0) await new Promise(setImmediate)
}

test('one connection to a bastion leads to all hosts behind it, and is the last to be closed', () =>
  withServers([{ forwards: true }, {}, {}], async (bastion, one, two) => {
    const pool = poolOf(behind(one, 'a', bastion), behind(two, 'b', bastion), behind(one, 'c', bastion))
    const transports = await Promise.all(['a', 'b', 'c'].map(name => pool.connect(name)))
    for (const transport of transports)
      assert.is(`${(await transport.run([{ sh: 'echo here' }]))[0]?.stdout}`, 'here\n')
    assert.is(bastion.connections, 1)
    assert.equal(bastion.forwarded.length, 3)
    assert.equal(bastion.commands, [])
    await pool.closeAll()
    await gone(bastion)
  }))

test('a chain of bastions is one connection for each, also where only a part of it is shared', () =>
  withServers([{ forwards: true }, { forwards: true }, {}], async (outer, inner, host) => {
    const pool = poolOf(behind(host, 'a', outer, inner), behind(host, 'b', outer, inner), behind(host, 'c', outer))
    await Promise.all(['a', 'b', 'c'].map(name => pool.connect(name)))
    assert.equal([outer.connections, inner.connections, host.connections], [1, 1, 3])
    await pool.closeAll()
    await Promise.all([gone(outer), gone(inner)])
  }))

test('megabytes go both ways through a bastion', () =>
  withServers([{ forwards: true }, {}], async (bastion, host) => {
    const transport = await connectSsh(behind(host, 'a', bastion))
    const text = 'x'.repeat(4_000_000)
    const [output] = await transport.run([{ sh: `cat >text <<'END'\n${text}\nEND\ncat text; cat text >&2` }])
    assert.equal([output?.stdout.length, output?.stderr.length], [4_000_001, 4_000_001])
    await transport.close()
    await gone(bastion)
  }))

test('a bastion that dies loses the hosts behind it at once, and no others', () =>
  withServers([{ forwards: true }, { forwards: true }, {}], async (first, second, host) => {
    const pool = poolOf(behind(host, 'a', first), behind(host, 'b', first), behind(host, 'c', second))
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(name => pool.connect(name)))
    await Promise.all([a, b, c].map(transport => transport!.run([{ sh: ':' }])))
    const frames = [a, b].map(transport => failuresOf(transport!.run([{ sh: 'sleep 60' }])))
    await new Promise(setImmediate)
    first.cut()
    for (const [index, name] of ['a', 'b'].entries()) {
      const [failure] = await frames[index]!
      assert.is(failure?.reason, 'host-lost')
      assert.match(failure!.why!, `bastion 127.0.0.1 of ${name} is gone`)
    }
    assert.is((await c!.run([{ sh: ':' }]))[0]?.status, 0)
    await pool.closeAll()
  }))

test('each refusal names the bastion, and whose it is', () =>
  withServers([{ forwards: true, closed: true }, { forwards: true }, {}], async (closed, open, host) => {
    const pool = poolOf(behind(host, 'a', closed), behind(host, 'b', closed))
    for (const name of ['a', 'b']) {
      const [failure] = await failuresOf(pool.connect(name))
      assert.is(failure?.reason, 'host-login')
      assert.is(failure?.what, `bastion 127.0.0.1 of ${name} does not let root in`)
      assert.match(failure!.fix!, 'ProxyJump in ~/.ssh/config')
    }
    assert.is(closed.logins.length, 1, 'it is asked once for all')
    await pool.closeAll()

    const unknown = behind(host, 'a', open)
    unknown.via![0] = { ...unknown.via![0]!, knownHosts: ['/nonexistent/known_hosts'] }
    const key = await refusal(unknown)
    assert.is(key.reason, 'host-key-unknown')
    assert.match(key.what, 'bastion 127.0.0.1 of a')

    const dead = behind(host, 'a', open)
    dead.via![0] = { ...dead.via![0]!, port: 1 }
    const unreachable = await refusal(dead)
    assert.is(unreachable.reason, 'host-unreachable')
    assert.match(unreachable.what, 'bastion 127.0.0.1 of a (127.0.0.1 port 1) cannot be reached')

    const inner = await refusal({ ...behind(host, 'a', open, closed) })
    assert.is(inner.what, 'bastion 127.0.0.1 of a does not let root in')
    assert.match(inner.fix!, `-o ProxyJump=root@127.0.0.1:${open.port}`)
  }))

test('a bastion that wants a password is not told to get that of the hosts', () =>
  withServers([{ forwards: true, needs: ['password'], password: 'x' }, {}], async (bastion, host) => {
    const failure = await refusal({ ...behind(host, 'a', bastion), password: 'of-the-host' })
    assert.not(bastion.logins.includes('password'))
    assert.match(failure.why!, 'it lets in by password')
    assert.not.match(failure.fix!, '--ask-pass')
    assert.match(failure.fix!, 'ssh-copy-id')
  }))

test('a host behind a bastion that is refused is told with a way through it', () =>
  withServers([{ forwards: true }, { closed: true }], async (bastion, host) => {
    const failure = await refusal(behind(host, 'a', bastion))
    assert.is(failure.what, 'a does not let root in')
    assert.match(failure.fix!, `-o ProxyJump=root@127.0.0.1:${bastion.port} -p ${host.port} root@127.0.0.1`)
    await gone(bastion)
  }))

test('a bastion that leads nowhere, and a host that it cannot reach, are told apart', () =>
  withServers([{}, { forwards: true }, {}], async (strict, open, host) => {
    const forbidden = await refusal(behind(host, 'a', strict))
    assert.is(forbidden.reason, 'host-unreachable')
    assert.match(forbidden.why!, 'bastion 127.0.0.1 of a forwards no connection')
    assert.match(forbidden.fix!, 'AllowTcpForwarding yes')
    const away = await refusal({ ...behind(host, 'a', open), port: 1 })
    assert.is(away.reason, 'host-unreachable')
    assert.match(away.what, 'a (127.0.0.1 port 1) cannot be reached')
    assert.match(away.why!, 'bastion 127.0.0.1 of a cannot connect to it')
    assert.match(away.fix!, `ssh -p ${open.port} root@127.0.0.1 nc -vz 127.0.0.1 1`)
  }))

test('a host that is silent behind a bastion is given up after its own time', () =>
  withServers([{ forwards: true }], async bastion => {
    const silent = createServer(() => {})
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const failure = await refusal({ ...behind(bastion, 'a', bastion), port, timeoutSeconds: 0.3 })
    assert.is(failure.reason, 'host-unreachable')
    assert.match(failure.why!, 'no login within')
    silent.close()
  }))

test('what is broken off while a bastion is logged in to ends', async () => {
  const silent = createServer(() => {})
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  await withServers([{}], async host => {
    const target = behind(host, 'a', host)
    target.via![0] = { ...target.via![0]!, port: (silent.address() as { port: number }).port }
    const pool = poolOf(target)
    const failures = failuresOf(pool.connect('a'))
    silent.once('connection', () => void pool.closeAll())
    assert.is((await failures)[0]?.reason, 'run-interrupted')
  })
  silent.close()
})

test('a server that says why it hangs up is heard', async () => {
  const crowded = createServer(socket => socket.end('Exceeded MaxStartups\r\n'))
  await new Promise<void>(resolve => crowded.listen(0, '127.0.0.1', resolve))
  await withServers([{}], async ({ target }) => {
    const failure = await refusal({ ...target, port: (crowded.address() as { port: number }).port })
    assert.match(failure.why!, 'it says: Exceeded MaxStartups')
    assert.match(failure.fix!, 'raise MaxStartups')
  })
  crowded.close()
})

test.run()
