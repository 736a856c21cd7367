import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo } from './network.ts'
import { failures } from './reading.ts'
import { onLab } from './rig.ts'

// What is set on a host outside of the files that the playbook writes: by a login, and beside the units.

const { lab, check } = onLab('surroundings')

/** A login as people have made it: by a guide, by a tool that asked to be put there, by a greeting. */
const exported = [
  'export CLUSTER_SECRET=hello CLUSTER_FOLLOWERMODE=true CLUSTER_PEERNAME=mine CLUSTER_RESTAPI_HTTPLISTENMULTIADDRESS=x',
  'export IPFS_PATH=/root/elsewhere IPFS_CLUSTER_PATH=/root/elsewhere IPFS_LOGGING=debug LIBP2P_FORCE_PNET=0 LIBP2P_TCP_MUX=false',
  'export POSIXLY_CORRECT=1 GREP_OPTIONS=-v TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 TMPDIR=/nonexistent PATH=/root/bin:$PATH',
]
const greeting = [
  `printf 'Welcome to \\033[1m%s\\033[0m, last login never' "$(hostname)"`,
  'printf odd >&2',
  'read -r key',
]
/** Fakes of tools, first in that PATH. */
const fakes =
  'mkdir -p /root/bin; for x in find stat id ls; do printf "#!/bin/sh\\nexit 1\\n" >/root/bin/$x; chmod +x /root/bin/$x; done'

