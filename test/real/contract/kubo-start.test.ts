import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Json, Kubo, keyText, newKey, privateConfig, privateKubo } from './kubo.ts'
import { fails, node, pnet, reason, starts } from './starting.ts'

// What keeps `ipfs daemon` from starting: each text in full, the exit code, and how far it got. All on one repo.

const base = await privateKubo('base', 0, newKey())
const hex = 'ab'.repeat(32)

let copies = 0
const copy = (values: { [key: string]: Json | undefined } = {}): Kubo => base.copy(`copy${copies++}`).set(values)

/** A daemon on a repo with these settings does not start. */
const refuses = (name: string, values: { [key: string]: Json | undefined }, at: string, text: string): void =>
  test(name, () => fails(copy(values), at, text))

const mainnet =
  'AutoConf cannot use the default mainnet URL (https://conf.ipfs-mainnet.org/autoconf.json) on a private network (swarm.key or LIBP2P_FORCE_PNET detected). Either disable AutoConf by setting AutoConf.Enabled=false, or configure AutoConf.URL to point to a configuration service specific to your private swarm'
const onlyAuto =
  "no usable bootstrap peers: AutoConf is disabled (AutoConf.Enabled=false) but 'auto' placeholder is used in Bootstrap config. Either set AutoConf.Enabled=true to enable automatic configuration, or replace 'auto' with specific Bootstrap peer addresses"

refuses('AutoConf left on', { 'AutoConf.Enabled': undefined }, 'program', mainnet)

test('AutoConf left on: a swarm.key is enough for it, and so is the variable', async () => {
  const kubo = copy({ 'AutoConf.Enabled': true })
  await fails(kubo, 'program', mainnet, { LIBP2P_FORCE_PNET: '0' })
  rmSync(`${kubo.path}/swarm.key`)
  await fails(kubo, 'program', mainnet)
})

refuses('Bootstrap is auto and nothing else', { Bootstrap: ['auto'] }, 'program', onlyAuto)
const notAddress = 'failed to parse multiaddr "notanaddr": must begin with /'
refuses('Bootstrap has no address', { Bootstrap: ['notanaddr'] }, 'identity', node + notAddress)
refuses('Bootstrap lacks an id', { Bootstrap: [base.swarm] }, 'identity', `${node}invalid p2p multiaddr`)

test('auto elsewhere, or beside an address of one’s own, is an ERROR in the log', async () => {
  const said = await starts(
    copy({ Bootstrap: ['auto', `${base.swarm}/p2p/${base.id}`], 'DNS.Resolvers': { '.': 'auto' } }),
  )
  for (const key of ['Bootstrap', 'DNS.Resolvers'])
    assert.match(said, `\t${key} contains 'auto' but AutoConf.Enabled=false`)
})

const tls =
  'private networking (swarm.key / LIBP2P_FORCE_PNET) does not work with AutoTLS.Enabled=true, update config to remove this message'
refuses('AutoTLS on', { 'AutoTLS.Enabled': true }, 'identity', tls)
refuses(
  'Routing.Type autoclient',
  { 'Routing.Type': 'autoclient' },
  'node',
  'Private network does not work with Routing.Type=auto. Update your config to Routing.Type=dht (or none, and do manual peering)',
)
refuses('Routing.Type unknown', { 'Routing.Type': 'dth' }, 'identity', 'unrecognized routing option: dth')

test('AutoTLS and Routing.Type that are not set are an ERROR in the log', async () => {
  const said = await starts(copy({ 'AutoTLS.Enabled': undefined, 'Routing.Type': undefined }))
  assert.match(said, 'does not work with public HTTP IPNIs enabled by Routing.Type=auto')
  assert.match(said, 'is not compatible with AutoTLS')
})

for (const [key, name] of Object.entries({ QUIC: 'QUIC', WebTransport: 'WebTransport', WebRTCDirect: 'WebRTC Direct' }))
  refuses(
    `transport ${name} on`,
    { [`Swarm.Transports.Network.${key}`]: true },
    'identity',
    `${node}${name} transport does not support private networks, please disable Swarm.Transports.Network.${key}`,
  )

