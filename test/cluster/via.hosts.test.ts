import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo, silentPairs } from './network.ts'
import { failures, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('via')
const bootstrap = ['-e', 'via=bootstrap']
const config = 'runuser -u ipfs -- env IPFS_PATH=/var/lib/ipfs ipfs config'
const listed = (name: string): Promise<Record<string, string>> => lab.everywhere(`${config} ${name}`)

check('with a Bootstrap list nodes that were connected by hand exchange blocks', async () => {
  // Two: a broken pair is tried for a quarter of a minute, one after another.
  await lab.raise(2)
  await needApplied(lab, ...bootstrap)
  for (const text of Object.values(await listed('Bootstrap'))) assert.is(JSON.parse(text).length, 1)
  for (const text of Object.values(await listed('Peering.Peers'))) assert.equal(JSON.parse(text) ?? [], [])
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab, ...bootstrap)
})

check('after a restart of all daemons the gate fails, and names the pairs and the cure', async () => {
  await lab.everywhere('systemctl restart ipfs')
  const mute = await silentPairs(lab)
  assert.ok(mute.length > 0, 'the trap is there')
  const told = await lab.apply(...bootstrap)
  assert.is(told.code, 1)
  const gates = resultsOf(told).filter(({ status }) => status === 'failed')
  assert.equal([...new Set(gates.map(({ node }) => node.split('/')[1]))], ['exchange_blocks'])
  for (const pair of mute) {
    const [from, reader] = pair.split(' > ')
    assert.match(failures(told).join('\n'), `${reader} could not read a fresh block of ${from}`)
  }
  for (const { failure } of gates) assert.match(failure?.why ?? '', 'via=peering')
})

check('with peering it heals, and stays healed after another restart', async () => {
  await needApplied(lab)
  assert.equal(await silentPairs(lab), [])
  for (const text of Object.values(await listed('Bootstrap'))) assert.equal(JSON.parse(text) ?? [], [])
  await needNothingToDo(lab)
  await lab.everywhere('systemctl restart ipfs')
  await needApplied(lab)
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab)
})

test.run()
