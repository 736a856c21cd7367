import { existsSync, readFileSync, statSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Config, Kubo, newKey, privateKubo } from './kubo.ts'
import { ipfsProgram } from './place.ts'
import { run } from './process.ts'

// `ipfs` where no daemon runs: init, the files it makes, the config, and what cannot be asked then.

const base = await privateKubo('base', 0, newKey())
const id = '12D3KooWBzwtTQxLPGmNCQUJpZnBkZDvBLdBv7Z6PcZtPiWm3GrF'
const at = (config: Config, path: string): unknown =>
  path.split('.').reduce((value: unknown, name) => (value as { [name: string]: unknown } | undefined)?.[name], config)

const says = async (words: string[], stdout: string, kubo = base): Promise<void> => {
  const ran = await kubo.ipfs(...words)
  assert.equal([ran.code, ran.stdout, ran.stderr], [0, stdout, ''], words.join(' '))
}
const refuses = async (words: string[], why: string, kubo = base): Promise<void> => {
  const ran = await kubo.ipfs(...words)
  assert.is(ran.code, 1, words.join(' '))
  assert.ok(ran.stderr.startsWith(`Error: ${why}\n`), ran.stderr)
}

test('init: the files with their modes, in well under five seconds', async () => {
  const kubo = new Kubo('fresh')
  const { code, stdout, stderr, seconds } = await kubo.ipfs('init')
  assert.equal([code, stderr], [0, ''])
  assert.is(
    stdout,
    `generating ED25519 keypair...done\npeer identity: ${kubo.id}\ninitializing IPFS node at ${kubo.path}\n`,
  )
  assert.match(kubo.id, /^12D3KooW\w{44}$/)
  assert.ok(seconds < 5, `${seconds} s`)
  const modes = { '': 0o755, config: 0o600, datastore_spec: 0o600, version: 0o644, keystore: 0o700, blocks: 0o755 }
  for (const [name, mode] of Object.entries(modes)) assert.is(statSync(`${kubo.path}/${name}`).mode & 0o777, mode, name)
  assert.is(readFileSync(`${kubo.path}/version`, 'utf8'), '18\n')
  assert.match(readFileSync(`${kubo.path}/config`, 'utf8'), /^\{\n {2}"Identity": \{\n {4}"PeerID": "12D3/)
})

test('the defaults of a new config, with and without autoconf-off', () => {
  const kubo = new Kubo('fresh')
  const { config } = kubo
  const defaults = {
    'Addresses.API': '/ip4/127.0.0.1/tcp/5001',
    'Addresses.Gateway': '/ip4/127.0.0.1/tcp/8080',
    'Datastore.StorageMax': '10GB',
    'Datastore.StorageGCWatermark': 90,
    'Discovery.MDNS.Enabled': true,
    'Peering.Peers': null,
    'Swarm.AddrFilters': null,
    AutoConf: {},
    AutoTLS: {},
    Provider: {},
    Reprovider: {},
    Bootstrap: ['auto'],
    'DNS.Resolvers': { '.': 'auto' },
    'Routing.DelegatedRouters': ['auto'],
    'Ipns.DelegatedPublishers': ['auto'],
  }
  assert.equal(Object.fromEntries(Object.keys(defaults).map(key => [key, at(config, key)])), defaults)
  const swarm = at(config, 'Addresses.Swarm') as string[]
  assert.equal(swarm.slice(0, 2), ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001'])
})

test('init --profile=autoconf-off turns the five settings, server fences off private addresses', async () => {
  const off = new Kubo('off')
  assert.is((await off.ipfs('init', '--profile=server,autoconf-off')).code, 0)
  const turned = { 'AutoConf.Enabled': false, Bootstrap: null, 'DNS.Resolvers': null }
  const lists = { 'Routing.DelegatedRouters': null, 'Ipns.DelegatedPublishers': null, 'Discovery.MDNS.Enabled': false }
  for (const [key, value] of Object.entries({ ...turned, ...lists })) assert.equal(at(off.config, key), value, key)
  const filters = at(off.config, 'Swarm.AddrFilters') as string[]
  for (const net of ['10.0.0.0/ipcidr/8', '127.0.0.0/ipcidr/8', '172.16.0.0/ipcidr/12', '192.168.0.0/ipcidr/16'])
    assert.ok(filters.includes(`/ip4/${net}`), net)
})

test('a second init, and an unknown profile: refused, after an id that is nobody’s', async () => {
  const before = readFileSync(`${base.path}/config`, 'utf8')
  const twice = await base.ipfs('init')
  assert.is(twice.code, 1)
  assert.match(
    twice.stderr,
    'Error: ipfs configuration file already exists!\nReinitializing would overwrite your keys\n',
  )
  assert.match(twice.stdout, /peer identity: 12D3KooW/)
  assert.not.match(twice.stdout, base.id)
  assert.is(readFileSync(`${base.path}/config`, 'utf8'), before)
  const kubo = new Kubo('nope')
  await refuses(['init', '--profile=nope'], 'invalid configuration profile: nope', kubo)
  assert.ok(existsSync(kubo.path), 'an empty folder stays')
  assert.not(existsSync(`${kubo.path}/config`))
})

test('config: what is asked for, with its type; show keeps the secrets', async () => {
  await says(['config', 'Identity.PeerID'], `${base.id}\n`)
  await says(['config', 'Discovery.MDNS.Enabled'], 'false\n')
  await says(['config', '--json', 'Bootstrap'], '[]\n')
  const { stdout } = await base.ipfs('config', 'show')
  const shown = JSON.parse(stdout) as Config
  assert.equal(shown.Identity, { PeerID: base.id })
  const { Identity: _, ...rest } = shown
  const { Identity: __, ...file } = base.config
  assert.equal(rest, { ...file, Pinning: { RemoteServices: {} } })
})

test('config: sets nested keys without looking at the value, and writes 0600', async () => {
  const kubo = base.copy('sets')
  const peers = [{ ID: id, Addrs: ['/ip4/10.77.0.11/tcp/4001'] }]
  await says(['config', '--json', 'Peering.Peers', JSON.stringify(peers)], '', kubo)
  await says(['config', 'Addresses.API', '/ip4/127.0.0.1/tpc/5001'], '', kubo)
  await says(['config', '--json', 'Bootstrap', '["notanaddr"]'], '', kubo)
  assert.equal(at(kubo.config, 'Peering.Peers'), peers)
  assert.is(at(kubo.config, 'Addresses.API'), '/ip4/127.0.0.1/tpc/5001')
  assert.is(statSync(`${kubo.path}/config`).mode & 0o777, 0o600)
})

test('config: what it refuses', async () => {
  await refuses(['config', 'Foo.Bar'], 'failed to get config value: "Foo not found"')
  await refuses(['config', 'Swarm.Nope'], 'failed to get config value: "Swarm.Nope not found"')
  await refuses(['config', 'Foo', '1'], 'failed to set config value: Foo not found (maybe use --json?)')
  const low = 'Swarm.ConnMgr.LowWater'
  const json = "failed to unmarshal json. invalid character 'o' in literal null (expecting 'u')"
  await refuses(['config', '--json', low, 'notjson'], json)
  const type = 'failure to decode config: json: cannot unmarshal string into Go struct field'
  const why = `failed to set config value: ${type} ConnMgr.${low} of type int64 (maybe use --json?)`
  await refuses(['config', '--json', low, '"x"'], why)
  await refuses(['config', 'Identity.PrivKey'], 'cannot show or change private key through API')
})

test('config Identity.PeerID: written as it is, and the repo is of no use until it is right again', async () => {
  const kubo = base.copy('renamed')
  await says(['config', 'Identity.PeerID', id], '', kubo)
  const ran = await kubo.ipfs('id')
  assert.is(ran.code, 1)
  assert.match(ran.stderr, `private key in config does not match id: ${id} != ${base.id}\n`)
})

test('bootstrap: the newest comes first, text is sorted and JSON is not; added twice it says so twice; what is not there goes without a word', async () => {
  const kubo = base.copy('bootstrap')
  const [one, two] = ['/ip4/10.77.0.9/tcp/4001/p2p/', '/ip4/10.77.0.1/tcp/4001/p2p/'].map(start => start + id)
  for (const peer of [one, two, one]) await says(['bootstrap', 'add', peer!], `added ${peer}\n`, kubo)
  assert.equal(kubo.config.Bootstrap, [one, two])
  await says(['bootstrap', 'list', '--enc=json'], `${JSON.stringify({ Peers: [one, two] })}\n`, kubo)
  await says(['bootstrap', 'list'], `${two}\n${one}\n`, kubo)
  await says(['bootstrap', 'rm', `/ip4/10.77.0.7/tcp/4001/p2p/${id}`], '', kubo)
  await says(['bootstrap', 'rm', '--all'], `removed ${two}\nremoved ${one}\n`, kubo)
  await says(['bootstrap', 'list', '--enc=json'], '{"Peers":null}\n', kubo)
  await refuses(['bootstrap', 'add', 'foo'], 'failed to parse multiaddr "foo": must begin with /')
  const [noId, noWay] = ['/ip4/10.77.0.9/tcp/4001', `/p2p/${id}`]
  await refuses(['bootstrap', 'add', noId], `invalid bootstrap address: ${noId}`)
  await refuses(['bootstrap', 'add', noWay], `bootstrap address without a transport: ${noWay}`)
})

test('without a daemon: id and versions are told, the network is not', async () => {
  await says(['id', '-f=<id>\\n'], `${base.id}\n`)
  const me = JSON.parse((await base.ipfs('id', '--enc=json')).stdout) as { [key: string]: unknown }
  assert.equal([me.ID, me.Addresses, me.Protocols], [base.id, null, null])
  await says(['repo', 'version'], 'ipfs repo version fs-repo@18\n')
  const version = JSON.parse((await run([ipfsProgram, 'version', '--enc=json'])).stdout) as { [key: string]: string }
  assert.equal(Object.keys(version), ['Version', 'Commit', 'Repo', 'System', 'Golang'])
  assert.is((await run([ipfsProgram, 'version', '-n'])).stdout, `${version.Version}\n`)
  assert.is((await run([ipfsProgram, 'version'])).stdout, `ipfs version ${version.Version}\n`)
  await refuses(['swarm', 'peers'], "this action must be run in online mode, try running 'ipfs daemon' first")
  await refuses(['swarm', 'peering', 'ls'], "this command must be run in online mode. Try running 'ipfs daemon' first")
  await refuses(
    ['--api', base.api, 'swarm', 'peers'],
    'cannot connect to the api. Is the daemon running? To run as a standalone CLI command remove the api file in `$IPFS_PATH/api`',
  )
})

test('no repo: show says another thing than the rest; unknown words and options are refused', async () => {
  const kubo = new Kubo('none')
  await refuses(['config', 'show'], `open ${kubo.path}/config: no such file or directory`, kubo)
  await refuses(['bootstrap', 'list'], `no IPFS repo found in ${kubo.path}.\nplease run: 'ipfs init'`, kubo)
  await refuses(['nope'], 'Unknown Command "nope"')
  await refuses(['swarm', 'peers', '--nope'], 'unknown option "nope"')
})

test('blocks are added and read without a daemon; one that is not there is not waited for', async () => {
  const added = await run([ipfsProgram, 'add', '-Q'], { env: { IPFS_PATH: base.path }, input: 'hello\n' })
  assert.is(added.stdout, 'QmZULkCELmmk5XNfCgTnCyFgAVxBRBXyDHGGMVoLFLiXEN\n')
  await says(['cat', added.stdout.trim()], 'hello\n')
  const none = await base.ipfs('cat', 'QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u')
  assert.is(none.code, 1)
  assert.match(none.stderr, 'block was not found locally (offline)')
})

test.run()
