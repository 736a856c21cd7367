import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Cluster, newCluster, newSecret, type Peer } from './cluster.ts'
import { type Kubo, newKey, privateKubo } from './kubo.ts'
import { ctlProgram, folder, ipfsProgram } from './place.ts'
import { type Ran, Running, run, until } from './process.ts'

// Three peers, each with a kubo, known to each other by their peerstores as the playbook does it; then fewer.

const nobodys = 'QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u'
const key = newKey()
const secret = newSecret()
const kubos = await Promise.all([0, 1, 2].map(n => privateKubo(`kubo${n}`, n, key)))
for (const kubo of kubos)
  kubo.set({ 'Peering.Peers': kubos.filter(one => one !== kubo).map(one => ({ ID: one.id, Addrs: [one.swarm] })) })
const daemons = await Promise.all(kubos.map(kubo => kubo.ready()))
const all = await Promise.all(kubos.map((kubo, n) => newCluster(`peer${n}`, n, secret, kubo.api)))
const [a, b, c] = all as [Cluster, Cluster, Cluster]
for (const one of all) writeFileSync(`${one.path}/peerstore`, `${all.map(other => other.at).join('\n')}\n`)
const peers = new Map<Cluster, Running>()
for (const one of all) peers.set(one, await one.ready([], one === a ? { CLUSTER_PEERNAME: 'ann' } : {}))

type Status = { cid: string; peer_map: { [id: string]: { peername: string; status: string; error: string } } }
const sees = (one: Cluster, others: Cluster[]) => async (): Promise<boolean> => {
  const listed = await one.peers()
  return String(listed.map(peer => peer.id).sort()) === String(others.map(other => other.id).sort())
}
const pinnedOn = async (cid: string): Promise<number> => {
  const [status] = await a.ask<Status>('status', cid)
  return Object.values(status!.peer_map).filter(peer => peer.status === 'pinned').length
}
const told = (ran: Ran): unknown => [ran.code, JSON.parse(ran.stdout)]

test('each is ready within 5 s of its start, and all see all within 20 s', async () => {
  for (const one of all) assert.match(peers.get(one)!.stderr, '** IPFS Cluster is READY **')
  assert.is(peers.get(a)!.stdout, '')
  for (const one of all) await until(20, `${one.path} sees three`, sees(one, all))
})

test('id and peers ls: pretty JSON objects one after another, each key in a line of four spaces', async () => {
  const { stdout } = await b.ctl('peers', 'ls')
  const ids = stdout.match(/^ {4}"id": "(12D3KooW\w{44})",$/gm) ?? []
  assert.is(ids.length, 3)
  assert.match(stdout, /^\}\n\{$/m)
  const [me] = await b.ask<Peer & { [key: string]: unknown }>('id')
  assert.equal(Object.keys(me!), [
    'id',
    'addresses',
    'cluster_peers',
    'cluster_peers_addresses',
    'version',
    'commit',
    'rpc_protocol_version',
    'error',
    'ipfs',
    'peername',
  ])
  assert.equal([me!.id, me!.peername, me!.error, me!.ipfs.id, me!.ipfs.error], [b.id, 'peer1', '', kubos[1]!.id, ''])
  assert.is(me!.rpc_protocol_version, '/ipfscluster/1.0/rpc')
  assert.equal(me!.addresses, [b.at])
})

test('the environment of a start counts before the file, and does not go into it', async () => {
  const [me] = await a.ask<Peer>('id')
  assert.is(me!.peername, 'ann')
  assert.match(readFileSync(`${a.path}/service.json`, 'utf8'), '"peername": "peer0"')
})

test('add pins on every peer', async () => {
  writeFileSync(`${folder}/file`, 'hello\n')
  const added = await run([ctlProgram, '--host', a.api, 'add', '-Q', `${folder}/file`])
  const cid = 'QmZULkCELmmk5XNfCgTnCyFgAVxBRBXyDHGGMVoLFLiXEN'
  assert.equal([added.code, added.stdout], [0, `${cid}\n`])
  await until(10, 'pinned on three', async () => (await pinnedOn(cid)) === 3)
  const [pin] = await b.ask<{ cid: string; type: string; replication_factor_min: number }>('pin', 'ls', cid)
  assert.equal([pin!.cid, pin!.type, pin!.replication_factor_min], [cid, 'pin', -1])
  assert.is((await kubos[2]!.ask('pin', 'ls', '--type=recursive')).includes(cid), true)
})

test('pin add brings a block from kubo to kubo; one that nobody has is waited for, exit 62', async () => {
  const env = { IPFS_PATH: kubos[1]!.path }
  const words = [ipfsProgram, '--api', kubos[1]!.api, 'add', '-Q', '--pin=false']
  const cid = (await run(words, { env, input: `${Math.random()}\n` })).stdout.trim()
  assert.is((await c.ctl('pin', 'add', '--wait', '--wait-timeout', '15s', cid)).code, 0)
  assert.is(await pinnedOn(cid), 3)
  const never = await a.ctl('pin', 'add', '--wait', '--wait-timeout', '3s', nobodys)
  assert.is(never.code, 62)
  assert.match(never.stderr, 'error waiting for pin status: context deadline exceeded')
  assert.is((await a.ctl('pin', 'rm', nobodys)).code, 0)
})

