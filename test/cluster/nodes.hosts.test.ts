import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { daemonsAre, needApplied, needNothingToDo, powerOff, silentPairs } from './network.ts'
import { counts, failures, resultsOf } from './reading.ts'
import { onLab, type Told, tell } from './rig.ts'

// Hosts that are off, that are set up anew, and that die in the middle of a run.

const { lab, check } = onLab('nodes')

type Ids = { ipfs: string; cluster: string }
const idsOf = async (node: string): Promise<Ids> => {
  const text = await lab.ssh(
    node,
    `grep -o '"PeerID": *"[^"]*' /var/lib/ipfs/config; grep -o '"id": *"[^"]*' /var/lib/ipfs-cluster/identity.json`,
  )
  const [ipfs = '', cluster = ''] = text.split('\n').map(line => line.slice(line.lastIndexOf('"') + 1))
  return { ipfs, cluster }
}
/** What a host knows of others: in kubo's config, in its daemon, and before the cluster daemon's next start. */
const knows = (node: string): Promise<string> =>
  lab.ssh(
    node,
    'sed -n "/\\"Peering\\"/,/^  }/p" /var/lib/ipfs/config; ipfs --api=/ip4/127.0.0.1/tcp/5001 swarm peering ls; cat /var/lib/ipfs-cluster/peerstore',
  )
const times = (text: string, id: string): number => text.split(id).length - 1
const keys = (nodes: string[]): Promise<Record<string, string>> =>
  lab.everywhere(
    `sha256sum </var/lib/ipfs/swarm.key; sed -n 's/.*"secret": *"\\(.*\\)".*/\\1/p' /var/lib/ipfs-cluster/service.json | sha256sum`,
    nodes,
  )
const peers = async (node: string): Promise<number> =>
  Number(await lab.ssh(node, 'ipfs-cluster-ctl --enc=json peers ls | grep -c \'^    "error": ""\''))

/** Asserts that only these hosts were lost, that no other was kept from anything, and that the exit code says so. */
const needLost = (told: Told, ...nodes: string[]): void => {
  const lost = Object.entries(told.summary.hosts).filter(([, { unreachable }]) => unreachable)
  assert.equal(
    lost.map(([node]) => node),
    nodes,
  )
  const harmed = resultsOf(told).filter(
    ({ host, status, needs }) => !nodes.includes(host) && (status === 'failed' || needs !== undefined),
  )
  assert.equal(harmed, [], failures(told).join('\n'))
  assert.is(told.code, 3, failures(told).join('\n'))
}

let old: Ids
let network: string

check('with node0 off the others are mended and a fourth host joins; nothing that names node0 goes', async () => {
  await lab.raise()
  await needApplied(lab)
  old = await idsOf('node0')
  network = (await keys(['node1'])).node1!
  await lab.lab('add', 'node3')
  await lab.ssh('node1', 'rm /var/lib/ipfs/swarm.key')
  await lab.ssh('node2', 'systemctl stop ipfs-cluster; echo >>/etc/systemd/system/ipfs.service')
  await powerOff(lab, 'node0')
  needLost(await lab.apply(), 'node0')
  const others = ['node1', 'node2', 'node3']
  for (const text of Object.values(await keys(others))) assert.is(text, network)
  for (const node of ['node1', 'node2']) {
    const known = await knows(node)
    assert.is(times(known, old.ipfs), 2, `${node}: ${known}`)
    assert.is(times(known, old.cluster), 1, `${node}: ${known}`)
  }
  for (const node of others) assert.ok((await peers(node)) >= 3, node)
  assert.equal(await silentPairs(lab, others), [])
  const again = await lab.apply()
  needLost(again, 'node0')
  assert.equal(counts(again, 'steps'), { node0: 0, node1: 0, node2: 0, node3: 0 })
})

check('node0 set up anew: its host key is refused with the commands that let it in', async () => {
  const file = `${lab.folder}/.runbook/lab/${lab.name}/known_hosts`
  const known = readFileSync(file, 'utf8')
  await lab.lab('rm', 'node0')
  await lab.lab('add', 'node0')
  writeFileSync(file, known)
  const told = await lab.plan()
  assert.is(told.code, 5)
  const lost = told.events.find(event => event.type === 'host-lost')!
  assert.equal([lost.host, lost.failure.reason], ['node0', 'host-key-changed'])
  await lab.must('sh', '-ec', lost.failure.fix!.split('\n').slice(2).join('\n'))
  assert.is((await lab.plan()).code, 0)
})

check('alone under --limit it gets the keys of the network, not new ones, and no step runs elsewhere', async () => {
  const before = await daemonsAre(lab, ['node1', 'node2', 'node3'])
  await needApplied(lab, '--limit', 'node0')
  assert.is((await keys(['node0'])).node0, network)
  assert.equal(await daemonsAre(lab, ['node1', 'node2', 'node3']), before)
})

check('a run over all takes its new ids to the others and its old ones away, without a restart', async () => {
  const now = await idsOf('node0')
  assert.is.not(now.ipfs, old.ipfs)
  assert.is.not(now.cluster, old.cluster)
  const before = await daemonsAre(lab)
  await needApplied(lab)
  assert.equal(await daemonsAre(lab), before)
  for (const node of ['node1', 'node2', 'node3']) {
    const known = await knows(node)
    assert.equal([times(known, now.ipfs), times(known, old.ipfs)], [2, 0], `${node}: ${known}`)
  }
  // What the daemon has written down at its end is put right before it starts again.
  await lab.ssh('node1', 'systemctl stop ipfs-cluster')
  await needApplied(lab)
  assert.equal([times(await knows('node1'), now.cluster), times(await knows('node1'), old.cluster)], [1, 0])
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab)
})

for (const task of ['install_kubo', 'exchange_blocks'])
  check(`a host that dies when it has begun to ${task}: the others go on, the next run finishes`, async () => {
    if (task === 'install_kubo') {
      await lab.lab('rm', 'node3')
      await lab.lab('add', 'node3')
    } else await lab.everywhere('systemctl stop ipfs ipfs-cluster')
    needLost(tell(await lab.applyUntil(`node3/${task}`, () => powerOff(lab, 'node3'))), 'node3')
    assert.equal(await silentPairs(lab, ['node0', 'node1', 'node2']), [])
    await lab.lab('up')
    await needApplied(lab)
    await needNothingToDo(lab)
    const left = await lab.everywhere("find / -xdev -name '*runbook-*' -o -xdev -name '*.part' -o -xdev -name '.*.new'")
    assert.equal(new Set(Object.values(left)), new Set([left.node0]))
    assert.not.match(left.node0!, /\.new$|\.part$|\/\.[^/]+\.runbook-\w{6}$/m)
  })

test.run()
