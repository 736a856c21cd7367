import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findControllerFile } from '../../../src/cli/app/find-controller-file.ts'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)

test('a file is looked for in the folder of its kind, then beside the playbook', () => {
  place.write('a.txt', '')
  assert.equal(findControllerFile([place.folder], 'files', 'a.txt'), { at: join(place.folder, 'a.txt') })
  assert.match(
    JSON.stringify(findControllerFile([place.folder], 'files', 'b.txt')),
    /There is no b\.txt: looked for .*files\/b\.txt/,
  )
  assert.match(JSON.stringify(findControllerFile([place.folder], 'files', 'a.txt/x')), /There is no a\.txt\/x/)
})

test('what is there and cannot be read is told as that', () => {
  symlinkSync('loop', join(place.folder, 'loop'))
  assert.equal(findControllerFile([place.folder], 'files', 'loop'), {
    missing: `${join(place.folder, 'loop')} may not be read (ELOOP).`,
  })
})

test.run()
