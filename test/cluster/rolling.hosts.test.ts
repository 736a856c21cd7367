import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { daemonsAre, needApplied, needNothingToDo, silentPairs } from './network.ts'
import { broken, plannedOf, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('rolling')

/** When a daemon has begun, in microseconds since the boot of this machine, which all its hosts share. */
const began = async (unit: string): Promise<number[]> => {
  const said = await lab.everywhere(`systemctl show -P ExecMainStartTimestampMonotonic ${unit}`)
  return lab.nodes.map(node => Number(said[node]))
}
const rising = (times: number[]): boolean => times.every((time, i) => i === 0 || time > times[i - 1]!)

check('a group to begin with', async () => {
  await lab.raise()
  await needApplied(lab, '-e', 'monitor_ping_interval=2s')
})

check('another configuration: one daemon after the other, each back among all before the next', async () => {
  const words = [
    '-e',
    'monitor_ping_interval=2s',
    '-e',
    'storage_max=20GB',
    '-e',
    'replication_factor_min=1',
    '-e',
    'replication_factor_max=3',
  ]
  const plan = await lab.plan(...words)
  const turns = plannedOf(plan).flatMap(({ node, turn }) => (turn ? [node.split('/')[1]] : []))
  assert.equal(turns.sort(), [...Array(3).fill('restart_ipfs'), ...Array(3).fill('restart_ipfs_cluster')])

  const told = await lab.apply(...words)
  assert.is(told.code, 0)
  assert.equal(broken(told), [])
  for (const unit of ['ipfs', 'ipfs-cluster']) {
    const times = await began(unit)
    assert.ok(rising(times), `${unit} began at ${times}`)
  }
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab, ...words)
})

/** What an earlier run has set, and is to stay. */
const earlier = ['-e', 'monitor_ping_interval=2s', '-e', 'replication_factor_min=1', '-e', 'replication_factor_max=3']

check('restarts that somebody wanted do not count as deaths', async () => {
  await lab.ssh('node0', 'systemctl reset-failed ipfs && for i in 1 2 3 4 5; do systemctl restart ipfs || exit; done')
  const words = [...earlier, '-e', 'storage_max=25GB']
  await needApplied(lab, ...words)
})

check('the first that does not come back keeps the others as they are', async () => {
  await lab.ssh(
    'node1',
    'mkdir -p /etc/systemd/system/ipfs.service.d && printf "[Service]\\nExecStartPre=/bin/false\\n" >/etc/systemd/system/ipfs.service.d/break.conf && systemctl daemon-reload',
  )
  const before = await daemonsAre(lab)
  const words = [...earlier, '-e', 'storage_max=30GB']
  const told = await lab.apply(...words)
  assert.is(told.code, 1)
  const after = await daemonsAre(lab)
  assert.is.not(after.node0, before.node0)
  assert.is(after.node2, before.node2)
  const results = Object.fromEntries(resultsOf(told).map(({ node, status, needs }) => [node, needs ?? status]))
  assert.is(results['node0/restart_ipfs'], 'changed')
  assert.is(results['node1/restart_ipfs'], 'failed')
  assert.is(results['node2/restart_ipfs'], 'node1/restart_ipfs')
  // A daemon that does not start is no better than a silent host: node0 does not wait for it, nor forget it.
  for (const task of ['connect_the_nodes', 'exchange_blocks'])
    assert.ok(['ok', 'changed'].includes(results[`node0/${task}`]!), `${task} ${results[`node0/${task}`]}`)

  await lab.ssh('node1', 'rm -r /etc/systemd/system/ipfs.service.d && systemctl daemon-reload')
  await needApplied(lab, ...words)
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab, ...words)
})

test.run()
