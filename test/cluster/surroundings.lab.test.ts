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
  assert.not.match(told.stdout + told.stderr, 'alone')
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

test.run()
