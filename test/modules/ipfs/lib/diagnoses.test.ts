import { test } from 'uvu'
import * as assert from 'uvu/assert'
import diagnoseHost from '../../../../modules/builtin/lib/diagnoses.ts'
import service from '../../../../modules/builtin/service.ts'
import diagnoseIpfs from '../../../../modules/ipfs/lib/diagnoses.ts'
import { shareDiagnoses } from '../../../../src/module/share-diagnoses.ts'

/** As a service's failure is explained: nothing in its module knows of kubo. */
const diagnose = shareDiagnoses({ service }, [diagnoseIpfs, diagnoseHost]).service!.diagnose!

/** What the real programs said (kubo 0.42 to 0.44, ipfs-cluster 1.1.6), and words of the cause and of the fix. */
const SAID: [said: string, cause: string, fix: string][] = [
  [
    'Error: AutoConf cannot use the default mainnet URL (https://conf.ipfs-mainnet.org/autoconf.json) on a private network (swarm.key or LIBP2P_FORCE_PNET detected). Either disable',
    'AutoConf is on',
    'AutoConf.Enabled to false',
  ],
  [
    "Error: no usable bootstrap peers: AutoConf is disabled (AutoConf.Enabled=false) but 'auto' placeholder is used",
    'Bootstrap still holds',
    'Bootstrap to []',
  ],
  [
    'Error: constructing the node (see log for full detail): privnet: private network was not configured but is enforced by the environment',
    'no swarm.key',
    'swarm_key',
  ],
  [
    'Error: constructing the node (see log for full detail): failed to configure private network: EOF',
    'empty',
    'swarm_key',
  ],
  [
    'Error: constructing the node (see log for full detail): failed to configure private network: expected file header /key/swarm/psk/1.0.0/, got: \uFEFF/key/swarm/psk/1.0.0/',
    'does not begin with',
    'swarm_key',
  ],
  [
    'Error: constructing the node (see log for full detail): failed to configure private network: unknown encoding: /base99/',
    'no encoding',
    'swarm_key',
  ],
  [
    'Error: constructing the node (see log for full detail): failed to configure private network: encoding/hex: invalid byte: U+000A',
    '64 hex digits',
    'swarm_key',
  ],
  [
    'Error: constructing the node (see log for full detail): open /var/lib/ipfs/swarm.key: permission denied',
    'may not read /var/lib/ipfs/swarm.key',
    'ls -ln /var/lib/ipfs/swarm.key',
  ],
  [
    'Error: serveHTTPApi: manet.Listen(/ip4/203.0.113.7/tcp/5001) failed: listen tcp4 203.0.113.7:5001: bind: cannot assign requested address',
    '203.0.113.7 is not an address of this host',
    'ip -brief address',
  ],
  [
    'Error: constructing the node (see log for full detail): failed to listen on any addresses: [listen tcp4 203.0.113.7:4001: bind: cannot assign requested address]',
    '203.0.113.7:4001',
    'ip -brief address',
  ],
  [
    'Error: serveHTTPGateway: manet.Listen(/ip4/127.0.0.1/tcp/9094) failed: listen tcp4 127.0.0.1:9094: bind: address already in use',
    '127.0.0.1:9094, where something else listens',
    'sport = :9094',
  ],
  [
    'Error: serveHTTPApi: invalid API address: "/ip4/127.0.0.1/tpc/5001" (err: failed to parse multiaddr "/ip4/127.0.0.1/tpc/5001": unknown protocol tpc)',
    'Addresses.API is /ip4/127.0.0.1/tpc/5001',
    '/ip4/127.0.0.1/tcp/5001',
  ],
  [
    'Error: constructing the node (see log for full detail): failed to parse multiaddr "notanaddr": must begin with /',
    'notanaddr is no address',
    'take it out',
  ],
  [
    'Error: constructing the node (see log for full detail): failed to listen on any addresses: [no transport for protocol]',
    'no TCP address',
    '/tcp/4001',
  ],
  [
    'Error: private networking (swarm.key / LIBP2P_FORCE_PNET) does not work with AutoTLS.Enabled=true, update config to remove this message',
    'AutoTLS.Enabled=true',
    'AutoTLS.Enabled to false',
  ],
  [
    'Error: private network does not work with Routing.Type=auto. Update your config to Routing.Type=dht (or none, and do manual peering)',
    'Routing.Type autoclient',
    'dht',
  ],
  [
    'Error: constructing the node (see log for full detail): QUIC transport does not support private networks, please disable Swarm.Transports.Network.QUIC',
    'Swarm.Transports.Network.QUIC is true',
    'Swarm.Transports.Network.QUIC to false',
  ],
  [
    "Error: deprecated configuration detected. Manually migrate 'Reprovider' fields to 'Provide': Reprovider.Strategy -> Provide.Strategy",
    'values in Reprovider',
    'Provide.Strategy',
  ],
  [
    "2026-11-22T20:43:46.210Z\tFATAL\tcmd/ipfs\tkubo/daemon.go:558\tDeprecated configuration detected. Manually migrate 'Provider' fields to 'Provide': Provider.Enabled",
    'values in Provider',
    "ipfs config --json Provider '{}'",
  ],
  [
    `Error: datastore configuration of '{"mounts":[],"type":"mount"}' does not match what is on disk '{"type":"mount"}'`,
    'Datastore.Spec',
    'datastore_spec',
  ],
  [
    'Error: Your programs version (18) is lower than your repos (19).',
    'version 19 where this kubo knows 18',
    '--to=18',
  ],
  ['Error: fs-repo requires migration', 'older version', '--migrate'],
  ['Error: lock /var/lib/ipfs/repo.lock: someone else has the lock', 'another kubo', 'never remove the lock'],
  ['Error: no IPFS repo found in /nonexist.', 'no repo in /nonexist', 'ipfs_init'],
  ['Error: error loading plugins: unexpected EOF', 'no JSON', 'backup'],
  [
    'Error: error loading plugins: open /var/lib/ipfs/config: permission denied',
    'may not read /var/lib/ipfs/config',
    'user',
  ],
  [
    'Error: Kubo RPC Access Denied: Please provide a valid authorization token',
    'API.Authorizations',
    'take API.Authorizations out',
  ],
  ['  * [/ip4/10.77.0.10/tcp/4001] gater disallows connection to peer', 'Swarm.AddrFilters', "Swarm.AddrFilters '[]'"],
  [
    '  * [/ip4/10.77.0.10/tcp/9096] failed to negotiate security protocol: peer id mismatch: expected 12D3KooWDFv2, but remote key matches 12D3KooWGoJE',
    '12D3KooWDFv2 is not the id of the peer at /ip4/10.77.0.10/tcp/9096: that is 12D3KooWGoJE',
    'use 12D3KooWGoJE',
  ],
  [
    '  * [/ip4/10.77.0.10/tcp/4001] failed to negotiate security protocol: read tcp4 10.77.0.12:9096->10.77.0.10:4001: read: connection reset by peer',
    "Likely: it is kubo's port",
    '9096',
  ],
  [
    '  * [/ip4/10.77.0.10/tcp/4001] failed to negotiate security protocol: incoming message was too large',
    "Likely: it is kubo's port",
    '9096',
  ],
  [
    '2026-11-22T15:02:08.360Z\tERROR\tservice\tbootstrap to /ip4/10.77.0.10/tcp/4001/p2p/12D3KooWGoJE failed: failed to dial: context deadline exceeded',
    '/ip4/10.77.0.10/tcp/4001 was reached and does not speak the same language',
    '9096',
  ],
  [
    '  * [/ip4/10.77.0.10/tcp/9096] failed to negotiate security protocol: message did not have trailing newline',
    'another key',
    'sha256sum /var/lib/ipfs/swarm.key',
  ],
  [
    '2026-11-22T15:02:08.360Z\tERROR\tservice\tbootstrap to /ip4/10.77.0.10/tcp/9096/p2p/12D3KooWGoJE failed: failed to dial: context deadline exceeded',
    'cluster secret is another one',
    'on both hosts `grep',
  ],
  [
    '  * [/ip4/10.77.0.10/tcp/9999] dial tcp4 10.77.0.10:9999: connect: connection refused',
    'nothing listens at /ip4/10.77.0.10/tcp/9999',
    'port',
  ],
  [
    'error creating libp2p host: could not build: privnet: private network was not configured but is enforced by the environment',
    'no key for the private network',
    'cluster_secret',
  ],
  [
    'error applying environment variables to configuration: error loading cluster secret from config: input secret is 2 bytes, cluster secret should be 32',
    'input secret is 2 bytes',
    'cluster.secret',
  ],
  [
    'error loading configurations: open /var/lib/ipfs-cluster/service.json: no such file or directory',
    'no /var/lib',
    'cluster_init',
  ],
  [
    'error obtaining execution lock: lock /var/lib/ipfs-cluster/cluster.lock: someone else has the lock. If no other',
    'Likely: another one works in the same folder',
    'shows another one',
  ],
  [
    'ipfs-cluster.service was started before /var/lib/ipfs-cluster/service.json last changed',
    'runs with an older /var/lib/ipfs-cluster/service.json',
    'systemctl restart ipfs-cluster.service',
  ],
  [
    'not in the list of cluster peers: 10.0.0.2 (Qm): not listed',
    'not in the list of cluster peers: 10.0.0.2 (Qm): not listed',
    'Likely, where its port takes connections: another cluster secret',
  ],
  ['2026\tWARN\tipfshttp\tipfs does not seem to be available after 10 retries', 'waits for kubo', 'node_multiaddress'],
  ['***** ipfs-cluster consensus start timed out (tips below) *****', 'no leader', 'start the others'],
  ['go: kubo@v0.42.0 requires go >= 1.26.4 (running go 1.21.3; GOTOOLCHAIN=local)', 'Go 1.21.3 is too old', '1.26.4'],
  ['go: errors parsing go.mod: go.mod requires go >= 1.26.4 (running go 1.24.4)', 'Go 1.24.4 is too old', '1.26.4'],
  ['tar: kubo/ipfs: Cannot write: No space left on device', 'disk is full', 'df -h'],
  ['app.service: Main process exited, code=exited, status=203/EXEC', 'cannot run the program', 'ExecStart'],
  ['measured: /opt/app, which app.service is to run, does not exist', '/opt/app is not there', 'systemctl cat'],
  ['measured: /opt/app, which app.service is to run, is not executable', 'not executable', '`chmod a+x /opt/app`'],
  [
    'measured: /opt/app, which app.service is to run, lies on a file system that is mounted noexec',
    'noexec',
    'findmnt',
  ],
  ['measured: app.service is to run as app, and there is no such user', 'no user app', 'useradd'],
  ['measured: /srv/x, which app.service names, does not exist', '/srv/x', 'module file'],
  ['measured: the kernel has killed app.service, for memory had run out', 'memory had run out', 'oom'],
  ['app.service: Main process exited, code=killed, status=9/KILL', 'signal 9. Likely', 'oom'],
  [
    'measured: node7.example: no such host here (getent ahosts node7.example)',
    'node7.example has no address',
    'getent',
  ],
  ['measured: 10.0.0.2:9096 refuses connections from here: nothing listens there', 'nothing listens at', 'ss -ltnp'],
  ['measured: 10.0.0.2:9096 does not answer from here: no connection in 3 s', 'is dropped', 'let TCP through'],
  ['measured: [fd00::2]:9096 cannot be reached from here: No route to host', '(No route to host)', 'let TCP through'],
]

