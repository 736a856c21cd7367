import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { daemonsAre, needApplied, needNothingToDo, silentPairs } from './network.ts'
import { counts, failures, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('grow')
const three = ['node0', 'node1', 'node2']

const keys = (nodes: string[]): Promise<Record<string, string>> =>
  lab.everywhere('sha256sum </var/lib/ipfs/swarm.key', nodes)
const peers = async (node: string): Promise<number> =>
  Number(await lab.ssh(node, 'ipfs-cluster-ctl --enc=json peers ls | grep -c \'^    "peername"\''))

check('a fourth host joins, and no daemon of the others is started again', async () => {
  await lab.raise()
  await needApplied(lab)
  const before = await daemonsAre(lab, three)
  for (const text of Object.values(before)) assert.not.match(text, /MainPID=0/)
  await lab.lab('add', 'node3')
  await needApplied(lab)
  assert.equal(await daemonsAre(lab, three), before)
})

check('the next run finds four nodes that need nothing', async () => {
  await needNothingToDo(lab)
  assert.equal(await silentPairs(lab), [])
  for (const node of lab.nodes) assert.is(await peers(node), 4, node)
})

check('a replaced host gets the same keys under --limit, and no step runs elsewhere', async () => {
  const before = await daemonsAre(lab, three)
  const [key] = Object.values(await keys(['node0']))
  await lab.lab('rm', 'node3')
  await lab.lab('add', 'node3')
  const told = await lab.apply('--limit', 'node3')
  assert.equal(failures(told), [])
  assert.is(told.code, 0)
  assert.equal(
    resultsOf(told).filter(({ host }) => host !== 'node3'),
    [],
  )
  const steps = counts(told, 'steps')
  assert.ok(steps.node3! > 0)
  assert.equal(
    three.map(node => steps[node] ?? 0),
    [0, 0, 0],
  )
  assert.equal(new Set(Object.values(await keys(lab.nodes))), new Set([key]))
  assert.equal(await daemonsAre(lab, three), before)
})

check('a run over all then connects the replaced host with everyone, without a restart', async () => {
  const before = await daemonsAre(lab, three)
  await needApplied(lab)
  assert.equal(await daemonsAre(lab, three), before)
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab)
})

test.run()
