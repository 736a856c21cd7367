import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { leftovers, tracesEverywhere } from './leftovers.ts'
import { hangUp, link, needAnswers, needApplied, needNothingToDo, silentPairs } from './network.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('killed')

/** What ends a run: a signal, the end of its connection to node2, or of the network to node2 and then of the run itself. */
type End = 'SIGKILL' | 'SIGINT' | 'hang up' | 'silence'

/** A host that was cut off may not know yet that its run is gone. */
const patience = ['--lock-timeout', '60']

/** Ends a run so long after a task of node2 has begun; returns the run's exit code, null if it had none. */
const stopAt = async (task: string, ms: number, end: End): Promise<number | null> => {
  let mend = async (): Promise<void> => {}
  const strike = async (run: ChildProcess): Promise<unknown> => {
    await sleep(ms)
    if (end === 'hang up') return hangUp(lab, 'node2')
    if (end !== 'silence') return run.kill(end)
    await link(lab, 'node2', 'down')
    mend = () => link(lab, 'node2', 'up').then(() => needAnswers(lab))
    return run.kill('SIGKILL')
  }
  const { code } = await lab.applyUntil(`node2/${task}`, strike, ...patience)
  await mend()
  return code
}

const programs = 'find /usr/local/lib/kubo /usr/local/lib/ipfs-cluster /etc/systemd/system /var/lib/ipfs/swarm.key'
const digests = async (node: string): Promise<Map<string, string>> => {
  const text = await lab.ssh(node, `${programs} -type f ! -path '*/.*' -exec sha256sum {} + 2>/dev/null; :`)
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map(line => [line.slice(66), line.slice(0, 64)] as const),
  )
}
const documents = ['ipfs/config', 'ipfs-cluster/service.json', 'ipfs-cluster/identity.json']

/** What stands on node2 under a final name and is not whole. What is the same on all hosts is compared with node1's. */
const torn = async (): Promise<string[]> => {
  const [good, now] = [await digests('node1'), await digests('node2')]
  const other = [...now].filter(([path, digest]) => good.get(path) !== digest).map(([path]) => path)
  const texts = await Promise.all(
    documents.map(name => lab.ssh('node2', `cat /var/lib/${name} 2>/dev/null || echo {}`)),
  )
  const isJson = (text: string): boolean => {
    try {
      return typeof JSON.parse(text) === 'object'
    } catch {
      return false
    }
  }
  return [...other, ...documents.filter((_, i) => !isJson(texts[i]!))]
}

/** Asserts that the next run finishes what was cut off, leaves nothing of it lying about, and the one after finds nothing. */
const needMended = async (): Promise<void> => {
  await needApplied(lab, ...patience)
  await needNothingToDo(lab)
  const { node1, node2 } = await tracesEverywhere(lab)
  assert.equal(leftovers({ node2: node1! }, { node2: node2! }), [])
  assert.equal(await silentPairs(lab), [])
}

const replace = async (): Promise<void> => {
  await lab.lab('rm', 'node2')
  await lab.lab('add', 'node2')
}

type Moment = [task: string, ms: number, end: End]
/** Exit codes: a host that is lost is told as one that cannot be reached. */
const codes: Record<End, number | null> = { SIGKILL: null, SIGINT: 130, 'hang up': 3, silence: null }
const rounds: Moment[][] = [
  [
    ['install_kubo', 60, 'SIGKILL'],
    ['make_the_ipfs_repo', 40, 'SIGKILL'],
    ['start_ipfs', 150, 'SIGKILL'],
  ],
  [
    ['install_ipfs_cluster', 200, 'SIGKILL'],
    ['share_the_swarm_key', 30, 'SIGKILL'],
    ['make_the_cluster_peer', 100, 'SIGINT'],
    ['share_the_cluster_secret', 30, 'SIGKILL'],
  ],
  [
    ['install_kubo', 60, 'silence'],
    ['install_ipfs_cluster', 60, 'hang up'],
    ['configure_kubo_for_a_private_network', 20, 'hang up'],
    ['make_the_cluster_peer', 100, 'silence'],
  ],
]

check('a group to begin with', async () => {
  await lab.raise()
  await needApplied(lab)
})

for (const round of rounds)
  check(
    `stopped at ${round.map(([task]) => task).join(', then ')}: no file is torn, the next run finishes`,
    async () => {
      await replace()
      for (const [task, ms, end] of round) {
        assert.is(await stopAt(task, ms, end), codes[end], task)
        assert.equal(await torn(), [], `after ${task}`)
      }
      await needMended()
    },
  )

test.run()