const docs = 'Documentation: https://github.com/ipfs/kubo/blob/master/docs/config.md#provide'
const moves = 'Reprovider.Strategy -> Provide.Strategy, Reprovider.Interval -> Provide.DHT.Interval'
refuses(
  'a setting in Provider',
  { 'Provider.Strategy': 'all' },
  'node',
  `Deprecated configuration detected. Manually migrate 'Provider' fields to 'Provide' and remove 'Provider' from your config. ${docs}`,
)
refuses(
  'a setting in Reprovider',
  { 'Reprovider.Interval': '12h' },
  'node',
  `Deprecated configuration detected. Manually migrate 'Reprovider' fields to 'Provide': ${moves}. Remove 'Reprovider' from your config. ${docs}`,
)

const spec = readFileSync(`${base.path}/datastore_spec`, 'utf8').trim()
refuses(
  'Datastore.Spec is not that of the disk',
  { 'Datastore.Spec': { type: 'mount', mounts: [] } },
  'program',
  `datastore configuration of '${spec}' does not match what is on disk '{"mounts":[],"type":"mount"}'`,
)
refuses(
  'no Datastore.Spec',
  { 'Datastore.Spec': null },
  'program',
  'required Datastore.Spec entry missing from config file',
)

test('a config that cannot be read', async () => {
  const kubo = copy()
  for (const [text, why] of Object.entries({ '{': 'unexpected EOF', '': 'EOF' })) {
    writeFileSync(`${kubo.path}/config`, text)
    await fails(kubo, 'nothing', `error loading plugins: ${why}`)
  }
  const type = 'failure to decode config: json: cannot unmarshal string into Go struct field'
  await fails(copy({ Bootstrap: 'x' }), 'program', `${type} Config.Bootstrap of type []string`)
  await fails(copy({ 'Addresses.Swarm': 'x' }), 'program', `${type} Addresses.Addresses.Swarm of type []string`)
  const peers = [{ ID: base.id, Addrs: ['notanaddr'] }]
  await fails(copy({ 'Peering.Peers': peers }), 'program', `failure to decode config: ${notAddress}`)
})

test('an identity that is missing or of somebody else', async () => {
  const id = '12D3KooWBzwtTQxLPGmNCQUJpZnBkZDvBLdBv7Z6PcZtPiWm3GrF'
  await fails(copy({ 'Identity.PrivKey': undefined }), 'identity', `${node}missing private key for node ID: ${base.id}`)
  const other = `${node}private key in config does not match id: ${id} != ${base.id}`
  await fails(copy({ 'Identity.PeerID': id }), 'identity', other)
})

test('a repo that is newer or older than the program', async () => {
  const kubo = copy()
  const version = (text: string): void => writeFileSync(`${kubo.path}/version`, text)
  version('99\n')
  await fails(
    kubo,
    'program',
    'Your programs version (18) is lower than your repos (99).\nPlease update ipfs to a version that supports the existing repo, or run\na migration in reverse.\n\nSee https://github.com/ipfs/fs-repo-migrations/blob/master/run.md for details.',
  )
  version('x\n')
  await fails(kubo, 'program', 'invalid data in repo version file')
  version('17\n')
  await fails(kubo, 'program', 'fs-repo requires migration')
  assert.match(await starts(kubo), 'Migration 17-to-18 succeeded')
  assert.is(readFileSync(`${kubo.path}/version`, 'utf8').trim(), '18')
  // From 16 on an emptied Bootstrap list is taken for one of the public network, whatever AutoConf.Enabled says.
  version('16\n')
  const ran = await kubo.start({}, '--migrate')
  assert.match(ran.stdout, 'Migration 16-to-17 succeeded')
  assert.is(reason(ran), onlyAuto)
  assert.equal(kubo.config.Bootstrap, ['auto'])
})

test('no repo; --init makes one that a private network then refuses', async () => {
  const kubo = new Kubo('nothing')
  const none = `no IPFS repo found in ${kubo.path}.\nplease run: 'ipfs init'`
  await fails(kubo, 'program', none)
  assert.is(reason(await kubo.ipfs('id')), none)
  const ran = await kubo.start({}, '--init')
  assert.is(reason(ran), mainnet)
  assert.match(kubo.id, /^12D3KooW/)
})

