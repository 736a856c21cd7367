import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  adopted,
  applyAdopt,
  lost,
  needGood,
  needIds,
  needPinned,
  needQuiet,
  planAdopt,
  runners,
  treasure,
  undecided,
} from './adopting.ts'
import { asRoot, pinFiles, type Typed, typeGuide } from './by-hand.ts'
import { needApplied, needNothingToDo, silentPairs } from './network.ts'
import { plannedOf } from './reading.ts'
import { onLab, type Told, tell } from './rig.ts'

const { lab, check } = onLab('adopt')
const reasons = (told: Told): string =>
  plannedOf(told)
    .map(({ why }) => why ?? '')
    .join('\n')

let typed: Typed
let cids: string[]
let before: string[]

check('a network typed by hand: all of its adoption is decided, and told beforehand', async () => {
  await lab.raise(2)
  typed = await typeGuide(lab)
  cids = await pinFiles(lab, 'node0', 10)
  await needPinned(lab, cids)
  before = await treasure(lab, asRoot)
  assert.ok(before.length >= 2 * (5 + 10))
  const told = await planAdopt(lab, '-o', 'adopt.json')
  assert.is(told.code, 0, told.stderr)
  assert.equal(undecided(told), [])
  assert.match(
    reasons(told),
    /\/root\/\.ipfs \(1\d pins\) moves to \/var\/lib\/ipfs, process \d+ of root ends, the way back: /,
  )
  assert.equal(lost(before, await treasure(lab, asRoot)), [])
})

check('the plan that was kept is applied: one host at a time, and all is as it was', async () => {
  const told = tell(await lab.start('apply', 'adopt.json', '--format', 'json').ended)
  needGood(told)
  assert.equal(lost(before, await treasure(lab, adopted)), [])
  await needIds(lab, typed)
  await needPinned(lab, cids)
  assert.equal(await runners(lab), { node0: '2 ipfs', node1: '2 ipfs' })
})

check('once more there is nothing to do; the main playbook goes on, and then has nothing to do either', async () => {
  needQuiet(await applyAdopt(lab))
  await needApplied(lab)
  await needNothingToDo(lab)
  assert.equal(await silentPairs(lab), [])
  await needIds(lab, typed)
  await needPinned(lab, cids)
  needQuiet(await applyAdopt(lab))
})

check('the way back works as it stands, and what has gone back is adopted again', async () => {
  await lab.everywhere('sh /var/lib/ipfs-cluster.way-back && sh /var/lib/ipfs.way-back')
  await lab.until('the daemons of root', 30, async () =>
    Object.values(await runners(lab)).every(text => text === '2 root'),
  )
  assert.equal(lost(before, await treasure(lab, asRoot)), [])
  await needPinned(lab, cids)
  needGood(await applyAdopt(lab))
  assert.equal(lost(before, await treasure(lab, adopted)), [])
})

test.run()
