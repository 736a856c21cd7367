import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../src/core/event.ts'
import { startServer, varsOf } from '../../host/server.ts'
import { bin, type Ran, ranOf, sandbox, untilBegun } from '../rig.ts'

// Whatever a command is at, what ends it is heard, it says so, and nothing more is begun.

const place = sandbox()
const host = await startServer()
const connections: Socket[] = []
const silent = createServer(socket => void connections.push(socket.on('error', () => {}))).listen(0, '127.0.0.1')
test.after(async () => {
  for (const socket of connections) socket.destroy()
  silent.close()
  place.remove()
  await host.stop()
})

const many = 4000
const tasks = Array.from(
  { length: 10 },
  (_, i) => `{ name: t${i}, copy: { dest: "/x{{ inventory_hostname }}", content: x } }`,
)
place.write('many.ini', `[all]\nh[1:${many}] ansible_host=127.0.0.1 ansible_port=1\n`)
place.write('many.yml', `- hosts: all\n  tasks: [${tasks.join(', ')}]\n`)
await once(silent, 'listening')
const address = silent.address() as { port: number }
place.write('silent.ini', `[all]\nnode0 ansible_host=127.0.0.1 ansible_port=${address.port} ansible_password=x\n`)
place.write('say.yml', '- hosts: all\n  tasks: [{ name: say, command: { argv: [echo, hello] } }]\n')
place.write('host.json', JSON.stringify({ all: { hosts: { node0: varsOf(host) } } }))

const eventsOf = ({ out }: Ran): Event[] =>
  out
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))

/** Begins a command, and ends it once it has said or done something. */
const ended = async (args: string[], signal: NodeJS.Signals, isThere: (said: string) => boolean): Promise<Ran> => {
  const child = spawn(process.execPath, [bin, ...args, '--format', 'json'], { cwd: place.folder, env: process.env })
  let said = ''
  child.stdout.on('data', text => {
    said += text
  })
  const ran = ranOf(child)
  await untilBegun(ran, () => isThere(said))
  child.kill(signal)
  return ran
}

const codes = { SIGINT: 130, SIGTERM: 130, SIGHUP: 129 }
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} while many hosts are planned: none of them is reached any more`, async () => {
    const ran = await ended(['plan', 'many.yml', '-i', 'many.ini'], signal, said => said.includes('"started"'))
    assert.is(ran.code, codes[signal], ran.err)
    const events = eventsOf(ran)
    assert.equal([...new Set(events.map(e => e.type))], ['started', 'summary'])
    const last = events.at(-1) as Event & { type: 'summary' }
    assert.equal(
      last.failures.map(one => one.reason),
      ['run-interrupted'],
    )
    assert.is(last.failures[0]!.what.includes('its terminal is gone'), signal === 'SIGHUP')
  })

  test(`${signal} while a host does not answer the connection`, async () => {
    const before = connections.length
    const ran = await ended(['apply', 'say.yml', '-i', 'silent.ini'], signal, () => connections.length > before)
    assert.is(ran.code, codes[signal], ran.err)
    assert.is((eventsOf(ran).at(-1) as Event & { type: 'summary' }).exit, codes[signal])
  })
}

test('the run record has the last word where nobody reads it: the terminal is gone with all its output', async () => {
  const child = spawn(process.execPath, [bin, 'apply', 'say.yml', '-i', 'silent.ini'], {
    cwd: place.folder,
    env: process.env,
  })
  const before = connections.length
  child.stdout.destroy()
  child.stderr.destroy()
  const ran = ranOf(child)
  await untilBegun(ran, () => connections.length > before)
  child.kill('SIGHUP')
  assert.is((await ran).code, 129)
  const runs = join(place.folder, '.runbook/runs')
  const record = readFileSync(join(runs, readdirSync(runs).sort().at(-1)!), 'utf8')
  const last = JSON.parse(record.trim().split('\n').at(-1)!) as Event & { type: 'summary' }
  assert.equal([last.type, last.exit], ['summary', 129])
  assert.match(last.failures[0]!.what, 'The apply was interrupted: its terminal is gone.')
})

test('who reads no further ends nothing but the output: plan | head -1 says nothing more', async () => {
  place.write(
    'long.yml',
    `- hosts: all\n  tasks: [${Array.from({ length: 300 }, (_, i) => `{ name: t${i}, debug: { msg: "${'x'.repeat(400)}" } }`).join(', ')}]\n`,
  )
  const line = `'${process.execPath}' '${bin}' plan -v long.yml -i host.json | head -1`
  const ran = await ranOf(spawn('sh', ['-c', line], { cwd: place.folder, env: process.env }))
  assert.equal([ran.code, ran.err], [0, ''])
  assert.is(ran.out.split('\n').length, 2)
})

test.run()