test('exit codes: 2 for what the API refuses, as JSON on stdout', async () => {
  const none = { code: 404, message: 'pin is not part of the pinset' }
  assert.equal(told(await a.ctl('pin', 'ls', nobodys)), [2, none])
  assert.equal(told(await a.ctl('pin', 'rm', nobodys)), [2, none])
  const rm = { code: 500, message: 'crdt consensus component cannot remove peers' }
  assert.equal(told(await a.ctl('peers', 'rm', b.id)), [2, rm])
  const [status] = await a.ask<Status>('status', nobodys)
  assert.equal(
    Object.values(status!.peer_map).map(peer => peer.status),
    ['unpinned', 'unpinned', 'unpinned'],
  )
})

test('exit codes: 1 for what does not reach it, 3 for an unknown command', async () => {
  const closed = `/ip4/${a.ip}/tcp/9`
  const ran = await run([ctlProgram, '--enc=json', '--host', closed, 'id'])
  const message = `Get "http://${a.ip}:9/id": dial tcp ${a.ip}:9: connect: connection refused`
  assert.equal(told(ran), [1, { code: 0, message }])
  const text = await run([ctlProgram, '--host', closed, 'id'])
  assert.equal([text.code, text.stdout], [1, `An error occurred:\n  Code: 0\n  Message: ${message}\n`])
  const bad = await a.ctl('pin', 'ls', 'notacid')
  assert.equal([bad.code, bad.stdout], [1, ''])
  assert.match(bad.stderr, /^error parsing cid: invalid cid: /)
  assert.match((await a.ctl('peers', 'rm', 'xx')).stderr, /^error parsing peer ID: failed to parse peer ID: /)
  const nope = await run([ctlProgram, 'nope'])
  assert.equal([nope.code, nope.stderr.trimEnd()], [3, "No help topic for 'nope'"])
  const flag = await run([ctlProgram, '--nope', 'id'])
  assert.is(flag.code, 1)
  assert.match(flag.stdout, /^Incorrect Usage\. flag provided but not defined: -nope\n/)
  assert.match((await a.ctl('add', '/nonexistent')).stderr, 'lstat /nonexistent: no such file or directory')
})

test('over HTTP: health has no body, errors are JSON', async () => {
  const get = (path: string): Promise<Response> => fetch(`http://${a.ip}:9094${path}`)
  assert.is((await get('/health')).status, 204)
  const nope = await get('/nope')
  assert.equal([nope.status, await nope.json()], [404, { code: 404, message: 'not found' }])
  assert.is((await get('/pins/xx')).status, 400)
  const metrics = (await (await get('/monitor/metrics')).json()) as string[]
  assert.equal(metrics.sort(), ['freespace', 'ping', 'pinqueue', 'tag:group'])
})

test('a kubo that is down shows in ipfs.error alone; back again, it is seen at once', async () => {
  assert.is((await daemons[2]!.stop()).code, 0)
  const { ip } = kubos[2] as Kubo
  const post = `Post "http://${ip}:5001/api/v0/id": dial tcp ${ip}:5001: connect: connection refused`
  // A connection that was open may first be found ended.
  await until(5, 'a kubo that is down is told', async () => (await c.ask<Peer>('id'))[0]!.ipfs.error === post)
  assert.is((await c.ask<Peer>('id'))[0]!.error, '')
  daemons[2] = await kubos[2]!.ready()
  await until(5, 'kubo is seen', async () => (await c.ask<Peer>('id'))[0]!.ipfs.error === '')
})

test('a dead peer is listed with its error, in a second; it goes when two pings have not come', async () => {
  await peers.get(c)!.stop('SIGKILL')
  const ran = await a.ctl('peers', 'ls')
  assert.is(ran.code, 0)
  assert.ok(ran.seconds < 3, `${ran.seconds} s`)
  const lines = `"id": "${c.id}",\n    "addresses": null,`
  if (ran.stdout.includes(c.id)) assert.match(ran.stdout, lines)
  const why = (await a.peers()).find(peer => peer.id === c.id)?.error ?? 'all dials failed'
  assert.match(why, 'all dials failed')
  await until(10, 'it is gone', sees(a, [a, b]))
  assert.ok(existsSync(`${c.path}/cluster.lock`))
  peers.set(c, await c.ready())
  await until(20, 'it is back', sees(a, all))
})

test('a silent peer holds up nobody: the others are told at once, it ends the call after 15 s', async () => {
  peers.get(c)!.signal('SIGSTOP')
  const began = performance.now()
  const asking = new Running([ctlProgram, '--host', a.api, '--timeout', '20', '--enc=json', 'peers', 'ls'])
  await asking.says(`"id": "${b.id}"`, 3)
  const ran = await asking.ended
  assert.is(ran.code, 0)
  const seconds = (performance.now() - began) / 1000
  if (ran.stdout.includes(`"id": "${c.id}"`)) assert.ok(seconds > 13 && seconds < 18, `${seconds} s`)
  assert.match(ran.stdout, `"id": "${a.id}"`)
  peers.get(c)!.signal('SIGCONT')
})

test('TERM ends it with 0 in a few seconds; its peerstore then holds the others, its lock is gone', async () => {
  for (const one of all) {
    const running = peers.get(one)!
    const began = running.seconds
    const { code, seconds } = await running.stop()
    assert.is(code, 0)
    assert.ok(seconds - began < 8, `${seconds - began} s`)
    assert.not(existsSync(`${one.path}/cluster.lock`))
    const lines = readFileSync(`${one.path}/peerstore`, 'utf8').trim().split('\n').sort()
    const others = all.filter(other => other !== one).map(other => other.at)
    assert.equal(lines, others.sort())
  }
  for (const daemon of daemons) assert.is((await daemon.stop()).code, 0)
})

test.run()
