import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mounts } from '../../../src/module/probes/mounts.ts'
import { taskUser } from '../../../src/module/probes/task-user.ts'
import { asNobody, local, probed } from './local.ts'

const told = (text: string) =>
  mounts.probe.read({ stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0 }, [])[0]

test('mounts: where, of what kind, from where, and whether for reading only', () => {
  assert.equal(
    told(`22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 254:1 /srv/orig /srv/a\\040b rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw
24 22 0:21 / /mnt ro,nosuid - nfs host:/export rw
25 22 0:22 / /media rw - iso9660 /dev/sr0 ro
`),
    [
      { at: '/', type: 'ext4', source: '/dev/vda1', readOnly: false },
      { at: '/srv/a b', type: 'ext4', source: '/srv/orig of /dev/vda1', readOnly: false },
      { at: '/mnt', type: 'nfs', source: 'host:/export', readOnly: true },
      { at: '/media', type: 'iso9660', source: '/dev/sr0', readOnly: true },
    ],
  )
})

test('the mounts of this machine, and none where nothing tells them', () => {
  const [found] = probed(mounts.probe, [{ item: 'mounts', facets: [] }])
  assert.ok((found as { at: string }[]).some(({ at }) => at === '/'))
  assert.equal(told(''), [])
})

test('who asks: number, groups and name', () => {
  const ask = (run: typeof local) =>
    taskUser.parse(probed(taskUser.probe, [{ item: taskUser.item, facets: [] }], run)[0])
  if (process.getuid?.() !== 0) return
  assert.equal(ask(local)?.uid, 0)
  const found = ask(asNobody as typeof local)
  assert.equal([found?.uid, found?.name, found?.gids.includes(65534)], [65534, 'nobody', true])
})

test.run()
