import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../../src/core/value.ts'
import { type FileAnswer, fileProbe } from '../../../src/module/probes/file.ts'
import { stepScript } from '../../../src/run/step-script.ts'
import { probed, sh, temporary } from './local.ts'

const root = temporary()
const digestOf = (path: string): string => {
  const [raw] = probed(fileProbe, [{ item: path, facets: ['digest', 'bytes'] }])
  return (raw!.answer as Extract<FileAnswer, { kind: 'file' }>).content.digest
}
const leaveReceipt = (path: string, digest: string): string =>
  sh(stepScript({ do: 'receipt', path, digest }, new Map(), 'root')!)
/** A receipt that says something else tells whether it was believed. */
const forge = (path: string, digest: string, format = '%s %.9Z %i'): void => {
  const at = join(path, '..', `.${path.slice(path.lastIndexOf('/') + 1)}.receipt`)
  writeFileSync(at, `${sh(`stat -c '${format}' -- '${path}'`).trim()} ${digest}\n`)
}
const other = 'f'.repeat(64)
const big = Buffer.alloc(6_000_000, 'big')

test('a receipt that fits spares the hashing', () => {
  const path = join(root, 'big file')
  writeFileSync(path, big)
  leaveReceipt(path, sha256(big))
  assert.ok(existsSync(join(root, '.big file.receipt')))
  assert.is(digestOf(path), sha256(big))
  forge(path, other)
  assert.is(digestOf(path), other)
})

test('there is no receipt of what is not there', () => {
  assert.throws(() => leaveReceipt(join(root, 'nothing'), other))
  assert.not(existsSync(join(root, '.nothing.receipt')))
})

test('a name may hold what a line or a quote would end', () => {
  const path = join(root, "it's a\nname \\")
  writeFileSync(path, big)
  leaveReceipt(path, sha256(big))
  assert.is(digestOf(path), sha256(big))
  writeFileSync(
    join(root, ".it's a\nname \\.receipt"),
    `${sh(`stat -c '%s %.9Z %i' -- "${root}/it's a\nname \\\\"`).trim()} ${other}\n`,
  )
  assert.is(digestOf(path), other)
})

test('a file that was written, replaced or touched since is hashed again', () => {
  const path = join(root, 'stale')
  writeFileSync(path, big)
  forge(path, other)
  sh(`chmod 700 ${path}`)
  assert.is(digestOf(path), sha256(big), 'its ctime is another')
  forge(path, other)
  writeFileSync(path, 'short')
  assert.is(digestOf(path), sha256('short'), 'its content is another')
  forge(path, other)
  writeFileSync(`${path}.new`, big)
  renameSync(`${path}.new`, path)
  assert.is(digestOf(path), sha256(big), 'its inode is another')
})

test('whole seconds are no proof: a receipt has to know the nanosecond', () => {
  const path = join(root, 'second')
  writeFileSync(path, big)
  forge(path, other, '%s %Z %i')
  assert.is(digestOf(path), sha256(big))
})

test('a receipt that was cut, is empty or is a folder counts for nothing', () => {
  const path = join(root, 'cut')
  writeFileSync(path, big)
  writeFileSync(join(root, '.cut.receipt'), '')
  assert.is(digestOf(path), sha256(big))
  writeFileSync(join(root, '.cut.receipt'), `${big.length} 17`)
  assert.is(digestOf(path), sha256(big))
  sh(`rm ${root}/.cut.receipt`)
  mkdirSync(join(root, '.cut.receipt'))
  assert.is(digestOf(path), sha256(big))
})

test('a digest cut short is not taken for one', () => {
  const path = join(root, 'short')
  writeFileSync(path, 'x')
  forge(path, 'abc')
  assert.is(digestOf(path), sha256('x'))
})

test('receipts beside some of many files', () => {
  const paths = ['r1', 'r2', 'r3'].map(name => join(root, name))
  for (const path of paths) writeFileSync(path, path)
  forge(paths[1]!, other)
  const found = probed(
    fileProbe,
    paths.map((item, i) => ({ item, facets: i === 1 ? ['digest'] : ['digest', 'bytes'] })),
  )
  assert.equal(
    found.map(raw => {
      const { content } = raw.answer as Extract<FileAnswer, { kind: 'file' }>
      return [content.digest, `${content.bytes}`]
    }),
    [
      [sha256(paths[0]!), paths[0]],
      [other, ''],
      [sha256(paths[2]!), paths[2]],
    ],
  )
})

test('a receipt is not believed against the bytes themselves', () => {
  const path = join(root, 'small')
  writeFileSync(path, 'x')
  forge(path, other)
  assert.is(probed(fileProbe, [{ item: path, facets: ['digest', 'bytes'] }])[0]!.torn, 1)
})

if (process.getuid?.() === 0)
  test('a receipt that somebody else may have written is not believed', () => {
    const receiptOf = (path: string): string => join(path, '..', `.${path.slice(path.lastIndexOf('/') + 1)}.receipt`)
    const ways: Record<string, (folder: string, path: string) => void> = {
      'their folder': folder => chownSync(folder, 12345, 12345),
      'a folder that others may write to': folder => chmodSync(folder, 0o1777),
      'a folder that a group may write to': folder => chmodSync(folder, 0o775),
      'their file': (_, path) => chownSync(receiptOf(path), 12345, 12345),
      'a file that others may write to': (_, path) => chmodSync(receiptOf(path), 0o666),
      'a file of two names': (folder, path) => linkSync(receiptOf(path), join(folder, 'other')),
      'a link': (folder, path) => {
        renameSync(receiptOf(path), join(folder, 'other'))
        symlinkSync('other', receiptOf(path))
      },
    }
    for (const [what, change] of Object.entries(ways)) {
      const folder = join(root, what)
      mkdirSync(folder)
      const path = join(folder, 'f')
      writeFileSync(path, big)
      forge(path, other)
      assert.is(digestOf(path), other, what)
      change(folder, path)
      assert.is(digestOf(path), sha256(big), what)
    }
  })

if (process.getuid?.() === 0)
  test('no receipt is written where others may write, and through no link', () => {
    const folder = join(root, 'theirs')
    mkdirSync(folder)
    const path = join(folder, 'f')
    const target = join(root, 'target')
    writeFileSync(target, 'root alone')
    writeFileSync(path, big)
    symlinkSync(target, join(folder, '.f.receipt'))
    leaveReceipt(path, sha256(big))
    assert.is(readFileSync(target, 'utf8'), 'root alone')
    assert.is(digestOf(path), sha256(big))
    chownSync(folder, 12345, 12345)
    rmSync(join(folder, '.f.receipt'))
    symlinkSync(target, join(folder, '.f.receipt'))
    leaveReceipt(path, sha256(big))
    assert.is(readFileSync(target, 'utf8'), 'root alone')
  })

test.run()
