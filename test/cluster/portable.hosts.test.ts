import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { machinePid } from '../../src/lab/machine.ts'
import { handleOf, labAt } from '../../src/lab/names.ts'
import { needApplied, needNothingToDo, silentPairs } from './network.ts'
import { broken, failures, plannedOf, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

// The main job on hosts without systemd: runbook brings its own service manager.

const { lab, check } = onLab('portable')
const manager = '/var/lib/runbook/service'
/** The daemons' numbers. */
const daemons = (node: string): Promise<string> => lab.ssh(node, 'pgrep -x ipfs; pgrep -x ipfs-cluster-se')
/** The power is cut, and comes back. */
const reboot = async (node: string): Promise<void> => {
  process.kill(machinePid(handleOf(labAt(lab.folder, lab.name), node))!, 'SIGKILL')
  await lab.lab('up')
}
const twenty = ['-e', 'storage_max=20GB']

check('fresh hosts become a network, as planned; then there is nothing to do', async () => {
  await lab.raise(2, '--init', 'none')
  assert.is(await lab.ssh('node0', 'ls -d /run/systemd/system 2>/dev/null; cat /proc/2/comm'), 'sshd')
  const told = await lab.apply()
  assert.equal(failures(told), [])
  assert.equal(broken(told), [])
  await needNothingToDo(lab)
  assert.equal(await silentPairs(lab), [])
})

check('a killed daemon is started again, as the user of its unit', async () => {
  const [ipfs, cluster] = (await daemons('node1')).split('\n')
  await lab.ssh('node1', `kill -9 ${ipfs} ${cluster}`)
  await lab.until('both run again', 30, async () => {
    const now = (await daemons('node1').catch(() => '')).split('\n')
    return now.length === 2 && !now.includes(ipfs!) && !now.includes(cluster!)
  })
  assert.is(await lab.ssh('node1', 'ps -o user= -C ipfs,ipfs-cluster-service | sort -u'), 'ipfs')
  // What the others have lost by that is mended like any other loss.
  await needApplied(lab)
})

check('a changed configuration restarts its daemon and no other', async () => {
  const before = await lab.everywhere('pgrep -x ipfs-cluster-se')
  const told = await lab.apply(...twenty)
  assert.equal(failures(told), [])
  const restarted = resultsOf(told).filter(({ node, status }) => node.endsWith('/restart_ipfs') && status === 'changed')
  assert.is(restarted.length, 2)
  assert.equal(await lab.everywhere('pgrep -x ipfs-cluster-se'), before)
  await needNothingToDo(lab, ...twenty)
})

check('after a power cut everything runs again by itself', async () => {
  await reboot('node1')
  await lab.until('both run', 30, async () => (await daemons('node1').catch(() => '')).split('\n').length === 2)
  await needApplied(lab, ...twenty)
  await lab.ssh('node1', `sh ${manager} stop ipfs-cluster`)
  const told = await lab.plan(...twenty)
  const pending = plannedOf(told).filter(({ verdict, host }) => verdict === 'change' && host === 'node1')
  assert.match(pending[0]?.why ?? '', 'it is inactive')
  await needApplied(lab, ...twenty)
  await needNothingToDo(lab, ...twenty)
  assert.equal(await silentPairs(lab), [])
})

const own = `/home/${'admin'}/services`
const small = (program: string): string => `- hosts: ipfs
  tasks:
    - file: { path: ${own}, state: directory }
    - name: Own unit
      systemd_unit:
        name: ${own}/own
        content: |
          [Service]
          Type=notify
          ExecStart=${program}
          [Install]
          WantedBy=default.target
      register: unit
    - name: Own service
      service: { name: ${own}/own, state: started, enabled: true, newer_than: [${own}/own.service] }
`

check('a user without root has services of their own, which cron starts', async () => {
  const asAdmin = [`${lab.folder}/small.yml`, '-e', 'ansible_user=admin', '--limit', 'node0']
  writeFileSync(asAdmin[0]!, small('/bin/sh -c "echo no luck today; exit 3"'))
  const failed = await lab.applyOf(asAdmin[0]!, ...asAdmin.slice(1))
  assert.match(failures(failed).join('\n'), 'no luck today')
  writeFileSync(asAdmin[0]!, small('/bin/sleep 1000'))
  const told = await lab.applyOf(asAdmin[0]!, ...asAdmin.slice(1))
  assert.equal(failures(told), [])
  await reboot('node0')
  // For its first second it counts as starting: a manager that cannot be told of readiness waits for as long.
  const seconds = async (): Promise<string> => lab.ssh('node0', 'ps -o user=,etimes= -C sleep; :')
  await lab.until('it runs again', 30, async () => /admin +([2-9]|\d\d)/.test(await seconds()))
  const again = await lab.applyOf(asAdmin[0]!, ...asAdmin.slice(1))
  assert.equal([...new Set(resultsOf(again).map(({ status }) => status))], ['ok'])
})

test.run()
