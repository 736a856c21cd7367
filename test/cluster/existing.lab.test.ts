import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needNothingToDo } from './network.ts'
import { failures, plannedOf } from './reading.ts'
import { onLab, type Told } from './rig.ts'

// Hosts with a past: what is on them that runbook has not made is named and left alone, and each way out works as it is
// written.

const { lab, check } = onLab('existing')

const refusal = (told: Told, node: string): { why: string; fix: string } => {
  const found = plannedOf(told).find(one => one.node.startsWith(`${node}/`) && one.verdict === 'fail')
  assert.ok(found?.failure, `${node} is refused: ${failures(told).join('\n')}`)
  return { why: found.failure.why ?? found.failure.what, fix: found.failure.fix ?? '' }
}
/** The words of a command in a fix, as a shell parts them. */
const wordsIn = async (fix: string, begin: string): Promise<string[]> => {
  const command = fix.split('`').find(text => text.startsWith(begin))
  assert.ok(command, `a command that begins with ${begin}: ${fix}`)
  return (await lab.must('sh', '-c', `printf '%s\\n' ${command.slice(begin.length)}`)).trim().split('\n')
}
const playbookCommand = 'runbook apply playbooks/private-cluster.yml '
const idAt = (node: string, path: string): Promise<string> =>
  lab.ssh(node, `sed -n 's/.*"PeerID": "\\(.*\\)".*/\\1/p' ${path}/config`)

const guideUnit = `[Unit]
Description=IPFS daemon
[Service]
Type=notify
User=ada
ExecStart=/usr/local/bin/ipfs daemon
[Install]
WantedBy=multi-user.target
`
let apart: string[] = []
let before = { unit: '', account: '', id: '', pid: '' }
const past = async (): Promise<typeof before> => ({
  unit: await lab.ssh('node1', 'cat /etc/systemd/system/ipfs.service'),
  account: await lab.ssh('node1', 'getent passwd ada root; grep ^ada: /etc/shadow'),
  id: await lab.ssh('node1', 'su ada -c "/usr/local/bin/ipfs id -f \'<id>\'"'),
  pid: await lab.ssh('node1', 'systemctl show -P MainPID ipfs'),
})

check('another guide’s unit, run by somebody who logs in: refused, and named with what it runs', async () => {
  await lab.raise(2)
  await lab.must('tar', '-xzf', `${lab.artifacts}/kubo_v0.42.0_linux-amd64.tar.gz`, '-C', lab.folder)
  const { ansible_host, ansible_ssh_private_key_file, ansible_ssh_common_args } = lab.hosts.node1!
  const options = ['-F', 'none', '-i', ansible_ssh_private_key_file, ...ansible_ssh_common_args.split(' ')]
  await lab.must('scp', '-q', ...options, `${lab.folder}/kubo/ipfs`, `root@${ansible_host}:/usr/local/bin/ipfs`)
  await lab.ssh(
    'node1',
    `useradd -m -s /bin/bash ada && echo ada:secret | chpasswd && su ada -c 'cd && ipfs init --profile=autoconf-off' >/dev/null && printf '%s' '${guideUnit}' >/etc/systemd/system/ipfs.service && systemctl enable --now ipfs 2>/dev/null`,
  )
  before = await past()
  const told = await lab.plan()
  const { why, fix } = refusal(told, 'node1')
  assert.match(why, 'ipfs.service is not runbook')
  for (const words of ['as ada', '/home/ada/.ipfs', before.id, 'no swarm key', '1 pin']) assert.match(why, words)
  apart = await wordsIn(fix, playbookCommand)
})

check('neither that account nor root becomes the network’s', async () => {
  const ada = await lab.plan('-e', 'ipfs_user=ada', '-e', 'ipfs_path=/home/ada/.ipfs')
  assert.match(refusal(ada, 'node1').why, 'it has a password, its shell is /bin/bash')
  const root = await lab.plan('-e', 'ipfs_user=root', '-e', 'ipfs_path=/root/.ipfs')
  assert.match(refusal(root, 'node0').why, 'root is root')
  assert.equal(await past(), before)
})

check('kept apart by the command of the failure, beside a network in a linked and in a mounted place', async () => {
  await lab.ssh(
    'node0',
    'mkdir -p /home/app/ipfs /var/lib/ipfs-cluster && ln -s /home/app/ipfs /var/lib/ipfs && mount -t tmpfs disk /var/lib/ipfs-cluster && mkdir /var/lib/ipfs-cluster/lost+found',
  )
  const told = await lab.apply(...apart)
  assert.equal(failures(told), [])
  assert.is(told.code, 0)
  assert.equal(await past(), before)
  await needNothingToDo(lab, ...apart)
})

check('another ipfs_path is refused, and moved by the command of the failure: the same node, elsewhere', async () => {
  const elsewhere = [...apart, '-e', 'ipfs_path=/srv/ipfs']
  const ids = await Promise.all(lab.nodes.map(node => idAt(node, '/var/lib/ipfs')))
  const told = await lab.plan(...elsewhere)
  for (const node of lab.nodes) {
    const { why, fix } = refusal(told, node)
    assert.match(why, 'runs another one than /srv/ipfs: /var/lib/ipfs is a kubo repo')
    const command = fix.split('`').find(text => text.startsWith('systemctl stop'))
    assert.ok(command, fix)
    await lab.ssh(node, command)
  }
  const ran = await lab.apply(...elsewhere)
  assert.equal(failures(ran), [])
  assert.equal(await Promise.all(lab.nodes.map(node => idAt(node, '/srv/ipfs'))), ids)
  assert.equal(await past(), before)
  await needNothingToDo(lab, ...elsewhere)
})

test.run()
