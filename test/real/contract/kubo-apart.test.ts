import { cpSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newCluster, newSecret, type Peer } from './cluster.ts'
import { Kubo, newKey, privateConfig, privateKubo } from './kubo.ts'
import { address } from './place.ts'
import { type Running, until } from './process.ts'

// Daemons that run and do not come together, mostly without a word: another key, fenced addresses, a shared port, a
// shared identity; and an API that wants a token.

const key = newKey()
const first = await privateKubo('first', 0, key)
const running: Running[] = [await first.ready()]
const second = async (name: string, node: number, settings: Parameters<Kubo['set']>[0], text = key): Promise<Kubo> => {
  const kubo = (await privateKubo(name, node, text)).set(settings)
  running.push(await kubo.ready())
  return kubo
}
const connect = (kubo: Kubo) =>
  kubo.ipfs('--api', kubo.api, '--timeout=10s', 'swarm', 'connect', `${first.swarm}/p2p/${first.id}`)
const failure = `Error: connect ${first.id} failure: failed to dial: failed to dial ${first.id}: `

test('another swarm.key: ready, alone, and one of the texts of two that do not understand each other', async () => {
  const kubo = await second('other-key', 1, {}, newKey())
  const ran = await connect(kubo)
  assert.is(ran.code, 1)
  assert.ok(
    ran.stderr.startsWith(`${failure}all dials failed\n  * [${first.swarm}] failed to negotiate security protocol: `),
  )
  assert.equal(await kubo.peers(), [])
})

test('profile server on private addresses: ready, nothing logged, fenced off both ways', async () => {
  const net = ['/ip4/127.0.0.0/ipcidr/8']
  const kubo = await second('fenced', 2, { 'Swarm.AddrFilters': net, 'Addresses.NoAnnounce': net })
  const ran = await connect(kubo)
  assert.is(ran.code, 1)
  assert.is(ran.stderr, `${failure}no good addresses\n  * [${first.swarm}] gater disallows connection to peer\n`)
  const me = JSON.parse(await kubo.ask('id', '--enc=json')) as { Addresses: string[] }
  assert.equal(me.Addresses, [`/p2p/${kubo.id}`])
  const back = await first.ipfs('--api', first.api, '--timeout=10s', 'swarm', 'connect', `${kubo.swarm}/p2p/${kubo.id}`)
  assert.is(back.code, 1)
})

test('two daemons of one user on one swarm port: both are ready, nothing is said', async () => {
  const kubo = await second('same-port', 3, { 'Addresses.Swarm': [first.swarm] })
  assert.match(running.at(-1)!.stdout, `Swarm listening on ${first.ip}:4001 (TCP)`)
  assert.is(running.at(-1)!.stderr, '')
  await kubo.ask('swarm', 'peers')
})

test('a cloned identity: both are ready, nothing is said, neither lists the other', async () => {
  const kubo = new Kubo('clone', 4)
  cpSync(first.path, kubo.path, { recursive: true, filter: name => !/\/(api|gateway|repo\.lock)$/.test(name) })
  kubo.set({ ...privateConfig(kubo), 'Peering.Peers': [{ ID: first.id, Addrs: [first.swarm] }] })
  running.push(await kubo.ready())
  assert.is(running.at(-1)!.stderr, '')
  const ran = await connect(kubo)
  assert.is(ran.code, 1)
  assert.match(ran.stderr, 'dial to self attempted')
  assert.equal(await kubo.peers(), [])
})

const denied =
  'Kubo RPC Access Denied: Please provide a valid authorization token as defined in the API.Authorizations configuration.'

test('API.Authorizations: 403 for the command line, over HTTP and for ipfs-cluster, which waits', async () => {
  const rule = { ann: { AuthSecret: 'basic:ann:secret', AllowedPaths: ['/api/v0'] } }
  const kubo = await second('closed', 5, { 'API.Authorizations': rule })
  for (const words of [
    ['swarm', 'peers'],
    ['config', 'show'],
    ['--offline', 'config', 'show'],
  ]) {
    const ran = await kubo.ipfs(...words)
    assert.equal([ran.code, ran.stderr.trimEnd()], [1, `Error: ${denied}`], words.join(' '))
  }
  const http = await fetch(`http://${kubo.ip}:5001/api/v0/id`, { method: 'POST' })
  assert.equal([http.status, (await http.text()).trimEnd()], [403, denied])
  const cluster = await newCluster('cluster', 5, newSecret(), kubo.api)
  const peer = cluster.daemon()
  await until(10, 'its API answers', async () => (await cluster.ctl('id')).code === 0)
  const [me] = await cluster.ask<Peer>('id')
  assert.equal(
    [me!.error, me!.ipfs.error.trimEnd()],
    ['', `IPFS request failed (is it running?) (id). Code 403: ${denied}`],
  )
  assert.not.match(peer.said, 'READY')
  assert.is((await running.pop()!.stop()).code, 0)
  const shown = JSON.parse((await kubo.ipfs('config', 'show')).stdout) as { API: { Authorizations: object } }
  assert.equal(shown.API.Authorizations, {}, 'the token is not shown')
  running.push(await kubo.set({ 'API.Authorizations': undefined }).ready())
  await peer.says('** IPFS Cluster is READY **', 15)
  assert.is((await peer.stop()).code, 0)
})

test('two peers of ipfs-cluster with one identity: ready, no line tells, each sees itself alone', async () => {
  const one = await newCluster('twin', 6, newSecret(), first.api)
  const ip = address(7)
  const two = one.copy('twin-copy').set({
    'cluster.listen_multiaddress': [`/ip4/${ip}/tcp/9096`],
    'api.restapi.http_listen_multiaddress': `/ip4/${ip}/tcp/9094`,
    'api.ipfsproxy.listen_multiaddress': `/ip4/${ip}/tcp/9095`,
    'api.pinsvcapi.http_listen_multiaddress': `/ip4/${ip}/tcp/9097`,
  })
  const twins = [await one.ready(), await two.ready(['--bootstrap', one.at])]
  assert.equal(
    (await one.peers()).map(peer => peer.id),
    [one.id],
  )
  for (const twin of twins) assert.is((await twin.stop()).code, 0)
  for (const daemon of running) assert.is((await daemon.stop()).code, 0)
})

test.run()
