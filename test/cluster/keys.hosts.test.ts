import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo, silence, silentPairs } from './network.ts'
import { counts, failures } from './reading.ts'
import { onLab, type Told } from './rig.ts'

const { lab, check } = onLab('keys')

const keyFile = '/var/lib/ipfs/swarm.key'
const serviceFile = '/var/lib/ipfs-cluster/service.json'
/** The digest of a key's digits, as they are normalised: what runbook calls it by. */
const printOfKey = (node: string): Promise<string> =>
  lab.ssh(node, `tail -n 1 ${keyFile} | tr -d '\\n' | sha256sum | cut -c1-64`)
const printOfSecret = (node: string): Promise<string> =>
  lab.ssh(node, `sed -n 's/.*"secret": *"\\(.*\\)".*/\\1/p' ${serviceFile} | tr -d '\\n' | sha256sum | cut -c1-64`)

/** Asserts that a run was refused before any step, in words that hold all of these. */
const needRefused = (told: Told, ...words: string[]): void => {
  assert.is(told.code, 1, failures(told).join('\n'))
  for (const [host, steps] of Object.entries(counts(told, 'steps'))) assert.is(steps, 0, `steps on ${host}`)
  const said = failures(told).join('\n')
  for (const word of words) assert.ok(said.includes(word), `"${word}" in:\n${said}`)
}

check('a key that was deleted comes back from the others, the same', async () => {
  await lab.raise()
  await needApplied(lab)
  const before = await printOfKey('node1')
  await lab.ssh('node0', `rm ${keyFile}`)
  await needApplied(lab)
  for (const node of lab.nodes) assert.is(await printOfKey(node), before, node)
  await needNothingToDo(lab)
})

check('two different keys are refused with both fingerprints, and no step runs', async () => {
  await lab.ssh(
    'node1',
    `cp -p ${keyFile} /root/key; d=$(tail -n 1 ${keyFile} | cut -c1); [ $d = 0 ] && n=1 || n=0
    sed -i "3s/^./$n/" ${keyFile}`,
  )
  const [one, other] = [await printOfKey('node0'), await printOfKey('node1')]
  assert.is.not(one, other)
  // Something else to do, which has to wait.
  await lab.ssh('node2', 'systemctl stop ipfs-cluster')
  needRefused(await lab.apply(), `node0=${one.slice(0, 8)}`, `node1=${other.slice(0, 8)}`)
  await lab.ssh('node1', `cat /root/key >${keyFile}; rm /root/key`)
})

check('two different cluster secrets likewise', async () => {
  await lab.ssh(
    'node2',
    `cp -p ${serviceFile} /root/service; d=$(sed -n 's/.*"secret": *"\\(.\\).*/\\1/p' ${serviceFile})
     [ $d = 0 ] && n=1 || n=0; sed -i "s/\\(\\"secret\\": *\\"\\)./\\1$n/" ${serviceFile}`,
  )
  const [one, other] = [await printOfSecret('node0'), await printOfSecret('node2')]
  assert.is.not(one, other)
  needRefused(await lab.apply(), `node0=${one.slice(0, 8)}`, `node2=${other.slice(0, 8)}`)
  await lab.ssh('node2', `cat /root/service >${serviceFile}; rm /root/service`)
  await needApplied(lab)
})

check('no key is made while a host that does not answer may hold it', async () => {
  await lab.everywhere(`rm ${keyFile}`, ['node0', 'node1'])
  const before = await printOfKey('node2')
  // Cluster peers that run would wait for the silent one, and so would the run.
  await lab.everywhere('systemctl stop ipfs-cluster')
  await silence(lab, 'node2', async () => {
    needRefused(await lab.apply('-e', 'ansible_timeout=4'), 'node2 did not answer', 'not minted')
    await lab.everywhere(`test ! -e ${keyFile}`, ['node0', 'node1'])
  })
  await needApplied(lab)
  for (const node of lab.nodes) assert.is(await printOfKey(node), before, node)
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab)
})

test.run()
