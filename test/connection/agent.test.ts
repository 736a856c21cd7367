import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { agentKeys } from '../../src/connection/agent.ts'

/** What comes of asking an agent that answers so. */
const askedOf = async (answer: (socket: Socket) => void): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-agent-'))
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('error', () => {})
    answer(socket)
  })
  await new Promise<void>(resolve => server.listen(join(folder, 'agent'), resolve))
  try {
    return JSON.stringify(await agentKeys(join(folder, 'agent')))
  } catch (error) {
    return (error as Error).message
  } finally {
    for (const socket of open) socket.destroy()
    server.close()
    rmSync(folder, { recursive: true })
  }
}

const framed = (bytes: number[]): Buffer => Buffer.from([0, 0, 0, bytes.length, ...bytes])

for (const [what, answer, said] of [
  ['tells no keys', (socket: Socket) => socket.write(framed([5])), /does not tell its keys/],
  ['announces 4 GiB', (socket: Socket) => socket.write(Buffer.from([255, 255, 255, 255])), /no ssh-agent/],
  ['has 4 billion keys', (socket: Socket) => socket.write(framed([12, 255, 255, 255, 255])), /./],
  ['has a key of nothing', (socket: Socket) => socket.write(framed([12, 0, 0, 0, 1, 0, 0, 0, 0])), /./],
  ['hangs up', (socket: Socket) => socket.end(), /hung up/],
  [
    'talks without end',
    (socket: Socket) => socket.write(Buffer.concat([Buffer.from([0, 3, 255, 255]), Buffer.alloc(300_000)])),
    /no ssh-agent|./,
  ],
] as const)
  test(`an agent that ${what} is passed over`, async () => {
    const told = await askedOf(answer)
    assert.match(told, said)
    assert.not.match(told, /^\[/)
  })

test('an agent that answers by one byte now and then has five seconds for all of it', async () => {
  const began = performance.now()
  const told = await askedOf(socket => {
    socket.write(Buffer.from([0, 0, 100, 0]))
    const timer = setInterval(() => socket.write('x'), 300)
    socket.on('close', () => clearInterval(timer))
  })
  assert.match(told, /does not answer/)
  assert.ok(performance.now() - began < 20_000)
})

test.run()
