import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../../src/core/failure.ts'
import { connectSsh } from '../../src/host/connect.ts'
import type { Target } from '../../src/settings/target.ts'
import { failuresOf } from '../host/local.ts'
import { withServer } from '../host/server.ts'

const refusal = async (target: Target): Promise<Failure> => {
  const [failure] = await failuresOf(connectSsh(target))
  assert.ok(failure, 'it connected')
  return failure
}

/** A program that does what `nc` does: every machine that runs the tests has node. */
const nc = (port: number): string =>
  `'${process.execPath}' -e "const s = require('net').connect(${port}, '127.0.0.1'); process.stdin.pipe(s).pipe(process.stdout); s.on('close', () => process.exit())"`

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
const ended = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await new Promise(resolve => setTimeout(resolve, 5))
}

test("a proxy command's streams are the connection, and it ends with it, whatever it has started", () =>
  withServer({}, async server => {
    const pids = join(server.folder, 'pids')
    const proxyCommand = `sh -c 'sleep 300 & echo $! >${pids}; exec "$@"' sh ${nc(server.port)}`
    // Nothing listens there: only the command knows the way.
    const transport = await connectSsh({ ...server.target, proxyCommand })
    assert.is(`${(await transport.run([{ sh: 'echo here' }]))[0]?.stdout}`, 'here\n')
    const text = 'x'.repeat(2_000_000)
    const [output] = await transport.run([{ sh: `cat <<'END'\n${text}\nEND` }])
    assert.is(output?.stdout.length, 2_000_001)
    await transport.close()
    await ended(Number(readFileSync(pids, 'utf8')))
    assert.is(server.connections, 1)
  }))

test('what a proxy command says before it ends is told, with the command itself', () =>
  withServer({}, async ({ target }) => {
    const proxyCommand = 'sh -c \'echo "no route to the other side" >&2; exit 7\''
    const failure = await refusal({ ...target, proxyCommand })
    assert.is(failure.reason, 'host-unreachable')
    assert.match(failure.why!, 'the proxy command of node0 ended (status 7): no route to the other side')
    assert.match(failure.fix!, proxyCommand)
    const missing = await refusal({ ...target, proxyCommand: '/nonexistent/proxy' })
    assert.match(missing.why!, /status 12[67]/)
  }))

test('a proxy command that stays silent is given up after the time to log in, and ended', () =>
  withServer({}, async server => {
    const pids = join(server.folder, 'pids')
    const failure = await refusal({
      ...server.target,
      proxyCommand: `sh -c 'echo $$ >${pids}; exec sleep 300'`,
      timeoutSeconds: 0.5,
    })
    assert.is(failure.reason, 'host-unreachable')
    assert.match(failure.why!, 'no login within 0.5 seconds')
    assert.ok(existsSync(pids))
    await ended(Number(readFileSync(pids, 'utf8')))
  }))

test('a proxy command that dies loses its host at once, and says why', () =>
  withServer({}, async server => {
    const pids = join(server.folder, 'pids')
    const proxyCommand = `sh -c 'echo $$ >${pids}; exec "$@"' sh ${nc(server.port)}`
    const transport = await connectSsh({ ...server.target, proxyCommand })
    await transport.run([{ sh: ':' }])
    const frame = failuresOf(transport.run([{ sh: 'sleep 60' }]))
    await new Promise(setImmediate)
    process.kill(Number(readFileSync(pids, 'utf8')), 'SIGKILL')
    const [failure] = await frame
    assert.is(failure?.reason, 'host-lost')
    assert.match(failure!.why!, 'the proxy command of node0 ended (SIGKILL)')
    await transport.close()
  }))

test.run()
