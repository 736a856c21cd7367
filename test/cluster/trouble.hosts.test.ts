import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { daemonsAre, needApplied, needNothingToDo, silence, silentPairs } from './network.ts'
import { failures, pending, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('trouble')
const config = 'runuser -u ipfs -- env IPFS_PATH=/var/lib/ipfs ipfs config'
type Peering = { ID: string; Addrs: string[] }[]

const peering = async (node: string): Promise<Peering> => JSON.parse(await lab.ssh(node, `${config} Peering.Peers`))
const peerstore = async (node: string): Promise<string[]> =>
  (await lab.ssh(node, 'sort /var/lib/ipfs-cluster/peerstore')).split('\n')
const ownerOf = (address: string): string =>
  lab.nodes.find(node => address.includes(`/${lab.hosts[node]!.ansible_host}/`))!

check('with a host that does not answer the others are told as they are, and exit 3 says so', async () => {
  await lab.raise()
  await needApplied(lab)
  await silence(lab, 'node2', async () => {
    const told = await lab.plan('-e', 'ansible_timeout=4')
    assert.is(told.code, 3, failures(told).join('\n'))
    assert.equal(pending(told), [])
    assert.equal(
      told.events.filter(event => event.type === 'host-lost').map(({ host }) => host),
      ['node2'],
    )
    assert.is(told.summary.hosts.node2!.unreachable, true)
    assert.is(told.summary.failures.length, 1)
  })
})

check('what names a silent host stays in the configuration of others, also where that is mended', async () => {
  const before = [await peering('node0'), await peerstore('node0')] as const
  assert.equal([before[0].length, before[1].length], [2, 2])
  // node0 forgets one of the others, in both lists; it is the remaining one that falls silent.
  const [left] = before[0] as [Peering[number]]
  const silent = ownerOf(left.Addrs[0]!)
  const kept = before[1].filter(line => ownerOf(line) === silent)
  assert.is(kept.length, 1)
  // Cluster peers at rest: they write their list when they stop, and would long wait for the silent one.
  await lab.everywhere('systemctl stop ipfs-cluster')
  const forget = `${config} --json Peering.Peers '${JSON.stringify([left])}'`
  await lab.ssh('node0', `${forget} && echo ${kept} >/var/lib/ipfs-cluster/peerstore`)
  await silence(lab, silent, async () => {
    const told = await lab.apply('-e', 'ansible_timeout=4')
    assert.is(told.code, 3, failures(told).join('\n'))
    const changed = resultsOf(told).flatMap(({ node, status }) => (status === 'changed' ? [node] : []))
    for (const task of ['connect_the_nodes', 'join_the_cluster', 'start_ipfs_cluster'])
      assert.ok(changed.includes(`node0/${task}`), `${task} in ${changed}`)
  })
  assert.equal([await peering('node0'), await peerstore('node0')], before)
  await needApplied(lab)
  await needNothingToDo(lab)
})

check('drift is named, mended, and gone', async () => {
  await lab.ssh('node1', `systemctl stop ipfs && ${config} Datastore.StorageMax 20GB`)
  const plan = await lab.plan()
  assert.is(plan.code, 0, failures(plan).join('\n'))
  // Of node1 what was changed; of the others what follows from its daemon's end.
  assert.equal(pending(plan), [
    'node0/connect_the_nodes change',
    'node0/exchange_blocks undecided',
    'node1/configure_kubo_for_a_private_network change',
    'node1/start_ipfs change',
    'node1/connect_the_nodes change',
    'node1/exchange_blocks undecided',
    'node2/connect_the_nodes change',
    'node2/exchange_blocks undecided',
  ])
  await needApplied(lab)
  assert.is(await lab.ssh('node1', `${config} Datastore.StorageMax`), '10GB')
  await needNothingToDo(lab)
})

check('after a restart of all daemons blocks travel between all again', async () => {
  await lab.everywhere('systemctl restart ipfs ipfs-cluster')
  const told = await lab.apply()
  assert.is(told.code, 0, failures(told).join('\n'))
  const before = await daemonsAre(lab)
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab)
  assert.equal(await daemonsAre(lab), before)
})

test.run()
