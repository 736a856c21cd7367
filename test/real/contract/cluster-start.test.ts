import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Cluster, newCluster, newSecret } from './cluster.ts'
import { type Json, newKey, privateKubo } from './kubo.ts'
import { address } from './place.ts'
import { type Ran, type Running, until } from './process.ts'

// What keeps `ipfs-cluster-service daemon` from starting, and what it says of others that it cannot join: it stays up.

const secret = newSecret()
const kubo = await privateKubo('kubo', 0, newKey())
const daemon = await kubo.ready()
const base = await newCluster('base', 1, secret, kubo.api)

let copies = 0
const copy = (values: { [key: string]: Json | undefined } = {}): Cluster => base.copy(`copy${copies++}`).set(values)

const ended = async (running: Running): Promise<Ran> => {
  const timer = setTimeout(() => running.signal('SIGKILL'), 15_000)
  return running.ended.finally(() => clearTimeout(timer))
}

/** Ends with 1, and with these last words. */
const fails = async (
  cluster: Cluster,
  words: string,
  env: NodeJS.ProcessEnv = {},
  ...argv: string[]
): Promise<void> => {
  const ran = await ended(cluster.daemon(argv, env))
  assert.is(ran.stderr.trimEnd().split('\n').at(-1), words)
  assert.is(ran.code, 1)
  assert.ok(ran.seconds < 5, `${ran.seconds} s`)
}

const loading = 'error loading configurations: '
const unloaded = (name: string, values: { [key: string]: Json | undefined }, words: string): void =>
  test(name, () => fails(copy(values), loading + words))

test('no init, half a file, no identity, the identity of somebody else', async () => {
  const cluster = copy()
  const path = `${cluster.path}/identity.json`
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), id: kubo.id }))
  const match = 'identity ID does not match the private_key'
  await fails(cluster, `${loading}error loading identity from ${path}: ${match}`)
  const env = { CLUSTER_ID: kubo.id }
  await fails(copy(), `${loading}error applying environment variables to the identity: ${match}`, env)
  rmSync(path)
  const none = 'error decoding cluster ID: failed to parse peer ID: invalid cid: cid too short'
  await fails(cluster, `${loading}error loading identity: ${none}`)
  writeFileSync(`${cluster.path}/service.json`, '{')
  await fails(cluster, `${loading}unexpected end of JSON input`)
  rmSync(`${cluster.path}/service.json`)
  await fails(cluster, `${loading}open ${cluster.path}/service.json: no such file or directory`)
})

const wrongSecret = 'error loading cluster secret from config: '
const short = `${wrongSecret}input secret is 2 bytes, cluster secret should be 32`
unloaded('a secret that is too short', { 'cluster.secret': 'abcd' }, short)
unloaded('a secret that is no hex', { 'cluster.secret': 'zz' }, `${wrongSecret}encoding/hex: invalid byte: U+007A 'z'`)

test('the environment is looked at in every start; what is wrong in the file counts all the same', async () => {
  await fails(copy(), loading + short, { CLUSTER_SECRET: 'abcd' })
  await fails(copy({ 'cluster.secret': 'abcd' }), loading + short, { CLUSTER_SECRET: secret })
})

const none = 'failed to parse multiaddr "x": must begin with /'
unloaded('peer_addresses: no address', { 'cluster.peer_addresses': ['x'] }, `error parsing peer_addresses: ${none}`)
unloaded('no address to listen on', { 'cluster.listen_multiaddress': [] }, 'cluster.listen_multiaddress is undefined')
unloaded(
  'monitor_ping_interval: no time',
  { 'cluster.monitor_ping_interval': 'soon' },
  'error parsing cluster.monitor_ping_interval: time: invalid duration "soon"',
)
unloaded(
  'monitor_ping_interval: 0s',
  { 'cluster.monitor_ping_interval': '0s' },
  'cluster.monitoring_interval is invalid',
)
unloaded(
  'trusted_peers: no id',
  { 'consensus.crdt.trusted_peers': ['x'] },
  'error parsing trusted peers: failed to parse peer ID: invalid cid: cid too short',
)
unloaded(
  'node_multiaddress: no address',
  { 'ipfs_connector.ipfshttp.node_multiaddress': 'x' },
  `error parsing ipfs_node_multiaddress: ${none}`,
)
unloaded(
  'more copies at least than at most',
  { 'cluster.replication_factor_min': 3, 'cluster.replication_factor_max': 2 },
  'cluster.replication_factor_min is larger than max',
)
for (const [min, max, words] of [
  [2, -1, 'min is larger than max'],
  [-1, 2, 'min and max must be -1 when one of them is'],
  [0, 2, 'min and max must be -1 when one of them is'],
  [-2, -2, 'min is wrong'],
] as const)
  unloaded(
    `${min} copies at least, ${max} at most`,
    { 'cluster.replication_factor_min': min, 'cluster.replication_factor_max': max },
    `cluster.replication_factor_${words}`,
  )

