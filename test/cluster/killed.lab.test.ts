import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo, silentPairs } from './network.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('killed')

/** Sends a signal to a run so long after a task of node2 has begun; returns the run's exit code, null if it had none. */
const stopAt = async (task: string, ms: number, signal: 'SIGKILL' | 'SIGINT'): Promise<number | null> =>
  (
    await lab.applyUntil(`node2/${task}`, async run => {
      await sleep(ms)
      run.kill(signal)
    })
  ).code

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

/** Every path of a host, but for what daemons keep and what the machine writes by itself. */
const paths = async (node: string): Promise<Set<string>> => {
  const besides = ['/proc', '/sys', '/run', '/var/log', '/var/lib/ipfs/blocks', '/var/lib/ipfs/datastore']
  const text = await lab.ssh(
    node,
    `find / -xdev \\( ${besides.map(path => `-path ${path}`).join(' -o ')} \\) -prune -o -print`,
  )
  // The folders in which systemd keeps a unit's own /tmp have random names.
  return new Set(text.split('\n').filter(path => !path.includes('/systemd-private-')))
}

/** Asserts that the next run finishes what was cut off, leaves nothing of it lying about, and the one after finds nothing. */
const needMended = async (): Promise<void> => {
  await needApplied(lab)
  await needNothingToDo(lab)
  const [good, now] = [await paths('node1'), await paths('node2')]
  assert.equal([...good.symmetricDifference(now)], [])
  assert.equal(await silentPairs(lab), [])
}

const replace = async (): Promise<void> => {
  await lab.lab('rm', 'node2')
  await lab.lab('add', 'node2')
}

type Moment = [task: string, ms: number, signal: 'SIGKILL' | 'SIGINT']
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
      for (const [task, ms, signal] of round) {
        assert.is(await stopAt(task, ms, signal), signal === 'SIGINT' ? 130 : null, task)
        assert.equal(await torn(), [], `after ${task}`)
      }
      await needMended()
    },
  )

test.run()
