import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Kubo, newKey, privateKubo } from './kubo.ts'
import { address, ipfsProgram } from './place.ts'
import { type Ran, type Running, run, until } from './process.ts'

// Three daemons of one private network, known to each other by Peering as the playbook does it, and what they are asked.

const key = newKey()
const [a, b, c] = (await Promise.all([0, 1, 2].map(n => privateKubo(`node${n}`, n, key)))) as [Kubo, Kubo, Kubo]
const all = [a, b, c]
const daemons = new Map<Kubo, Running>()
for (const kubo of all) {
  const others = all.filter(other => other !== kubo).map(other => ({ ID: other.id, Addrs: [other.swarm] }))
  kubo.set({ 'Peering.Peers': others })
}
const start = async (kubo: Kubo): Promise<Running> => {
  const running = await kubo.ready()
  daemons.set(kubo, running)
  return running
}
await Promise.all(all.map(start))

const at = (kubo: Kubo): string => `${kubo.swarm}/p2p/${kubo.id}`
const sees = (kubo: Kubo, others: Kubo[]) => async (): Promise<boolean> =>
  String(await kubo.peers()) === String(others.map(other => other.id).sort())
const asked = (kubo: Kubo, ...words: string[]): Promise<Ran> => kubo.ipfs('--api', kubo.api, '--timeout=10s', ...words)

/** Whether a fresh block of one comes to the other. */
const gives = async (from: Kubo, to: Kubo): Promise<boolean> => {
  const text = `${Math.random()} from ${from.ip}\n`
  const env = { IPFS_PATH: from.path }
  const { stdout } = await run([ipfsProgram, '--api', from.api, 'add', '-Q', '--pin=false'], { env, input: text })
  const got = await to.ipfs('--api', to.api, '--timeout=5s', 'cat', stdout.trim())
  return got.stdout === text
}
const everyPair = async (): Promise<void> => {
  for (const from of all)
    for (const to of all) if (from !== to) assert.ok(await gives(from, to), `${from.ip} to ${to.ip}`)
}

test('a start says what it has opened, then that it is ready, within 5 s; then there is the api file', async () => {
  const running = daemons.get(a)!
  const lines = running.stdout.split('\n').map(line => line.replace(/version: .*/, 'version: …'))
  const print = /Swarm key fingerprint: ([0-9a-f]{32})/.exec(running.stdout)?.[1]
  assert.equal(lines.slice(0, -1), [
    'Initializing daemon...',
    ...['Kubo', 'Repo', 'System', 'Golang'].map(name => `${name} version: …`),
    `PeerID: ${a.id}`,
    'Swarm is limited to private network of peers with the swarm key',
    `Swarm key fingerprint: ${print}`,
    `Swarm listening on ${a.ip}:4001 (TCP)`,
    "Run 'ipfs id' to inspect announced and discovered multiaddrs of this node.",
    `RPC API server listening on ${a.api}`,
    `WebUI: http://${a.ip}:5001/webui`,
    `Gateway server listening on /ip4/${a.ip}/tcp/8080`,
    `Routing V1 API exposed at http://${a.ip}:8080/routing/v1`,
    'Daemon is ready',
  ])
  assert.is(running.stderr, '')
  assert.match(daemons.get(b)!.stdout, `Swarm key fingerprint: ${print}`)
  assert.is(readFileSync(`${a.path}/api`, 'utf8'), a.api)
})

test('Peering connects all within 15 s, and every ordered pair exchanges blocks', async () => {
  for (const kubo of all)
    await until(
      15,
      `${kubo.ip} sees two`,
      sees(
        kubo,
        all.filter(other => other !== kubo),
      ),
    )
  await everyPair()
})

test('swarm peers and peering ls, as text and as JSON', async () => {
  const lines = (await a.ask('swarm', 'peers')).trim().split('\n')
  for (const other of [b, c])
    assert.ok(lines.some(line => new RegExp(`^/ip4/${other.ip}/tcp/\\d+/p2p/${other.id}$`).test(line)))
  const { Peers } = JSON.parse(await a.ask('swarm', 'peers', '--enc=json')) as { Peers: { [key: string]: unknown }[] }
  assert.equal(Object.keys(Peers[0]!), ['Addr', 'Peer', 'Identify'])
  const kept = await a.ask('swarm', 'peering', 'ls')
  for (const other of [b, c]) assert.match(kept, `${other.id}\n\t${other.swarm}\n`)
  assert.is(kept.split('\n').length, 5)
  const me = JSON.parse(await a.ask('id', '--enc=json')) as { Addresses: string[] }
  assert.equal(me.Addresses, [at(a)])
})