const quoted = (lines: string[]): string => lines.map(line => `'${line.replaceAll("'", `'\\''`)}'`).join(' ')

check('what a login exports, prints and reads is in nothing that is made, and each host is kept', async () => {
  await lab.raise(2)
  await lab.ssh(
    'node0',
    `${fakes}; printf '%s\\n' ${quoted([...exported, ...greeting])} | cat - /root/.bashrc >/root/b && mv /root/b /root/.bashrc`,
  )
  await lab.ssh(
    'node1',
    `printf '%s\\n' CLUSTER_SECRET=hello CLUSTER_FOLLOWERMODE=true IPFS_PATH=/root/elsewhere >>/etc/environment`,
  )
  const told = await lab.apply()
  assert.equal(failures(told), [])
  assert.is(told.code, 0)
  // Steps have a function of that name.
  assert.not.match(told.stdout + told.stderr, /alone(?!\(\)|;| \|\|| &&)/)
  const service = await lab.everywhere('cat /var/lib/ipfs-cluster/service.json </dev/null')
  for (const text of Object.values(service)) {
    assert.not.match(text, /hello|follower|"mine"/)
    assert.match(text, /"secret": "[0-9a-f]{64}"/)
  }
  const made = await lab.everywhere('test -e /root/elsewhere </dev/null && echo made || echo none')
  for (const text of Object.values(made)) assert.match(text, /none$/)
  await needNothingToDo(lab)
})

check('a daemon that a login has restarted has nothing of it', async () => {
  await lab.everywhere('systemctl restart ipfs ipfs-cluster </dev/null')
  await needApplied(lab)
  const environs = await lab.everywhere("cat /proc/$(pidof ipfs-cluster-service)/environ </dev/null | tr '\\0' '\\n'")
  for (const text of Object.values(environs)) assert.not.match(text, /CLUSTER_SECRET|FOLLOWER|TZ|LC_ALL/)
})

/** Writes a file on a host, with the folders on the way. */
const put = (node: string, path: string, lines: string[]): Promise<string> =>
  lab.ssh(node, `mkdir -p $(dirname ${path}) && printf '%s\\n' ${quoted(lines)} >${path} </dev/null`)

/** The plan fails with these words, and as it says. What it names as the command to mend it is run as it stands. */
const needRefused = async (node: string, words: (string | RegExp)[]): Promise<void> => {
  const told = await lab.plan()
  const [failure] = told.summary.failures
  assert.ok(failure, `nothing is refused, though ${words} is there`)
  for (const word of words) assert.match(`${failure.what}\n${failure.why}`, word)
  assert.not.match(JSON.stringify(told.events), 'hello', 'a value may be a secret')
  const command = /^as root there: (.*)$/m.exec(failure.fix ?? '')?.[1]
  assert.ok(command, failure.fix)
  await lab.ssh(node, `${command} </dev/null`)
}

check(
  'what counts more than a unit is refused by its line, whichever file it is in, and the fix that is told mends it',
  async () => {
    await lab.ssh('node0', 'sed -i /./d /root/.bashrc')
    const unit = '/etc/systemd/system/ipfs.service.d/old.conf'
    await put('node0', unit, ['[Service]', 'User=nobody', 'Environment=IPFS_PATH=/srv/old/.ipfs', 'LimitNOFILE=4096'])
    await needRefused('node0', [`${unit}:2 says User=nobody, where the unit says ipfs`, `${unit}:3 sets IPFS_PATH`])
    assert.is(await lab.ssh('node0', `cat ${unit}`), '[Service]\nLimitNOFILE=4096')

    const cluster = '/run/systemd/system/ipfs-.service.d/secret.conf'
    await put('node0', cluster, ['[Service]', 'Environment="CLUSTER_SECRET=hello"'])
    await needRefused('node0', [`${cluster}:2 sets CLUSTER_SECRET`])

    await put('node0', '/etc/default/cluster', ['# of a guide', 'CLUSTER_FOLLOWERMODE=true'])
    const all = '/etc/systemd/system/service.d/all.conf'
    await put('node0', all, ['[Service]', 'EnvironmentFile=-/etc/default/cluster'])
    await needRefused('node0', [`${all}:2 reads /etc/default/cluster, which sets CLUSTER_FOLLOWERMODE (line 2)`])

    await lab.ssh('node0', 'systemctl set-environment CLUSTER_SECRET=hello')
    await needRefused('node0', ['systemd gives CLUSTER_SECRET to every service'])
  },
)

check('what only limits is kept and told, and takes effect; then there is nothing left to do', async () => {
  const told = await lab.apply()
  assert.equal(failures(told), [])
  const kept = told.events.filter(event => event.type === 'warning' && event.text.includes('LimitNOFILE=4096'))
  assert.is(kept.length > 0, true)
  assert.match(await lab.ssh('node0', 'grep "open files" /proc/$(pidof ipfs)/limits'), / 4096 /)
  await needNothingToDo(lab)
})

check('a daemon that was started with what is gone since is restarted', async () => {
  const path = '/run/systemd/system/ipfs-cluster.service.d/x.conf'
  await put('node1', path, ['[Service]', 'Environment=CLUSTER_MONITORPINGINTERVAL=7s'])
  await lab.ssh('node1', 'systemctl daemon-reload && systemctl restart ipfs-cluster')
  await lab.ssh('node1', `rm -r ${path.replace(/[/]x.conf$/, '')} && systemctl daemon-reload`)
  const plan = await lab.plan()
  const [due] = plan.events.filter(event => event.type === 'planned' && event.node === 'node1/restart_ipfs_cluster')
  assert.match(JSON.stringify(due), 'it runs with another CLUSTER_MONITORPINGINTERVAL than its unit gives it')
  await needApplied(lab)
  assert.not.match(await lab.ssh('node1', "tr '\\0' '\\n' </proc/$(pidof ipfs-cluster-service)/environ"), 'MONITOR')
  await needNothingToDo(lab)
})

check('settings that a hand has changed, and a restart by hand, are undone with the files', async () => {
  const set = 'sed -i \'s/"StorageMax": "10GB"/"StorageMax": "9GB"/\' /var/lib/ipfs/config'
  await lab.ssh('node1', `${set} && systemctl restart ipfs`)
  const before = await lab.ssh('node1', 'pidof ipfs')
  await needApplied(lab)
  assert.is.not(await lab.ssh('node1', 'pidof ipfs'), before)
  await needNothingToDo(lab)
})

test.run()