test('addresses to listen on: not of this host, of no transport, malformed', async () => {
  const foreign = 'listen tcp4 203.0.113.7:4001: bind: cannot assign requested address'
  const none = `${node}failed to listen on any addresses: `
  await fails(copy({ 'Addresses.Swarm': ['/ip4/203.0.113.7/tcp/4001'] }), 'identity', `${none}[${foreign}]`)
  const udp = ['/ip4/127.0.0.1/udp/4001/quic-v1']
  await fails(copy({ 'Addresses.Swarm': udp }), 'identity', `${none}[no transport for protocol]`)
  await fails(copy({ 'Addresses.Swarm': ['notanaddr'] }), 'identity', node + notAddress)
  await starts(copy({ 'Addresses.Swarm': ['/ip4/203.0.113.7/tcp/4001', base.swarm] }))
})

test('API and gateway: an address not of this host, a malformed one, a port that is taken', async () => {
  const ip = base.ip
  for (const [key, kind, at, word] of [
    ['API', 'serveHTTPApi', 'listening', 'API'],
    ['Gateway', 'serveHTTPGateway', 'api', 'gateway'],
  ] as const) {
    const name = `Addresses.${key}`
    await fails(
      copy({ [name]: '/ip4/203.0.113.7/tcp/5009' }),
      at,
      `${kind}: manet.Listen(/ip4/203.0.113.7/tcp/5009) failed: listen tcp4 203.0.113.7:5009: bind: cannot assign requested address`,
    )
    const why = 'failed to parse multiaddr "/ip4/127.0.0.1/tpc/5001": unknown protocol tpc'
    const bad = '/ip4/127.0.0.1/tpc/5001'
    await fails(copy({ [name]: bad }), at, `${kind}: invalid ${word} address: "${bad}" (err: ${why})`)
  }
  const taken = `/ip4/${ip}/tcp/5001`
  await fails(
    copy({ 'Addresses.Gateway': taken }),
    'api',
    `serveHTTPGateway: manet.Listen(${taken}) failed: listen tcp4 ${ip}:5001: bind: address already in use`,
  )
  const first = await base.ready()
  const busy = `serveHTTPApi: manet.Listen(${taken}) failed: listen tcp4 ${ip}:5001: bind: address already in use`
  await fails(copy(), 'listening', busy)
  await fails(base, 'program', `lock ${base.path}/repo.lock: someone else has the lock`)
  assert.is(readFileSync(`${base.path}/api`, 'utf8'), taken, 'the first goes on')
  await first.stop()
})

test('the checks come in one order: what is mended uncovers the next', async () => {
  const kubo = copy({
    'Datastore.Spec': null,
    'AutoConf.Enabled': true,
    'Routing.Type': 'dth',
    'AutoTLS.Enabled': true,
    'Reprovider.Interval': '12h',
    'Swarm.Transports.Network.QUIC': true,
    'Addresses.Swarm': ['/ip4/203.0.113.7/tcp/4001'],
    'Addresses.API': '/ip4/203.0.113.7/tcp/5001',
    Bootstrap: ['auto'],
  }).key('')
  writeFileSync(`${kubo.path}/version`, '99\n')
  const seen: string[] = []
  const mend = async (mended: () => unknown): Promise<void> => {
    seen.push(reason(await kubo.start()).slice(0, 160))
    mended()
  }
  await mend(() => writeFileSync(`${kubo.path}/version`, '18\n'))
  await mend(() => kubo.set({ 'Datastore.Spec': base.config.Datastore!['Spec' as never] }))
  await mend(() => kubo.set({ 'AutoConf.Enabled': false }))
  await mend(() => kubo.set({ Bootstrap: [] }))
  await mend(() => kubo.set({ 'AutoTLS.Enabled': false }))
  await mend(() => kubo.set({ 'Routing.Type': 'dht' }))
  await mend(() => kubo.key(keyText(hex)))
  await mend(() => kubo.set({ 'Swarm.Transports.Network.QUIC': false }))
  await mend(() => kubo.set({ 'Addresses.Swarm': privateConfig(kubo)['Addresses.Swarm'] }))
  await mend(() => kubo.set({ 'Reprovider.Interval': undefined }))
  await mend(() => kubo.set({ 'Addresses.API': kubo.api }))
  const order = [
    'Your programs version',
    'required Datastore.Spec',
    'AutoConf cannot use',
    'no usable bootstrap',
    tls,
    'unrecognized routing',
    `${pnet}EOF`,
    `${node}QUIC transport`,
    `${node}failed to listen`,
    'Deprecated configuration',
    'serveHTTPApi',
  ]
  assert.equal(
    seen.map((text, at) => text.slice(0, order[at]?.length)),
    order,
  )
  await starts(kubo)
})

test.run()