test('swarm connect: done already, a wrong id, a closed port, nobody’s address of one who is connected', async () => {
  const { id } = c
  assert.is(await a.ask('swarm', 'connect', at(b)), `connect ${b.id} success\n`)
  assert.is(await a.ask('swarm', 'connect', `/ip4/${address(90)}/tcp/4001/p2p/${id}`), `connect ${id} success\n`)
  const stranger = '12D3KooWBzwtTQxLPGmNCQUJpZnBkZDvBLdBv7Z6PcZtPiWm3GrF'
  const failure = `Error: connect ${stranger} failure: failed to dial: failed to dial ${stranger}: all dials failed\n  * `
  const wrong = await asked(a, 'swarm', 'connect', `${b.swarm}/p2p/${stranger}`)
  assert.is(wrong.code, 1)
  const mismatch = `peer id mismatch: expected ${stranger}, but remote key matches ${b.id}`
  assert.is(wrong.stderr, `${failure}[${b.swarm}] failed to negotiate security protocol: ${mismatch}\n`)
  const other = '12D3KooWEfWM9H6avZHQEBsaF4s8wgw6DxgKCHHdd6bfuYzPsqYf'
  const closed = await asked(a, 'swarm', 'connect', `/ip4/${b.ip}/tcp/4009/p2p/${other}`)
  assert.match(closed.stderr, `[/ip4/${b.ip}/tcp/4009] dial tcp4 ${b.ip}:4009: connect: connection refused\n`)
})

test('peering rm lets go, peering add keeps again; disconnect and connect at once', async () => {
  assert.is(await a.ask('swarm', 'peering', 'rm', b.id), `remove ${b.id} success\n`)
  assert.not.match(await a.ask('swarm', 'peering', 'ls'), b.id)
  assert.is(await a.ask('swarm', 'peering', 'add', at(b)), `add ${b.id} success\n`)
  assert.match(await a.ask('swarm', 'peering', 'ls'), b.id)
  const gone = await a.ask('swarm', 'disconnect', `/p2p/${b.id}`)
  assert.is(gone, `disconnect ${b.id} success\n`)
  await a.ask('swarm', 'connect', at(b))
  assert.ok(await gives(a, b))
  assert.ok(await gives(b, a))
})

test('a block that nobody has: the timeout ends it, exit 1', async () => {
  const ran = await a.ipfs('--timeout=500ms', 'cat', 'QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u')
  assert.is(ran.code, 1)
  assert.match(ran.stderr, /^Error: (context deadline exceeded|Post .*: context deadline exceeded)\n/)
  assert.ok(ran.seconds < 5, `${ran.seconds} s`)
})

test('the API takes POST only', async () => {
  const url = `http://${a.ip}:5001/api/v0/`
  const get = await fetch(`${url}id`)
  assert.equal(
    [get.status, get.headers.get('allow'), await get.text()],
    [405, 'OPTIONS, POST', '405 - Method Not Allowed\n'],
  )
  const post = await fetch(`${url}id`, { method: 'POST' })
  assert.is(((await post.json()) as { ID: string }).ID, a.id)
  const none = await fetch(`${url}nope`, { method: 'POST' })
  assert.equal([none.status, await none.text()], [404, '404 page not found\n'])
  const failed = await fetch(`${url}pin/ls?arg=xx`, { method: 'POST' })
  assert.is(failed.status, 500)
  const error = { Message: 'invalid path "xx": path does not have enough components', Code: 0, Type: 'error' }
  assert.equal(await failed.json(), error)
})

test('init, a second daemon: refused while it runs', async () => {
  const ran = await a.ipfs('init')
  assert.is(ran.code, 1)
  assert.match(ran.stderr, 'Error: ipfs daemon is running. please stop it to run this command\n')
})

test('a config written by hand under a running daemon is lost with the next word to it', async () => {
  a.set({ 'Datastore.StorageMax': '7GB' })
  assert.is((await a.ipfs('config', 'Datastore.StorageMax')).stdout, '7GB\n')
  await a.ask('bootstrap', 'add', at(b))
  assert.is((await a.ipfs('config', 'Datastore.StorageMax')).stdout, '10GB\n')
  await a.ask('bootstrap', 'rm', '--all')
})

test('killed: the api file stays, a word of the CLI falls back to the repo and takes it away', async () => {
  await daemons.get(c)!.stop('SIGKILL')
  assert.ok(existsSync(`${c.path}/api`))
  const stale = await asked(c, 'swarm', 'peers')
  assert.equal([stale.code, stale.stderr.split('.')[0]], [1, 'Error: cannot connect to the api'])
  assert.is((await c.ipfs('id', '-f=<id>')).stdout, c.id)
  assert.not(existsSync(`${c.path}/api`))
  await until(15, 'the others see it go', sees(a, [b]))
  const running = await start(c)
  assert.ok(running.seconds < 5, `${running.seconds} s`)
  for (const kubo of all)
    await until(
      20,
      `${kubo.ip} sees two again`,
      sees(
        kubo,
        all.filter(other => other !== kubo),
      ),
    )
  await everyPair()
})

test('TERM, INT and shutdown end it with 0 in a few seconds, and the api file goes', async () => {
  const ran = await daemons.get(a)!.stop('SIGTERM')
  assert.is(ran.code, 0)
  assert.match(ran.stdout, '\nReceived interrupt signal, shutting down...\n')
  assert.not(existsSync(`${a.path}/api`))
  assert.is((await daemons.get(b)!.stop('SIGINT')).code, 0)
  await c.ask('shutdown')
  assert.is((await daemons.get(c)!.ended).code, 0)
})

test.run()
