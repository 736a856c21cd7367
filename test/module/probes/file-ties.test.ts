import { spawnSync } from 'node:child_process'
import { chownSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fileProbe } from '../../../src/module/probes/file.ts'
import { makeWith } from '../../run/access-list.ts'
import { probed, temporary } from './local.ts'

const root = temporary()
const tiesOf = (path: string) => {
  const [raw] = probed(fileProbe, [{ item: path, facets: ['digest', 'bytes', 'ties'] }])
  const { answer } = raw!
  if (!answer.exists || answer.ties === undefined) return undefined
  // What a file system sets by itself is not the same on every machine.
  const { flags, ...ties } = answer.ties
  return {
    ...ties,
    ...(flags === undefined ? {} : { set: [...'ia'].filter(letter => flags.includes(letter)).join('') }),
  }
}
const plain = (ties: ReturnType<typeof tiesOf>) => ties && { links: ties.links, acl: ties.acl, fixed: ties.fixed ?? '' }

test('names, access control list and flags of a file, whatever its name', () => {
  for (const name of ['plain', 'a b', 'a\\b', 'größe', "it's", '-n', 'tab\there', 'two\nlines']) {
    const path = join(root, name)
    writeFileSync(path, 'x')
    assert.equal(plain(tiesOf(path)), { links: 1, acl: false, fixed: '' }, name)
    linkSync(path, join(root, 'another'))
    assert.equal(plain(tiesOf(path)), { links: 2, acl: false, fixed: '' }, name)
    spawnSync('rm', ['-f', '--', join(root, 'another')])
  }
})

test('owners whose numbers are of different lengths hide nothing of each other', () => {
  const paths = [1, 12345].map(owner => {
    const path = join(root, `of ${owner}`)
    writeFileSync(path, 'x')
    linkSync(path, `${path} too`)
    chownSync(path, owner, owner)
    return path
  })
  const raws = probed(
    fileProbe,
    paths.map(item => ({ item, facets: ['ties'] })),
  )
  assert.equal(
    raws.map(({ answer }) => answer.exists && answer.ties?.links),
    [2, 2],
  )
})

test('a list, also one that a folder has for what is made in it', () => {
  makeWith(root, 'f', '640', { access: 'user::rw-\nuser:5001:r--\ngroup::---\nmask::r--\nother::---\n' })
  makeWith(root, 'd/', '755', { default: 'user::rwx\nuser:5001:rwx\ngroup::r-x\nmask::rwx\nother::---\n' })
  assert.equal(plain(tiesOf(join(root, 'f'))), { links: 1, acl: true, fixed: '' })
  assert.equal(plain(tiesOf(join(root, 'd'))), { links: 1, acl: true, fixed: '' })
})

test('a folder and a link have one name; what is not there has none', () => {
  mkdirSync(join(root, 'folder/in/it'), { recursive: true })
  symlinkSync('plain', join(root, 'link'))
  assert.equal(plain(tiesOf(join(root, 'folder'))), { links: 1, acl: false, fixed: '' })
  assert.equal(plain(tiesOf(join(root, 'link'))), { links: 1, acl: false, fixed: '' })
  assert.is(tiesOf(join(root, 'none')), undefined)
})

test('flags, where this machine lets them be set', () => {
  const path = join(root, 'plain')
  if (spawnSync('chattr', ['+i', path]).status !== 0) return
  assert.equal([tiesOf(path)?.fixed, tiesOf(path)?.set], ['immutable', 'i'])
  spawnSync('chattr', ['-i', '+a', path])
  assert.equal([tiesOf(path)?.fixed, tiesOf(path)?.set], ['append-only', 'a'])
  spawnSync('chattr', ['-a', path])
})

test('a look without it tells nothing of it', () => {
  const [raw] = probed(fileProbe, [{ item: join(root, 'plain'), facets: [] }])
  assert.not('ties' in raw!.answer)
})

test.run()
