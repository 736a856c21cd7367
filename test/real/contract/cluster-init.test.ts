import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Cluster, newSecret } from './cluster.ts'
import type { Config } from './kubo.ts'
import { begun, ctlProgram, serviceProgram } from './place.ts'
import { type Ran, run } from './process.ts'

// `ipfs-cluster-service init`, which always takes a second, and its exit codes, which do not tell what it did. All of
// it at once; then each is spoken of.

const peer = '/ip4/10.77.0.11/tcp/9096/p2p/12D3KooWBzwtTQxLPGmNCQUJpZnBkZDvBLdBv7Z6PcZtPiWm3GrF'
const prompt = 'The configuration file will be overwritten. Continue? [y/n]: '
const files = (cluster: Cluster): string[] =>
  ['service.json', 'identity.json', 'peerstore'].map(name => readFileSync(`${cluster.path}/${name}`, 'utf8'))
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
const at = (config: Config, path: string): unknown =>
  path.split('.').reduce((value: unknown, name) => (value as { [name: string]: unknown } | undefined)?.[name], config)

type Made = { cluster: Cluster; ran: Ran }
const init = async (name: string, words: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Made> => {
  const cluster = new Cluster(name)
  return { cluster, ran: await cluster.service(['init', ...words], env) }
}
/** A second run on a folder that is there: what was in the files before and after. */
const again = async (name: string, words: string[]): Promise<Made & { before: string[]; after: string[] }> => {
  const { cluster } = await init(name)
  writeFileSync(`${cluster.path}/peerstore`, `${peer}\n`)
  cluster.set({ 'cluster.peername': 'mine' })
  const before = files(cluster)
  const ran = await cluster.service(words)
  return { cluster, ran, before, after: files(cluster) }
}

const secret = newSecret()
const fresh = begun(init('fresh', ['--consensus', 'crdt']))
const raft = begun(init('raft', ['--consensus', 'raft']))
const twice = begun(again('twice', ['init']))
const forceBefore = begun(again('force-before', ['--force', 'init']))
const forceAfter = begun(again('force-after', ['init', '--force']))
const fromEnv = begun(init('from-env', [], { CLUSTER_SECRET: secret, CLUSTER_PEERNAME: 'ann' }))
const follower = begun(init('follower', [], { CLUSTER_FOLLOWERMODE: 'true' }))
const emptySecret = begun(init('empty-secret', [], { CLUSTER_SECRET: '' }))
const peers = begun(init('peers', ['--peers', peer]))

test('files, modes, what it says, and the second it takes', async () => {
  const { cluster, ran } = await fresh
  assert.is(ran.code, 0)
  assert.is(ran.stdout, '')
  assert.ok(ran.seconds > 0.9 && ran.seconds < 4, `${ran.seconds} s`)
  assert.match(ran.stderr, `configuration written to ${cluster.path}/service.json.\n`)
  assert.match(ran.stderr, `new identity written to ${cluster.path}/identity.json\n`)
  assert.match(ran.stderr, `new empty peerstore written to ${cluster.path}/peerstore.\n`)
  assert.is(mode(cluster.path), '700')
  assert.equal(
    ['service.json', 'identity.json', 'peerstore'].map(name => mode(`${cluster.path}/${name}`)),
    ['600', '600', '644'],
  )
  const [, identity, peerstore] = files(cluster)
  assert.match(identity!, /^\{\n {4}"id": "12D3KooW\w{44}",\n {4}"private_key": "CAES[\w+/]+={0,2}"\n\}$/)
  assert.is(peerstore, '')
})

test('service.json: one key in a line, every section, the defaults', async () => {
  const { cluster } = await fresh
  assert.match(files(cluster)[0]!, /^\{\n {2}"cluster": \{\n {4}"peername": ".*",\n {4}"secret": "[0-9a-f]{64}",\n/)
  const { config } = cluster
  assert.equal(Object.keys(config), [
    'cluster',
    'consensus',
    'api',
    'ipfs_connector',
    'pin_tracker',
    'monitor',
    'allocator',
    'informer',
    'observations',
    'datastore',
  ])
  const defaults = {
    'cluster.peername': hostname(),
    'cluster.listen_multiaddress': ['/ip4/0.0.0.0/tcp/9096', '/ip4/0.0.0.0/udp/9096/quic'],
    'cluster.leave_on_shutdown': false,
    'cluster.dial_peer_timeout': '3s',
    'cluster.monitor_ping_interval': '15s',
    'cluster.mdns_interval': '10s',
    'cluster.replication_factor_min': -1,
    'cluster.replication_factor_max': -1,
    'cluster.disable_repinning': true,
    'cluster.peer_addresses': [],
    'consensus.crdt.cluster_name': 'ipfs-cluster',
    'consensus.crdt.trusted_peers': ['*'],
    'api.restapi.http_listen_multiaddress': '/ip4/127.0.0.1/tcp/9094',
    'api.ipfsproxy.listen_multiaddress': '/ip4/127.0.0.1/tcp/9095',
    'api.pinsvcapi.http_listen_multiaddress': '/ip4/127.0.0.1/tcp/9097',
    'ipfs_connector.ipfshttp.node_multiaddress': '/ip4/127.0.0.1/tcp/5001',
    'ipfs_connector.ipfshttp.connect_swarms_delay': '30s',
    'ipfs_connector.ipfshttp.pin_timeout': '2m0s',
  }
  assert.equal(Object.fromEntries(Object.keys(defaults).map(path => [path, at(config, path)])), defaults)
})

test('raft has another consensus section and no datastore', async () => {
  const { config } = (await raft).cluster
  assert.equal(Object.keys(config.consensus!), ['raft'])
  assert.not('datastore' in config)
  assert.equal(at(config, 'consensus.raft.init_peerset'), [])
  assert.is(at(config, 'consensus.raft.wait_for_leader_timeout'), '15s')
})

test('a second init without a terminal changes nothing and ends 0; --force before the word does not force', async () => {
  for (const { ran, before, after } of [await twice, await forceBefore]) {
    assert.is(ran.code, 0)
    assert.is(ran.stdout, prompt)
    assert.equal(after, before)
  }
})

test('init --force: a new secret, all settings and the peerstore gone, the identity kept', async () => {
  const { cluster, ran, before, after } = await forceAfter
  assert.is(ran.code, 0)
  assert.is(after[1], before[1])
  assert.is(after[2], '')
  assert.is(at(cluster.config, 'cluster.peername'), hostname())
  assert.is.not(at(cluster.config, 'cluster.secret'), at(JSON.parse(before[0]!), 'cluster.secret'))
  assert.not.match(ran.stderr, 'new identity')
})

test('the environment of init goes into the file; an empty secret leaves the network open', async () => {
  const { config } = (await fromEnv).cluster
  assert.is(at(config, 'cluster.secret'), secret)
  assert.is(at(config, 'cluster.peername'), 'ann')
  const { cluster, ran } = await emptySecret
  assert.is(ran.code, 0)
  assert.match(ran.stderr, /\tWARN\t.*\tCluster secret is empty, cluster will start on unprotected network\./)
  assert.is(at(cluster.config, 'cluster.secret'), '')
})

test('--peers fills the peerstore, and takes trust from all others', async () => {
  const { cluster, ran } = await peers
  assert.match(ran.stderr, `peerstore written to ${cluster.path}/peerstore with 1 entries.\n`)
  assert.is(files(cluster)[2], `${peer}\n`)
  assert.equal(at(cluster.config, 'consensus.crdt.trusted_peers'), [peer.split('/').at(-1)])
})

test('what init refuses, with exit 1 and no file', async () => {
  const env = 'error applying environment variables to configuration: error loading cluster secret from config: '
  const short = `${env}input secret is 2 bytes, cluster secret should be 32\n`
  const noHex = `${env}encoding/hex: invalid byte: U+007A 'z'\n`
  const paxos = "error choosing consensus: flag value must be set to 'raft' or 'crdt'\n"
  for (const [name, made, why] of [
    ['short', init('short', [], { CLUSTER_SECRET: 'abcd' }), short],
    ['no-hex', init('no-hex', [], { CLUSTER_SECRET: 'zz' }), noHex],
    ['paxos', init('paxos', ['--consensus', 'paxos']), paxos],
  ] as const) {
    const { cluster, ran } = await made
    assert.is(ran.stderr.slice(-why.length), why, name)
    assert.is(ran.code, 1)
    assert.not(existsSync(`${cluster.path}/service.json`), name)
  }
})

test('exit codes that do not tell: an unknown flag 0, an unknown command 1, both with help on stdout', async () => {
  const { cluster } = await fresh
  const usage = async (words: string[], code: number, text: string): Promise<void> => {
    const ran = await cluster.service(words)
    assert.is(ran.code, code, words.join(' '))
    assert.ok(ran.stdout.startsWith(text), ran.stdout)
  }
  await usage(['daemon', '--nope'], 0, 'Incorrect Usage: flag provided but not defined: -nope\n\nNAME:\n')
  await usage(['init', '--nope'], 0, 'Incorrect Usage: flag provided but not defined: -nope\n\nNAME:\n')
  await usage(['--nope', 'init'], 0, 'Incorrect Usage. flag provided but not defined: -nope\n\nNAME:\n')
  await usage(['nope'], 1, 'NAME:\n   ipfs-cluster-service - IPFS Cluster peer\n')
})

test('versions', async () => {
  assert.match((await run([serviceProgram, 'version'])).stdout, /^1\.1\.6(\+git\w*)?\n$/)
  assert.match((await run([serviceProgram, '--version'])).stdout, /^ipfs-cluster-service version 1\.1\.6/)
  assert.match((await run([ctlProgram, '--version'])).stdout, /^ipfs-cluster-ctl version 1\.1\.6/)
})

test('a setting that service.json leaves out comes into it from the environment', async () => {
  assert.is(at((await follower).cluster.config, 'cluster.follower_mode'), true)
  assert.is(at((await fresh).cluster.config, 'cluster.follower_mode'), undefined)
})

test.run()
