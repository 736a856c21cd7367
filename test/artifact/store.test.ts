import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cacheFolder } from '../../src/artifact/store.ts'
import { absent, pack, present, publish, sha512, storeAt, temporaryFolder } from './rig.ts'

const NAME = 'kubo_v0.42.0_linux-amd64.tar.gz'
const kubo = gzipSync(pack({ 'kubo/ipfs': 'program', 'kubo/install.sh': '#!/bin/sh\n' }))

const rig = (): { folder: string; cache: string } & Disposable => {
  const base = temporaryFolder()
  const folder = join(base.path, 'artifacts')
  mkdirSync(folder)
  return { folder, cache: join(base.path, 'cache'), [Symbol.dispose]: () => base[Symbol.dispose]() }
}

const entryIn = (cache: string): string => join(cache, sha512(kubo).slice(0, 16))

test('an archive is checked, copied and read once', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const found = present(await storeAt(at).find(NAME))
  assert.is(found.file, join(entryIn(at.cache), NAME))
  assert.is(found.sha512, sha512(kubo))
  assert.is(found.size, kubo.length)
  assert.equal(found.members.map(member => `${member.kind} ${member.path} ${member.size}`).sort(), [
    'directory kubo 0',
    'file kubo/install.sh 10',
    'file kubo/ipfs 7',
  ])
  assert.equal(readdirSync(at.cache), [sha512(kubo).slice(0, 16)], 'nothing temporary is left')
})

test('a second run reads neither the archive nor its copy', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const first = present(await storeAt(at).find(NAME))
  // What the index says is believed as long as the stamps are the same: a mark in it shows that it was used.
  const index = join(entryIn(at.cache), 'index.json')
  writeFileSync(index, readFileSync(index, 'utf8').replace(first.sha256, 'mark'))
  assert.is(present(await storeAt(at).find(NAME)).sha256, 'mark')
})

test('the cache alone is enough for bytes that are asked for, whatever their name was', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const first = present(await storeAt(at).find(NAME))
  const pinned = sha512(kubo)
  assert.equal(present(await storeAt({ cache: at.cache }).find(NAME, { pinned })), first)
  assert.equal(present(await storeAt({ cache: at.cache }).find('other.tgz', { pinned })), {
    ...first,
    name: 'other.tgz',
  })
})

test('what a folder held once is not taken for the right one where nothing says so', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await storeAt(at).find(NAME))
  assert.match(
    absent(await storeAt({ cache: at.cache }).find(NAME)).missing,
    `came from ${at.folder}, and nothing says`,
  )
})

test('a copy with another time is read again and found whole; a changed one is not used', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const { file } = present(await storeAt(at).find(NAME))
  const pinned = sha512(kubo)
  utimesSync(file, 1, 1)
  assert.is(present(await storeAt({ cache: at.cache }).find(NAME, { pinned })).file, file)
  writeFileSync(`${file}.new`, Buffer.alloc(kubo.length, 'x'))
  renameSync(`${file}.new`, file)
  absent(await storeAt({ cache: at.cache }).find(NAME, { pinned }))
  present(await storeAt(at).find(NAME))
  assert.equal(readFileSync(file), kubo, 'a good one takes the place of the damaged one')
})

test('an index that cannot be read is made again', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await storeAt(at).find(NAME))
  writeFileSync(join(entryIn(at.cache), 'index.json'), '{"format": 1')
  present(await storeAt(at).find(NAME))
})

test('finding one name at the same time is done once', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const store = storeAt(at)
  const first = store.find(NAME)
  assert.is(store.find(NAME), first)
  assert.is(present(await first), await store.find(NAME))
})

test('several stores and processes at once end with one good entry', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const script = `const { storeAt } = await import(${JSON.stringify(join(import.meta.dirname, 'rig.ts'))})
    const found = await storeAt(${JSON.stringify({ folder: at.folder, cache: at.cache })}).find('${NAME}')
    process.exitCode = found.sha512 === '${sha512(kubo)}' ? 0 : 1`
  const run = (): Promise<number | null> =>
    new Promise(done =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }).on('close', done),
    )
  const here = Array.from({ length: 8 }, () => storeAt(at).find(NAME))
  const codes = await Promise.all([run(), run()])
  assert.equal(codes, [0, 0])
  for (const found of await Promise.all(here)) assert.is(present(found).file, join(entryIn(at.cache), NAME))
  assert.equal(readdirSync(at.cache).length, 1)
})