test('addresses of other hosts, ports that are taken', async () => {
  const foreign = (port: number): string => `listen tcp4 203.0.113.7:${port}: bind: cannot assign requested address`
  await fails(
    copy({ 'cluster.listen_multiaddress': ['/ip4/203.0.113.7/tcp/9096'] }),
    `error creating libp2p host: failed to listen on any addresses: [${foreign(9096)}]`,
  )
  await fails(
    copy({ 'api.restapi.http_listen_multiaddress': '/ip4/203.0.113.7/tcp/9094' }),
    `error creating REST API component: ${foreign(9094)}`,
  )
  const busy = `listen tcp4 ${kubo.ip}:5001: bind: address already in use`
  for (const [key, name] of Object.entries({
    'api.restapi.http_listen_multiaddress': 'REST API',
    'api.ipfsproxy.listen_multiaddress': 'IPFS Proxy',
    'api.pinsvcapi.http_listen_multiaddress': 'Pinning Service API',
  }))
    await fails(copy({ [key]: kubo.api }), `error creating ${name} component: ${busy}`)
})

test('a network without a secret, where one is enforced', async () => {
  const ran = await ended(copy({ 'cluster.secret': '' }).daemon([], { LIBP2P_FORCE_PNET: '1' }))
  assert.is(ran.code, 1)
  assert.match(ran.stderr, 'Cluster secret is empty, cluster will start on unprotected network.')
  const last =
    /error creating libp2p host: .*: privnet: private network was not configured but is enforced by the environment\n$/
  assert.match(ran.stderr, last)
})

test('a bootstrap address that is none', async () => {
  const text = 'error error parsing bootstrap multiaddress (x): failed to parse multiaddr "x": must begin with /'
  await fails(copy(), text, {}, '--bootstrap', 'x')
})

test('a folder in use: for the daemon, for init and for state', async () => {
  const cluster = copy()
  const first = await cluster.ready()
  const words = `error obtaining execution lock: lock ${cluster.path}/cluster.lock: someone else has the lock. If no other ipfs-cluster-service process is running, remove ${cluster.path}/cluster.lock, or make sure that the config folder is writable for the user running ipfs-cluster-service.`
  await fails(cluster, words)
  for (const argv of [['init'], ['state', 'export']]) {
    const ran = await cluster.service(argv)
    assert.is(ran.code, 1)
    assert.is(ran.stderr.trimEnd(), words)
  }
  const ran = await first.stop()
  assert.is(ran.code, 0)
})

test('two peers of one user on one port 9096 both start', async () => {
  const first = await copy().ready()
  const ip = address(9)
  const apis = {
    'api.restapi.http_listen_multiaddress': `/ip4/${ip}/tcp/9094`,
    'api.ipfsproxy.listen_multiaddress': `/ip4/${ip}/tcp/9095`,
    'api.pinsvcapi.http_listen_multiaddress': `/ip4/${ip}/tcp/9097`,
  }
  const second = await copy(apis).ready()
  assert.is((await second.stop()).code, 0)
  assert.is((await first.stop()).code, 0)
})

test('without kubo it waits, its API up: not ready, and it says so every ten seconds', async () => {
  const cluster = copy({ 'ipfs_connector.ipfshttp.node_multiaddress': `/ip4/${address(30)}/tcp/5001` })
  const running = cluster.daemon()
  await until(5, 'the API answers', async () => (await cluster.ctl('id')).code === 0)
  await running.says('ipfs does not seem to be available after 10 retries', 15)
  assert.ok(running.seconds > 8, `${running.seconds} s`)
  assert.not.match(running.said, 'READY')
  const [me] = await cluster.ask<{ error: string; ipfs: { error: string } }>('id')
  assert.is(me!.error, '')
  const post = `Post "http://${address(30)}:5001/api/v0/id": dial tcp ${address(30)}:5001: connect: connection refused`
  assert.is(me!.ipfs.error, post)
  assert.is((await running.stop()).code, 0)
})

test('kubo is ended', async () => {
  assert.is((await daemon.stop()).code, 0)
})

test.run()
