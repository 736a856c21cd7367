import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  adopted,
  adoptWords,
  applyAdopt,
  lost,
  needGood,
  needIds,
  needPinned,
  needQuiet,
  runners,
  treasure,
} from './adopting.ts'
import { asRoot, pinFiles, type Typed, typeGuide } from './by-hand.ts'
import { onLab } from './rig.ts'

// An adoption is killed at twenty moments, one after the other, over and over on the same hosts: it goes on, is killed
// again, and in the end goes back, to be adopted once more. Nothing may be lost on any way.

const { lab, check } = onLab('adopt-killed')
let typed: Typed
let cids: string[]
let before: string[]

/**
 * Asserts that nothing is lost, wherever a host has it by now. What a killed run has begun on a host goes on for a moment,
 * so a folder may move while it is looked at.
 */
const needAll = async (moment: Moment): Promise<void> => {
  let missing: string[] = []
  await lab
    .until(`all is there after ${moment}`, 20, async () => {
      const now = await treasure(lab, adopted, asRoot).catch(() => [])
      missing = lost(before, now)
      return missing.length === 0
    })
    .catch(error => assert.equal(missing, [], String(error)))
}

type Moment = [line: string, ms: number]
const moments: Moment[][] = [
  [0, 120, 300, 600, 1000].map(ms => ['node0/adopt_kubo', ms]),
  [60, 400, 800, 1500, 2500].map(ms => ['node1/adopt_kubo', ms]),
  [0, 150, 350, 700, 1200].map(ms => ['node0/adopt_ipfs_cluster', ms]),
  [80, 250, 500, 900, 2000].map(ms => ['node1/adopt_ipfs_cluster', ms]),
]

/** Kills a run so long after a line has begun. A run that has nothing to do there any more ends by itself. */
const killAt = async ([line, ms]: Moment): Promise<'killed' | 'ended'> => {
  const strike = async (run: ChildProcess): Promise<void> => {
    await sleep(ms)
    run.kill('SIGKILL')
  }
  try {
    await lab.runUntil(
      line,
      strike,
      adoptWords(lab, 'apply', '--lock-timeout', '60').filter(word => word !== '--format' && word !== 'json'),
    )
    return 'killed'
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('the run ended before')) return 'ended'
    throw error
  }
}

check('a network typed by hand', async () => {
  await lab.raise(2)
  typed = await typeGuide(lab)
  cids = await pinFiles(lab, 'node0', 20)
  await needPinned(lab, cids)
  before = await treasure(lab, asRoot)
})

let killed = 0
for (const [i, round] of moments.entries())
  check(`killed at ${round.map(([line, ms]) => `${line} + ${ms} ms`).join(', ')}: nothing is lost`, async () => {
    for (const moment of round) {
      if ((await killAt(moment)) === 'ended') {
        // It had come through: back to where it began, by the way back as it stands.
        await lab.everywhere('sh /var/lib/ipfs-cluster.way-back && sh /var/lib/ipfs.way-back')
        await lab.until('the daemons of root', 30, async () =>
          Object.values(await runners(lab)).every(text => text === '2 root'),
        )
        assert.is(await killAt(moment), 'killed', `${moment}`)
      }
      killed++
      await needAll(moment)
    }
    if (i < moments.length - 1) return
    assert.is(killed, 20)
  })

check('the next run finishes what all of them have begun', async () => {
  needGood(await applyAdopt(lab, '--lock-timeout', '60'))
  needQuiet(await applyAdopt(lab))
  assert.equal(lost(before, await treasure(lab, adopted)), [])
  await needIds(lab, typed)
  await needPinned(lab, cids)
  assert.equal(await runners(lab), { node0: '2 ipfs', node1: '2 ipfs' })
  const left = await lab.everywhere('ls -d /root/.ipfs* /var/lib/.ipfs* /usr/local/bin/.ipfs* 2>/dev/null; :')
  assert.equal(left, { node0: '', node1: '' })
})

test.run()
