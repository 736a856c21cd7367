import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo, silentPairs } from './network.ts'
import { failures } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('two')

const digestOf = (program: string): string =>
  createHash('sha256')
    .update(readFileSync(`${lab.standin}/bin/${program}`))
    .digest('hex')
const programs = ['ipfs', 'ipfs-cluster-service', 'ipfs-cluster-ctl']

// Nothing keeps two controllers apart yet: the one that comes second to something that can be made only once fails
// there. What may not happen is that a file is torn, a key is made twice, or the group cannot be mended.
check('two runs at once on a fresh group both end, and nothing is torn', async () => {
  await lab.raise()
  const both = await Promise.all([lab.apply(), lab.apply()])
  for (const told of both) assert.ok(told.code === 0 || told.code === 1, failures(told).join('\n'))
})

check('what they leave is one group, or becomes one with the next run', async () => {
  await needApplied(lab)
  await needNothingToDo(lab)
  assert.equal(await silentPairs(lab), [])
  const keys = await lab.everywhere(
    `sha256sum </var/lib/ipfs/swarm.key; grep '"secret"' /var/lib/ipfs-cluster/service.json`,
  )
  assert.is(new Set(Object.values(keys)).size, 1)
  const found = await lab.everywhere(`cd /usr/local/bin && sha256sum ${programs.join(' ')}`)
  const wanted = programs.map(program => `${digestOf(program)}  ${program}`).join('\n')
  for (const text of Object.values(found)) assert.is(text, wanted)
})

test.run()
