import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo, silentPairs } from './network.ts'
import { failures, resultsOf } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('rootless')
const asApp = ['-e', 'ansible_user=app', '-e', 'rootless=true']

// A plain user who may log in, and nothing that could make root of it.
const prepare = `useradd -m -s /bin/sh app && install -d -o app -g app -m 700 ~app/.ssh &&
  install -o app -g app -m 600 ~/.ssh/authorized_keys ~app/.ssh/ && rm "$(command -v sudo)" && touch /root/mark`
// What is not that user's and has changed since, but for the host's own logs and cron's folder, whose program may write it.
const strange = `find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /var/log \\) -prune -o \\
  -newer /root/mark ! -user app ! -path /root/mark ! -path /tmp ! -path /var/spool/cron/crontabs -print`
const daemons = 'ps -o user=,comm= -C ipfs,ipfs-cluster-se | sort'

check('a plain user sets a group up by one variable', async () => {
  await lab.raise()
  await lab.everywhere(prepare)
  await needApplied(lab, ...asApp)
  assert.equal([...new Set(Object.values(await lab.everywhere(daemons)))], ['app      ipfs\napp      ipfs-cluster-se'])
})

check('nothing on the hosts has changed but what belongs to that user, who alone reads the keys', async () => {
  for (const text of Object.values(await lab.everywhere(strange))) assert.is(text, '')
  const kept = 'ipfs/swarm.key ipfs/config ipfs-cluster/service.json ipfs-cluster/identity.json'
  for (const text of Object.values(await lab.everywhere(`cd ~app/.local/share && stat -c '%a %U' ${kept}`)))
    assert.is(text, '400 app\n600 app\n600 app\n600 app')
})

check('a second apply runs no step and looks at each host once', () => needNothingToDo(lab, ...asApp))

check('every node reads a fresh block of every other, after restarts too', async () => {
  assert.equal(await silentPairs(lab), [])
  const told = await lab.apply(...asApp, '-e', 'storage_max=20GB')
  assert.equal(failures(told), [])
  const restarted = resultsOf(told).filter(({ task, status }) => task === 'Restart ipfs' && status === 'changed')
  assert.is(restarted.length, 3)
  assert.equal(await silentPairs(lab), [])
  await needNothingToDo(lab, ...asApp, '-e', 'storage_max=20GB')
})

check('what only root could do is told in the plan, with the cure', async () => {
  const told = async (...more: string[]): Promise<string> => {
    const plan = await lab.plan('--limit', 'node0', ...more)
    assert.is(plan.code, 1)
    return plan.summary.failures.map(({ what, fix }) => `${what} ${fix}`).join('\n')
  }
  const share = '/home/app/.local/share'
  const apart = ['-e', `{keep_apart: [${share}/ipfs, ${share}/ipfs-cluster]}`]
  assert.match(await told(...asApp, '-e', 'rootless_dir=/srv/app'), `${share}/ipfs is a kubo repo`)
  assert.match(
    await told(...asApp, ...apart, '-e', 'rootless_dir=/srv/app'),
    /kubo cannot be put there: app may not write to \/srv .*become/,
  )
  const mixed = await told(...asApp, '-e', 'unit_dir=/etc/systemd/system')
  assert.match(mixed, `leave it: -e unit_dir=${share}/services`)
  const elsewhere = ['-e', 'rootless_dir=/home/app/other', '-e', 'unit_dir=/etc/systemd/system']
  const systemd = await told(...asApp, ...apart, ...elsewhere)
  assert.match(systemd, /ipfs.service cannot be put there: app may not write to \/etc\/systemd\/system/)
  assert.match(await told('-e', 'rootless=true'), /the login user, and that is root: set ansible_user/)
})

test.run()
