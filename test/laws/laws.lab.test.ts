import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createPool } from '../../src/host/pool.ts'
import { targetOf } from '../../src/settings/reach.ts'
import { fc, seed } from '../chance.ts'
import { onLab } from '../cluster/rig.ts'
import { rig } from '../plan/rig.ts'
import type { Hosts } from '../run/local.ts'
import { shared } from '../run/modules.ts'
import { holds } from '../run/property.ts'
import { accountsIn, accountsScript } from './accounts.ts'
import { type Audit, audited, auditing } from './audit.ts'
import { createCounts, judge } from './judge.ts'
import { rootsPlaybook } from './playbooks.ts'
import { rootsEnd, unitsScript } from './tasks.ts'
import { before, besides, files, preparing } from './tree.ts'

// The laws on real hosts, as root: owners, accounts and units too. A second, plain ssh connection judges.

const { lab, check } = onLab('laws')
const numRuns = Number(process.env.RUNBOOK_LAB_RUNS ?? 3)
const root = '/srv/laws'
/** Each lane has hosts of its own, which its playbooks know as node0 and node1. */
const pairs = [
  { node0: 'node0', node1: 'node1' },
  { node0: 'node2', node1: 'node3' },
]
type Pair = Record<string, string>

const hostsOf = async (pair: Pair): Promise<Hosts> => {
  const targets = Object.fromEntries(
    await Promise.all(
      Object.entries(pair).map(async ([name, node]) => [
        name,
        await targetOf(node, lab.hosts[node]!, { become: { user: 'root', method: 'sudo' } }),
      ]),
    ),
  )
  const pool = createPool({ targets })
  return {
    connect: pool.connect,
    root: () => root,
    trips: pool.roundTrips,
    frames: [],
    kill: () => Promise.resolve(),
    hangUp: () => Promise.resolve(),
    revive: () => {},
    letGo: async () => {},
    close: pool.closeAll,
  }
}

check(`laws 2, 3, 4 and 5 on hosts: ${numRuns} playbooks (seed ${seed}) do what their plan says, once`, async () => {
  await lab.raise(4)
  const counts = createCounts()
  const free = [...pairs]
  const property = fc.asyncProperty(rootsPlaybook, before, besides, async (generated, there, more) => {
    const { text, hosts } = generated
    const pair: Pair = free.pop()!
    const made = rig(text, { files, hosts, modules: { shared } }, await hostsOf(pair))
    const onAll = (script: string): Promise<string[]> => Promise.all(hosts.map(host => lab.ssh(pair[host]!, script)))
    const look = async (): Promise<Audit[]> => {
      const accounts = await onAll(accountsScript)
      const units = await onAll(unitsScript)
      const trees = await onAll(auditing(root))
      return trees.map((printed, i) => {
        const { tree, state } = audited(root, printed)
        return { tree, state: `${state}${accounts[i]}${units[i]}`, accounts: accountsIn(accounts[i]!) }
      })
    }
    try {
      await onAll(`${rootsEnd}\n${preparing(root, [...there, ...more])}`)
      await judge(made, generated, look, counts)
      if (more.includes('acl'))
        for (const listed of await onAll(`ls -ld ${root}/acl`)) assert.match(listed, /^-rw-r-----\+|^-rw-.-----\+/)
    } finally {
      await made.close()
      free.push(pair as (typeof pairs)[number])
    }
  })
  await holds(property, numRuns, pairs.length)
  console.log(`  ${counts.text()}`)
})

/** All that can be seen of a disk without touching it, and who runs, but for the connections of who looks. */
const everything = `find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /var/log \\) -prune -o -printf '%p %y %m %U %G %s %T@ %C@ %i %l\\n' | sort
ps -eo pid=,ppid=,user=,args= | awk '$2 != 0 && $2 != 2' | grep -vE 'sshd|ps -eo|awk|grep|sort|sh -c|find /' | sort`

check('law 4: a plan leaves no more behind on a host than `ssh HOST true`', async () => {
  const lines = async (): Promise<string[]> => (await lab.ssh('node0', everything)).split('\n')
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(`${lab.folder}/${path}`), { recursive: true })
    writeFileSync(`${lab.folder}/${path}`, bytes)
  }
  const news = (was: string[], is: string[]): string[] => is.filter(line => !new Set(was).has(line))
  // The command line has no modules of tests.
  const own = rootsPlaybook.filter(({ text }) => !text.includes('"shared"'))
  for (const { text } of fc.sample(own, { numRuns: 5, seed })) {
    writeFileSync(`${lab.folder}/playbook.json`, text.replaceAll('{{ root }}', root).replaceAll('node1', 'node0'))
    const control = await lines()
    await lab.ssh('node0', 'true')
    const first = await lines()
    const words = ['plan', `${lab.folder}/playbook.json`, '-i', lab.inventory, '--limit', 'node0']
    const { code, stderr } = await lab.start(...words).ended
    assert.ok(code === 0 || code === 1, stderr)
    const last = await lines()
    assert.ok(first.length > 1000)
    const same = new Set(news(control, first).map(line => line.split(' ')[0]))
    assert.equal(
      news(first, last).filter(line => !same.has(line.split(' ')[0])),
      [],
    )
    assert.equal(
      news(last, first).filter(line => !same.has(line.split(' ')[0])),
      [],
    )
  }
})

test.run()