for (const [said, cause, fix] of SAID)
  test(said.slice(0, 110), () => {
    const found = diagnose(`Initializing daemon...\n${said}\nand more`)
    assert.ok(found?.cause.includes(cause), `${found?.cause} does not say "${cause}"`)
    assert.ok(found?.fix.includes(fix), `${found?.fix} does not say "${fix}"`)
    assert.is(found?.said, said.trim())
    // Whatever it is, there may be one of it alone.
    assert.not.match(found?.fix ?? '', /\b(mv|rm|rename|delete)\b|move .* away|remove (it|the|these)(?! lock)/)
  })

test('what was measured comes before what the log may mean, and what is likely says so', () => {
  const found = diagnose(
    'bootstrap to /ip4/10.0.0.2/tcp/9096/p2p/12D3 failed: failed to dial: context deadline exceeded\nmeasured: 10.0.0.2:9096 refuses connections from here: nothing listens there',
  )
  assert.match(found?.cause ?? '', /^nothing listens at 10\.0\.0\.2:9096/)
})

test('commands of a fix are those of the unit that failed: its user, its repo, its program', () => {
  const said = 'Error: AutoConf cannot use the default mainnet URL'
  const at = 'runs: kubo7.service bob /opt/kubo/ipfs IPFS_PATH=/srv/ipfs HOME=/srv/ipfs'
  const fix = diagnose(`${said}\n${at}`)?.fix ?? ''
  assert.match(
    fix,
    '`runuser -u bob -- env IPFS_PATH=/srv/ipfs HOME=/srv/ipfs /opt/kubo/ipfs config --json AutoConf.Enabled false`',
  )
  assert.match(fix, '`systemctl restart kubo7`')
  assert.match(diagnose(said)?.fix ?? '', '`ipfs config --json AutoConf.Enabled false`, then `systemctl restart ipfs`')
  assert.match(diagnose(`${said}\nruns: a.service root /bin/ipfs`)?.fix ?? '', '`/bin/ipfs config')
})

test('of many lines the one that tells most counts, whatever their order', () => {
  const found = diagnose(
    'ERROR p2p-config start failed: privnet: private network was not configured but is enforced by the environment\n' +
      'Error: constructing the node (see log for full detail): privnet: private network was not configured but is enforced by the environment',
  )
  assert.match(found?.said ?? '', /^Error: constructing/)
})

test('what a healthy daemon says means nothing', () => {
  const healthy = `Swarm is limited to private network of peers with the swarm key
Swarm listening on 10.77.0.10:4001 (TCP)
RPC API server listening on /ip4/127.0.0.1/tcp/5001
2026-11-22T15:01:54.748Z\tERROR\tcmd/ipfs\tprivate networking (swarm.key / LIBP2P_FORCE_PNET) is not compatible with AutoTLS. Set AutoTLS.Enabled=false
2026-11-22T15:01:54.748Z\tERROR\tcmd/ipfs\tPrivate networking (swarm.key / LIBP2P_FORCE_PNET) does not work with public HTTP IPNIs enabled by Routing.Type=auto. Kubo will use
Daemon is ready`
  assert.is(diagnose(healthy), undefined)
})

test.run()
