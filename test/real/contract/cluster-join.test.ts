import { createServer } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Cluster, newCluster, newSecret } from './cluster.ts'
import { newKey, privateKubo } from './kubo.ts'
import { address, begun } from './place.ts'
import { type Running, until } from './process.ts'

// A peer told to join (`--bootstrap`), rightly and wrongly. Whatever comes of it: it is READY, stays up, ends 0. All
// joins run at once; then each is spoken of.

const secret = newSecret()
const kubo = await privateKubo('kubo', 0, newKey())
const daemon = await kubo.ready()
const first = await newCluster('first', 1, secret, kubo.api)
const running = await first.ready()
const silent = createServer(socket => socket.on('error', () => undefined)).listen(9096, address(50))

type Joined = { cluster: Cluster; running: Running; failure: string; seconds: number }
let joins = 0
/** Joins, and waits for the line that tells of a failure. */
const join = async (to: string, env: NodeJS.ProcessEnv = {}): Promise<Joined> => {
  const cluster = await newCluster(`join${joins}`, 2 + joins++, secret, kubo.api)
  const running = await cluster.ready(['--bootstrap', to], env)
  await running.says(`bootstrap to ${to} failed: `, 20)
  const failure = running.said.split(`bootstrap to ${to} failed: `)[1] ?? ''
  return { cluster, running, failure, seconds: running.seconds }
}
/** What came of it, once it has been seen that the peer goes on alone. */
const failed = async (joined: Promise<Joined>): Promise<Joined> => {
  const done = await joined
  const peers = await done.cluster.peers()
  assert.equal(
    peers.map(peer => peer.id),
    [done.cluster.id],
  )
  const { code, seconds } = await done.running.stop()
  assert.is(code, 0)
  assert.ok(seconds - done.seconds < 10, `${seconds - done.seconds} s`)
  return done
}
const dialled = (id: string, at: string, why: string): string =>
  `failed to dial: failed to dial ${id}: all dials failed\n  * [${at}] ${why}\n`

const kuboId = begun(join(`/ip4/${first.ip}/tcp/9096/p2p/${kubo.id}`))
const kuboPort = begun(join(`/ip4/${kubo.ip}/tcp/4001/p2p/${first.id}`))
const otherSecret = begun(join(first.at, { CLUSTER_SECRET: newSecret() }))
const noSecret = begun(join(first.at, { CLUSTER_SECRET: '' }))
const closed = begun(join(`/ip4/${first.ip}/tcp/9099/p2p/${first.id}`))
const noId = begun(join(`/ip4/${first.ip}/tcp/9096`))
const noAnswer = begun(join(`/ip4/${address(50)}/tcp/9096/p2p/${first.id}`))

test('the id of a kubo: the right one is named', async () => {
  const { failure } = await failed(kuboId)
  const mismatch = `peer id mismatch: expected ${kubo.id}, but remote key matches ${first.id}`
  const why = `failed to negotiate security protocol: ${mismatch}`
  assert.ok(failure.startsWith(dialled(kubo.id, `/ip4/${first.ip}/tcp/9096`, why)), failure)
})

/** Two that do not share a key read noise; which of these comes of it is chance. */
const noise = [
  /^failed to dial: context deadline exceeded\n/,
  ...['incoming message was too large', 'read tcp4 \\S+->\\S+: read: connection reset by peer']
    .concat([
      'message did not have trailing newline',
      'EOF',
      'context deadline exceeded',
      'protocols not supported: .*',
    ])
    .map(why => new RegExp(`all dials failed\\n  \\* \\[\\S+\\] failed to negotiate security protocol: ${why}\\n`)),
]
for (const [name, joined] of Object.entries({
  'the port of a kubo': kuboPort,
  'another secret': otherSecret,
  'an empty secret': noSecret,
}))
  test(`${name}: one of the texts of two that do not understand each other`, async () => {
    const { failure, seconds } = await failed(joined)
    assert.ok(
      noise.some(text => text.test(failure)),
      failure,
    )
    assert.ok(seconds < 15, `${seconds} s`)
  })

test('a closed port, at once', async () => {
  const { failure } = await failed(closed)
  const why = `dial tcp4 ${first.ip}:9099: connect: connection refused`
  assert.ok(failure.startsWith(dialled(first.id, `/ip4/${first.ip}/tcp/9099`, why)), failure)
})

test('an address without an id', async () => assert.match((await failed(noId)).failure, /^invalid p2p multiaddr\n/))

test('somebody who says nothing: after three seconds', async () => {
  const { failure, seconds } = await failed(noAnswer)
  assert.match(failure, /^failed to dial: context deadline exceeded\n/)
  assert.ok(seconds > 2.9 && seconds < 15, `${seconds} s`)
})

test('the right address, with the private network enforced: both see both within 20 s', async () => {
  const cluster = await newCluster('right', 20, secret, kubo.api)
  const joined = await cluster.ready(['--bootstrap', first.at], { LIBP2P_FORCE_PNET: '1' })
  const both = [first.id, cluster.id].sort()
  const sees = async (one: Cluster): Promise<boolean> => {
    const peers = await one.peers()
    return String(peers.map(peer => peer.id).sort()) === String(both) && peers.every(peer => peer.error === '')
  }
  await Promise.all([cluster, first].map(one => until(20, `${one.path} sees both`, () => sees(one))))
  assert.not.match(joined.said, 'failed: ')
  assert.is((await joined.stop()).code, 0)
})

test('all is ended', async () => {
  silent.close()
  assert.is((await running.stop()).code, 0)
  assert.is((await daemon.stop()).code, 0)
})

test.run()
