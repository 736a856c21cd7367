import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Deed } from '../../src/plan/deed.ts'
import { ownerlessHindrance } from '../../src/plan/mount-hindrance.ts'

const mount = (at: string, type: string) => ({ at, type, source: '/dev/sdb1', readOnly: false })
const mounts = [mount('/', 'ext4'), mount('/media/stick', 'vfat'), mount('/media/stick/inner', 'ext4')]
const deed = (path: string, way: Deed['way'] = 'placed'): Deed => ({
  path,
  real: path,
  way,
  patch: {},
  there: undefined,
})

test('a disk that keeps no owners: nothing is put there where others may write', () => {
  assert.match(ownerlessHindrance(mounts, deed('/media/stick/a'), false)!.why, '(vfat at /media/stick)')
  assert.match(ownerlessHindrance(mounts, deed('/media/stick/a/b', 'adjusted'), false)!.fix, 'umask=022 /media/stick')
  for (const [path, way, isAlone] of [
    ['/media/stick/a', 'placed', true],
    ['/media/stick/a', 'removed', false],
    ['/media/stick/inner/a', 'placed', false],
    ['/media/a', 'placed', false],
  ] as const)
    assert.is(ownerlessHindrance(mounts, deed(path, way), isAlone), undefined, `${way} ${path}`)
})

test.run()
