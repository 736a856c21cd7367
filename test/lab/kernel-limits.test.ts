import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type KernelState, kernelState, keysIn, memoryIn, shortages } from '../../src/lab/kernel-limits.ts'

const plenty: KernelState = {
  inotify: { used: 10, limit: 8192 },
  rootKeys: { used: 6, limit: 1_000_000 },
  userKeys: { used: 0, limit: 200 },
  files: { used: 1400, limit: 2_000_000 },
  tasks: { used: 200, limit: 30_000 },
  memory: { used: 1300, limit: 24_000 },
  cgroups: 'writable',
}

test('where there is enough of everything nothing is said', () => {
  assert.equal(shortages(plenty, 3), [])
  assert.equal(shortages({ cgroups: 'writable' }, 50), [])
  assert.equal(shortages({ ...plenty, inotify: { used: 128, limit: 128 }, cgroups: 'none' }, 0), [])
})

test('each thing that is short is one sentence with the command that mends it', () => {
  for (const [short, said] of [
    [
      { inotify: { used: 110, limit: 128 } },
      'short of inotify instances: 3 more hosts take about 24, 18 of 128 are left; to mend it: sysctl -w fs.inotify.max_user_instances=256',
    ],
    [{ rootKeys: { used: 199, limit: 200 } }, 'sysctl -w kernel.keys.root_maxkeys='],
    [{ userKeys: { used: 196, limit: 200 } }, 'sysctl -w kernel.keys.maxkeys='],
    [{ files: { used: 900, limit: 1000 } }, 'sysctl -w fs.file-max='],
    [{ tasks: { used: 90, limit: 100 } }, 'echo 512 >/sys/fs/cgroup/pids'],
    [{ memory: { used: 900, limit: 1000 } }, 'runbook lab list'],
    [{ cgroups: 'read-only' }, 'mount -o remount,rw /sys/fs/cgroup'],
    [{ cgroups: 'none' }, 'mount -t cgroup2 none /sys/fs/cgroup'],
  ] as [Partial<KernelState>, string][]) {
    const all = shortages({ ...plenty, ...short }, 3)
    assert.is(all.length, 1, all.join('\n'))
    assert.ok(all[0]!.endsWith(said) || all[0]!.includes(`to mend it: ${said}`), all[0])
    assert.not.match(all[0]!, '\n')
  }
})

test('what mends it is enough for these hosts, and one host is told in the singular', () => {
  const [text] = shortages({ ...plenty, inotify: { used: 128, limit: 128 } }, 1) as [string]
  assert.match(text, 'one more host takes about 8, 0 of 128 are left')
  for (const hosts of [1, 3, 50]) {
    const short = { ...plenty, inotify: { used: 128, limit: 128 } }
    const limit = Number(/=(\d+)$/.exec(shortages(short, hosts)[0]!)![1])
    assert.equal(shortages({ ...short, inotify: { used: 128, limit } }, hosts), [])
  }
})

test('keys are counted for root, and for the user who is nearest to the limit', () => {
  const text =
    '    0:    12 11/11 6/1000000 55/25000000\n  100:     3 3/3 3/200 40/20000\n  999:    80 80/80 90/200 9/20000\n'
  assert.equal(keysIn(text), { root: { used: 6, limit: 1_000_000 }, user: { used: 90, limit: 200 } })
  assert.equal(keysIn(''), {})
})

test("memory is the machine's, or that of the control group where it has less left", () => {
  const meminfo = 'MemTotal:       4194304 kB\nMemFree: 10 kB\nMemAvailable:   2097152 kB\n'
  assert.equal(memoryIn(meminfo, undefined), { used: 2048, limit: 4096 })
  assert.equal(memoryIn(meminfo, 2 ** 30, 2 ** 29), { used: 512, limit: 1024 })
  assert.equal(memoryIn(meminfo, 2 ** 33, 2 ** 20), { used: 2048, limit: 4096 })
  assert.is(memoryIn('', undefined), undefined)
})

test('this machine can be asked, whoever asks', () => {
  const { cgroups, memory } = kernelState()
  assert.ok(['writable', 'read-only', 'none'].includes(cgroups))
  assert.ok(memory === undefined || memory.limit > memory.used)
})

test.run()
