import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { daemonsAre, needApplied, needNothingToDo, silence } from './network.ts'
import { failures, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('raft')
const raft = ['-e', 'consensus=raft']
const folder = '/var/lib/ipfs-cluster'

/** Who a node counts as a member, by name; an id that does not answer has none. */
const members = async (node: string): Promise<string[]> => {
  const told = await lab.ssh(
    node,
    'ipfs-cluster-ctl --enc=json peers ls | sed -n \'s/^    "peername": "\\(.*\\)".*/\\1/p\'',
  )
  return told.split('\n').sort()
}
/** Every node lists all of them. Who was away, or has been restarted, is found again a moment later. */
const needMembers = async (names = lab.nodes): Promise<void> => {
  const wanted = [...names].sort().join()
  const listed = async (node: string): Promise<boolean> => (await members(node)).join() === wanted
  await Promise.all(names.map(node => lab.until(`${node} lists ${wanted}`, 20, () => listed(node))))
}
const replace = async (node: string): Promise<void> => {
  await lab.lab('rm', node)
  await lab.lab('add', node)
}

check('three hosts become one raft cluster', async () => {
  await lab.raise()
  await needApplied(lab, ...raft)
  await needMembers()
})

check('a pin made on one is everywhere at once, and nothing of the founding is left', async () => {
  const pinned = 'ipfs-cluster-ctl pin ls | wc -l'
  await lab.ssh('node1', 'echo hello >/tmp/file && ipfs-cluster-ctl add -Q /tmp/file')
  assert.equal(await lab.everywhere(pinned), { node0: '1', node1: '1', node2: '1' })
  const left = `ls -A ${folder} | grep runbook-raft; systemctl cat ipfs-cluster | grep bootstrap; pgrep -fc 'ipfs-cluster-[s]ervice'`
  assert.equal(await lab.everywhere(left), { node0: '1', node1: '1', node2: '1' })
})

check('the next run finds nothing to do', () => needNothingToDo(lab, ...raft))

check('a peer does not become another kind of peer', async () => {
  const told = await lab.apply()
  assert.is(told.code, 1)
  assert.match(failures(told).join('\n'), /is a peer with raft, and crdt is asked for/)
})

check('a fourth host joins, and no daemon of the others is started again', async () => {
  const before = await daemonsAre(lab)
  await lab.lab('add', 'node3')
  await needApplied(lab, ...raft)
  assert.equal(await daemonsAre(lab, Object.keys(before)), before)
  await needMembers()
})

check('with one host off the others are looked after, and nobody is taken out', async () => {
  await silence(lab, 'node3', async () => {
    await lab.ssh('node1', 'systemctl stop ipfs-cluster')
    const told = await lab.apply(...raft)
    assert.is(told.code, 3)
    assert.equal(await lab.ssh('node1', 'systemctl is-active ipfs-cluster'), 'active')
  })
  await needMembers()
})

check('runs that were cut on the way to a member are finished, whatever they have left', async () => {
  const stop = `systemctl kill -s KILL ipfs-cluster; systemctl stop ipfs-cluster; cd ${folder}`
  const begun = 'rm -r raft; mkdir -m 700 raft; echo begun 99999 >.runbook-raft; chown -R ipfs: raft .runbook-raft'
  const daemon = `HOME=${folder} setsid timeout --foreground 60 ipfs-cluster-service --config ${folder} daemon`
  const running = `runuser -u ipfs -- sh -c '${daemon} </dev/null >.runbook-raft.log 2>&1 & echo member $! >.runbook-raft'`
  // The others count node2 already, and it has not heard of it; the daemon that made node1 one still has its ports.
  await Promise.all([lab.ssh('node2', `${stop}; ${begun}`), lab.ssh('node1', `${stop}; ${running}`)])
  await lab.until('node1 listens', 20, async () => (await lab.ssh('node1', 'ss -Hltn sport = 9094')) !== '')
  await needApplied(lab, ...raft)
  await needMembers()
  assert.is(await lab.ssh('node2', 'ipfs-cluster-ctl pin ls | wc -l'), '1')
  const left = `ls -A ${folder} | grep -c runbook-raft; pgrep -fc 'timeout .*ipfs-cluster-[s]ervice'; :`
  assert.is(await lab.ssh('node1', left), '0\n0')
})

check('the first host is made anew: it joins the others, and its former id leaves', async () => {
  await replace('node0')
  await needApplied(lab, ...raft)
  await needMembers()
  assert.is(await lab.ssh('node0', 'ipfs-cluster-ctl pin ls | wc -l'), '1')
})

check('without a quorum nobody joins: it is said, and nothing hangs', async () => {
  await Promise.all([replace('node1'), replace('node2')])
  const began = Date.now()
  const told = await lab.apply(...raft)
  assert.is(told.code, 1)
  assert.match(failures(told).join('\n'), /no quorum: 2 of the 4 members .* so node1, node2 cannot join/)
  assert.equal(
    resultsOf(told).filter(({ host, status }) => host !== 'node0' && host !== 'node3' && status === 'changed'),
    [],
  )
  assert.ok(Date.now() - began < 20_000, `${Date.now() - began} ms`)
})

test.run()
