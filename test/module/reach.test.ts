import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BoundReach, reaches, reachHits } from '../../src/module/reach.ts'

const reach = (over: string[], except: string[] = [], written: string[] = []): BoundReach => ({ over, except, written })

test('what is written before is not reached, nor a member of it; its neighbours are', () => {
  const all = reach(['any'], [], ['path:/srv/a', 'member:/srv/j#x', 'unit:db.service'])
  assert.not(reaches(all, ['path:/srv/a']))
  assert.not(reaches(all, ['member:/srv/a#x']))
  assert.not(reaches(all, ['member:/srv/j#x.y']))
  assert.not(reaches(all, ['unit:db.service']))
  for (const look of ['path:/srv/b', 'member:/srv/j#y', 'path:/srv/j', 'children:/srv', 'unit:web.service', 'user:u'])
    assert.ok(reaches(all, [look]), look)
  assert.ok(reaches(all, ['path:/srv/a', 'path:/srv/b']), 'a part is enough')
})

test('of what is open and what is shut within each other the narrower counts', () => {
  const strict = reach(['any', 'tree:/srv/rw'], ['tree:/', 'tree:/srv/rw/ro'])
  assert.not(reaches(strict, ['path:/etc/x']))
  assert.not(reaches(strict, ['path:/srv/rw/ro/x']))
  assert.ok(reaches(strict, ['path:/srv/rw/x']))
  assert.ok(reaches(strict, ['tree:/srv']))
  assert.ok(
    reaches(strict, ['unit:x.service']),
    'a file system that may not be written keeps nobody from starting units',
  )
  assert.not(reaches(reach(['tree:/srv']), ['path:/etc/x']))
})

test('a folder that something was written into stays a folder', () => {
  assert.equal(reachHits(reach(['any'], [], ['path:/srv/d/a']), ['path:/srv/d']), ['children:/srv/d'])
  assert.equal(reachHits(reach(['any']), ['path:/srv/d']), ['any'])
})

test.run()