test('what a killed run left is removed after a day', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  mkdirSync(join(at.cache, '.new-old'), { recursive: true })
  mkdirSync(join(at.cache, '.new-young'))
  utimesSync(join(at.cache, '.new-old'), 1, 1)
  present(await storeAt(at).find(NAME))
  assert.not(existsSync(join(at.cache, '.new-old')))
  assert.ok(existsSync(join(at.cache, '.new-young')))
})

test('nothing given, no folder, no file: each says what is missing and what to do', async () => {
  using at = rig()
  const nothing = absent(await storeAt({ cache: at.cache }).find(NAME))
  assert.match(nothing.missing, 'no folder of archives was given')
  assert.match(nothing.fix, `--artifacts DIR (or RUNBOOK_ARTIFACTS=DIR) with ${NAME} and ${NAME}.sha512`)
  const store = storeAt({ ...at, folder: `${at.folder}-not` })
  assert.match(absent(await store.find(NAME)).missing, `${at.folder}-not does not exist`)
  assert.match(absent(await storeAt(at).find(NAME)).missing, `not in ${at.folder}, and it is not in the cache`)
  assert.match(absent(await storeAt(at).find('../x.tar.gz')).missing, 'not the name of an archive')
})

test('an absent archive is looked for again', async () => {
  using at = rig()
  const store = storeAt(at)
  absent(await store.find(NAME))
  publish(at.folder, NAME, kubo)
  present(await store.find(NAME))
})

test('another version that is there is offered', async () => {
  using at = rig()
  publish(at.folder, 'kubo_v0.43.0_linux-amd64.tar.gz', kubo)
  assert.match(absent(await storeAt(at).find(NAME)).fix, 'did you mean kubo_v0.43.0_linux-amd64.tar.gz?')
})

test('a .sha512 that is missing, empty, or of something else', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const sum = join(at.folder, `${NAME}.sha512`)
  writeFileSync(sum, `${'0'.repeat(128)}  ${NAME}\n`)
  assert.match(absent(await storeAt(at).find(NAME)).missing, 'is not what its .sha512 says')
  writeFileSync(sum, `${sha512(kubo)}  other.tar.gz\n`)
  assert.match(absent(await storeAt(at).find(NAME)).missing, 'says no digest')
  writeFileSync(sum, '')
  assert.match(absent(await storeAt(at).find(NAME)).missing, 'says no digest')
  rmSync(sum)
  assert.match(absent(await storeAt(at).find(NAME)).missing, `has no ${NAME}.sha512 beside it`)
  writeFileSync(sum, `${sha512(kubo).toUpperCase()} *${NAME}\n`)
  present(await storeAt(at).find(NAME))
})

test('the .sha512 is asked in every run: a new one beside an old archive is noticed', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await storeAt(at).find(NAME))
  writeFileSync(join(at.folder, `${NAME}.sha512`), `${'0'.repeat(128)}  ${NAME}\n`)
  assert.match(absent(await storeAt(at).find(NAME)).missing, 'is not what its .sha512 says')
})

test('an archive that is cut off, no archive, or escapes is refused though its digest is right', async () => {
  using at = rig()
  publish(at.folder, 'cut.tar.gz', kubo.subarray(0, kubo.length - 20))
  assert.match(absent(await storeAt(at).find('cut.tar.gz')).missing, 'cut off')
  publish(at.folder, 'text.tar.gz', Buffer.from('<html>not found</html>'.repeat(100)))
  assert.match(absent(await storeAt(at).find('text.tar.gz')).missing, 'not a tar archive')
  publish(at.folder, 'out.tar.gz', gzipSync(pack({ a: 'x' }, '--transform=s,^./a,../a,', '-P')))
  assert.match(absent(await storeAt(at).find('out.tar.gz')).missing, "'../a' would be written outside")
  assert.equal(readdirSync(at.cache), [], 'nothing of them is kept')
})

test('a cache that cannot be made is told, not thrown', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  writeFileSync(at.cache, 'a file')
  assert.match(absent(await storeAt(at).find(NAME)).missing, 'cannot be used')
})

test('an archive that was replaced in place is taken in anew', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await storeAt(at).find(NAME))
  const newer = gzipSync(pack({ 'kubo/ipfs': 'newer program' }))
  publish(at.folder, NAME, newer)
  assert.is(present(await storeAt(at).find(NAME)).sha512, sha512(newer))
})

test('the cache is below XDG_CACHE_HOME', () => {
  assert.is(cacheFolder({ XDG_CACHE_HOME: '/x' }), '/x/runbook/artifacts')
  assert.match(cacheFolder({}), /\.cache\/runbook\/artifacts$/)
})

test.run()
