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
import { cacheFolder, createStore } from '../../src/artifact/store.ts'
import { absent, pack, present, publish, sha512, temporaryFolder } from './rig.ts'

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
  const found = present(await createStore(at).find(NAME))
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
  const first = present(await createStore(at).find(NAME))
  // What the index says is believed as long as the stamps are the same: a mark in it shows that it was used.
  const index = join(entryIn(at.cache), 'index.json')
  writeFileSync(index, readFileSync(index, 'utf8').replace(first.sha256, 'mark'))
  assert.is(present(await createStore(at).find(NAME)).sha256, 'mark')
})

test('the cache alone is enough, also under a name it was found by later', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  publish(at.folder, 'other.tgz', kubo)
  const store = createStore(at)
  const first = present(await store.find(NAME))
  assert.is(present(await store.find('other.tgz')).file, first.file)
  rmSync(at.folder, { recursive: true })
  assert.equal(present(await createStore({ cache: at.cache }).find(NAME)), first)
  assert.equal(present(await createStore(at).find('other.tgz')), { ...first, name: 'other.tgz' })
})

test('a copy with another time is read again and found whole; a changed one is not used', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const { file } = present(await createStore(at).find(NAME))
  rmSync(at.folder, { recursive: true })
  utimesSync(file, 1, 1)
  assert.is(present(await createStore(at).find(NAME)).file, file)
  writeFileSync(file, Buffer.alloc(kubo.length, 'x'))
  assert.match(absent(await createStore(at).find(NAME)).missing, 'damaged')
  publish(at.folder.replace('artifacts', 'again'), NAME, kubo)
  const again = createStore({ folder: at.folder.replace('artifacts', 'again'), cache: at.cache })
  present(await again.find(NAME))
  assert.equal(readFileSync(file), kubo, 'a good one takes the place of the damaged one')
})

test('an index that cannot be read is made again', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await createStore(at).find(NAME))
  writeFileSync(join(entryIn(at.cache), 'index.json'), '{"format": 1')
  present(await createStore(at).find(NAME))
})

test('finding one name at the same time is done once', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const store = createStore(at)
  const first = store.find(NAME)
  assert.is(store.find(NAME), first)
  assert.is(present(await first), await store.find(NAME))
})

test('several stores and processes at once end with one good entry', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const script = `const { createStore } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/artifact/store.ts'))})
    const found = await createStore(${JSON.stringify({ folder: at.folder, cache: at.cache })}).find('${NAME}')
    process.exitCode = found.sha512 === '${sha512(kubo)}' ? 0 : 1`
  const run = (): Promise<number | null> =>
    new Promise(done =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }).on('close', done),
    )
  const here = Array.from({ length: 8 }, () => createStore(at).find(NAME))
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
  present(await createStore(at).find(NAME))
  assert.not(existsSync(join(at.cache, '.new-old')))
  assert.ok(existsSync(join(at.cache, '.new-young')))
})

test('nothing given, no folder, no file: each says what is missing and what to do', async () => {
  using at = rig()
  const nothing = absent(await createStore({ cache: at.cache }).find(NAME))
  assert.match(nothing.missing, 'no folder of archives was given')
  assert.match(nothing.fix, `--artifacts DIR (or RUNBOOK_ARTIFACTS=DIR) with ${NAME} and ${NAME}.sha512`)
  const store = createStore({ ...at, folder: `${at.folder}-not` })
  assert.match(absent(await store.find(NAME)).missing, `${at.folder}-not does not exist`)
  assert.match(absent(await createStore(at).find(NAME)).missing, `neither in ${at.folder} nor in the cache`)
  assert.match(absent(await createStore(at).find('../x.tar.gz')).missing, 'not the name of an archive')
})

test('an absent archive is looked for again', async () => {
  using at = rig()
  const store = createStore(at)
  absent(await store.find(NAME))
  publish(at.folder, NAME, kubo)
  present(await store.find(NAME))
})

