import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { adopted, applyAdopt, lost, needGood, needIds, needPinned, planAdopt, runners, treasure } from './adopting.ts'
import { asAda, asRoot, type Hand, pinFiles, typeGuide } from './by-hand.ts'
import { needApplied, needNothingToDo, silentPairs } from './network.ts'
import { plannedOf } from './reading.ts'
import { onLab, type Told } from './rig.ts'

const { lab, check } = onLab('adopt-others')

/** What a plan or a run says for a host's line: why, and how to mend it. */
const said = (told: Told, node: string): string =>
  plannedOf(told)
    .filter(one => one.node === node)
    .map(({ why, failure }) => `${why ?? ''} ${failure?.what ?? ''} ${failure?.why ?? ''} ${failure?.fix ?? ''}`)
    .join('\n')

const needWhole = async (): Promise<void> => {
  await needApplied(lab)
  await needNothingToDo(lab)
  assert.equal(await silentPairs(lab), [])
}

check('units of another guide, with the names of ours and the user of a person', async () => {
  await lab.raise(2)
  const typed = await typeGuide(lab, { hand: asAda })
  const cids = await pinFiles(lab, 'node0', 5)
  const before = await treasure(lab, asAda)
  const person = await lab.ssh('node0', 'getent passwd ada')
  const plan = await planAdopt(lab)
  assert.match(said(plan, 'node0/adopt_kubo'), 'ipfs.service ends')
  needGood(await applyAdopt(lab))
  assert.equal(lost(before, await treasure(lab, adopted)), [])
  await needIds(lab, typed)
  await needPinned(lab, cids)
  assert.equal(await runners(lab), { node0: '2 ipfs', node1: '2 ipfs' })
  assert.is(await lab.ssh('node0', 'getent passwd ada'), person)
  const kept = '/etc/systemd/system/ipfs.service.before-runbook'
  assert.is(await lab.ssh('node0', `sed -n 's/^User=//p' ${kept}`), 'ada')
  await needWhole()
  await lab.everywhere('sh /var/lib/ipfs-cluster.way-back && sh /var/lib/ipfs.way-back')
  await lab.until("ada's daemons", 30, async () => Object.values(await runners(lab)).every(text => text === '2 ada'))
  assert.equal(lost(before, await treasure(lab, asAda)), [])
  await lab.lab('down')
})

const onDisk: Hand = { user: 'root', repo: '/data/ipfs', cluster: '/data/ipfs-cluster' }

check('on another filesystem: refused with the size, and copied where that is wanted', async () => {
  await lab.raise(2)
  await lab.everywhere('mkdir /data && mount -t tmpfs tmpfs /data')
  const typed = await typeGuide(lab, { hand: onDisk })
  const cids = await pinFiles(lab, 'node0', 5)
  const before = await treasure(lab, onDisk)
  const refused = await applyAdopt(lab)
  assert.is(refused.code, 1)
  assert.match(said(refused, 'node0/adopt_kubo'), /\/data\/ipfs \(1 MB\) is on another filesystem than \/var\/lib/)
  assert.match(said(refused, 'node0/adopt_kubo'), '-e adopt_copy=true')
  assert.equal(await runners(lab), { node0: '2 root', node1: '2 root' })
  needGood(await applyAdopt(lab, '-e', 'adopt_copy=true'))
  assert.equal(lost(before, await treasure(lab, adopted)), [])
  const aside = { repo: '/data/ipfs.before-runbook', cluster: '/data/ipfs-cluster.before-runbook' }
  assert.equal(lost(before, await treasure(lab, aside)), [])
  await needIds(lab, typed)
  await needPinned(lab, cids)
  await needWhole()
  await lab.lab('down')
})

check('two networks: named with their keys, and one word makes them one', async () => {
  await lab.raise(2)
  const first = await typeGuide(lab, { nodes: ['node0'] })
  const second = await typeGuide(lab, { nodes: ['node1'] })
  const before = await treasure(lab, asRoot)
  const plan = await planAdopt(lab)
  const text = said(plan, 'node0/see_what_the_hosts_have')
  assert.match(text, /different swarm keys: [0-9a-f]{8} on node0; [0-9a-f]{8} on node1/)
  assert.match(text, '-e swarm_key_from=node0')
  assert.is((await applyAdopt(lab)).code, 1)
  assert.match(
    said(await planAdopt(lab, '-e', 'swarm_key_from=node0'), 'node0/see_what_the_hosts_have'),
    'cluster_secret_from',
  )
  assert.equal(lost(before, await treasure(lab, asRoot)), [])
  needGood(await applyAdopt(lab, '-e', 'swarm_key_from=node0', '-e', 'cluster_secret_from=node0'))
  assert.is(await lab.ssh('node1', 'sed -n 3p /var/lib/ipfs/swarm.key'), first.key)
  assert.is(await lab.ssh('node1', 'sed -n 3p /var/lib/ipfs/swarm.key.before-runbook'), second.key)
  await needWhole()
  await needIds(lab, { ...first, ids: { ...first.ids, ...second.ids } })
})

test.run()