test('another version that is there is offered', async () => {
  using at = rig()
  publish(at.folder, 'kubo_v0.43.0_linux-amd64.tar.gz', kubo)
  assert.match(absent(await createStore(at).find(NAME)).fix, 'did you mean kubo_v0.43.0_linux-amd64.tar.gz?')
})

test('a .sha512 that is missing, empty, or of something else', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  const sum = join(at.folder, `${NAME}.sha512`)
  writeFileSync(sum, `${'0'.repeat(128)}  ${NAME}\n`)
  assert.match(absent(await createStore(at).find(NAME)).missing, 'is not what its .sha512 says')
  writeFileSync(sum, `${sha512(kubo)}  other.tar.gz\n`)
  assert.match(absent(await createStore(at).find(NAME)).missing, 'says no SHA-512 digest')
  writeFileSync(sum, '')
  assert.match(absent(await createStore(at).find(NAME)).missing, 'says no SHA-512 digest')
  rmSync(sum)
  assert.match(absent(await createStore(at).find(NAME)).missing, `has no ${NAME}.sha512 beside it`)
  writeFileSync(sum, `${sha512(kubo).toUpperCase()} *${NAME}\n`)
  present(await createStore(at).find(NAME))
})

test('the .sha512 is asked in every run: a new one beside an old archive is noticed', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await createStore(at).find(NAME))
  writeFileSync(join(at.folder, `${NAME}.sha512`), `${'0'.repeat(128)}  ${NAME}\n`)
  assert.match(absent(await createStore(at).find(NAME)).missing, 'is not what its .sha512 says')
})

test('an archive that is cut off, no archive, or escapes is refused though its digest is right', async () => {
  using at = rig()
  publish(at.folder, 'cut.tar.gz', kubo.subarray(0, kubo.length - 20))
  assert.match(absent(await createStore(at).find('cut.tar.gz')).missing, 'cut off')
  publish(at.folder, 'text.tar.gz', Buffer.from('<html>not found</html>'.repeat(100)))
  assert.match(absent(await createStore(at).find('text.tar.gz')).missing, 'not a tar archive')
  publish(at.folder, 'out.tar.gz', gzipSync(pack({ a: 'x' }, '--transform=s,^./a,../a,', '-P')))
  assert.match(absent(await createStore(at).find('out.tar.gz')).missing, "'../a' would be written outside")
  assert.equal(readdirSync(at.cache), [], 'nothing of them is kept')
})

test('a cache that cannot be made is told, not thrown', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  writeFileSync(at.cache, 'a file')
  assert.match(absent(await createStore(at).find(NAME)).missing, 'cannot be used')
})

test('an archive that was replaced in place is taken in anew, and then the cache alone has the new one', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await createStore(at).find(NAME))
  const newer = gzipSync(pack({ 'kubo/ipfs': 'newer program' }))
  publish(at.folder, NAME, newer)
  assert.is(present(await createStore(at).find(NAME)).sha512, sha512(newer))
  assert.is(present(await createStore({ cache: at.cache }).find(NAME)).sha512, sha512(newer))
})

test('two different archives of one name in the cache are not guessed between', async () => {
  using at = rig()
  publish(at.folder, NAME, kubo)
  present(await createStore(at).find(NAME))
  renameSync(at.folder, `${at.folder}-1`)
  publish(at.folder, NAME, gzipSync(pack({ 'kubo/ipfs': 'another' })))
  present(await createStore(at).find(NAME))
  assert.match(absent(await createStore({ cache: at.cache }).find(NAME)).missing, '2 different archives')
})

test('the cache is below XDG_CACHE_HOME', () => {
  assert.is(cacheFolder({ XDG_CACHE_HOME: '/x' }), '/x/runbook/artifacts')
  assert.match(cacheFolder({}), /\.cache\/runbook\/artifacts$/)
})

test.run()
