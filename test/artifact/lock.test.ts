import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Archive } from '../../src/artifact/archive.ts'
import { createArtifactLock } from '../../src/artifact/lock.ts'
import { absent, pack, present, publish, sha512, storeAt, temporaryFolder } from './rig.ts'

const NAME = 'kubo_v0.42.0_linux-amd64.tar.gz'
const kubo = gzipSync(pack({ 'kubo/ipfs': 'program' }))
const other = gzipSync(pack({ 'kubo/ipfs': 'another program' }))
const archive = (name: string, bytes: Buffer): Archive => ({
  name,
  file: `/cache/${name}`,
  size: bytes.length,
  sha256: '',
  sha512: sha512(bytes),
  members: [],
})

test('what is new is written once, sorted, one a line, and read again', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'artifacts.lock')
  const lock = createArtifactLock(file)
  lock.add(archive('b.tar.gz', other))
  lock.add(archive('a.tar.gz', kubo))
  assert.equal(await lock.save(), ['b.tar.gz', 'a.tar.gz'])
  const text = readFileSync(file, 'utf8')
  assert.match(text, /^ {4}"a\.tar\.gz": \{"size":\d+,"sha512":"[0-9a-f]{128}"\},\n {4}"b\.tar\.gz": /m)
  const again = createArtifactLock(file)
  assert.is(again.get('a.tar.gz')?.sha512, sha512(kubo))
  const before = statSync(file, { bigint: true })
  again.add(archive('a.tar.gz', other))
  assert.equal(await again.save(), [], 'what stands there stays')
  const after = statSync(file, { bigint: true })
  assert.equal([after.ino, after.mtimeNs], [before.ino, before.mtimeNs], 'nothing new: not even written')
})

test('what another run has written meanwhile is kept', async () => {
  using folder = temporaryFolder()
  const [one, two] = [createArtifactLock(join(folder.path, 'l')), createArtifactLock(join(folder.path, 'l'))]
  one.add(archive('a', kubo))
  two.add(archive('b', kubo))
  two.add(archive('a', other))
  await one.save()
  assert.equal(await two.save(), ['b'])
  assert.is(createArtifactLock(join(folder.path, 'l')).get('a')?.sha512, sha512(kubo))
})

test('a file that cannot be understood is refused by name, with what to do', async () => {
  using at = temporaryFolder()
  const refusal = async (text: string): Promise<string> => {
    writeFileSync(join(at.path, 'artifacts.lock'), text)
    const { missing, fix } = absent(await storeAt({ cache: join(at.path, 'cache') }).find(NAME))
    assert.match(fix, 'or remove it: then it is made anew')
    return missing
  }
  assert.match(await refusal('{"artifacts": {'), `${at.path}/artifacts.lock cannot be understood`)
  assert.match(await refusal('{\n<<<<<<< ours\n'), 'two versions of it were merged')
  assert.match(await refusal('{}'), 'it has no "artifacts"')
  assert.match(await refusal('{"artifacts": {"a": {"size": 1, "sha512": "ab"}}}'), '"a" needs a "size" and a "sha512"')
})

test('a file of another digest is refused by name, with both digests, and the way out', async () => {
  using at = temporaryFolder()
  const [folder, cache] = [join(at.path, 'dir'), join(at.path, 'cache')]
  mkdirSync(folder)
  publish(folder, NAME, other)
  const store = storeAt({ folder, cache })
  store.lock.add(archive(NAME, kubo))
  await store.lock.save()
  const { missing, fix } = absent(await store.find(NAME))
  assert.match(missing, `${NAME} is not what ${store.lock.file} says`)
  assert.match(missing, new RegExp(`has +${sha512(other)}\n +and not ${sha512(kubo)}`))
  assert.match(fix, `remove ${NAME} from ${store.lock.file} and run again`)
  publish(folder, NAME, kubo)
  present(await store.find(NAME))
  const pinned = absent(await storeAt({ folder, cache }).find(NAME, { pinned: sha512(other) }))
  assert.match(pinned.missing, `${NAME} is not what the playbook says`)
})

test('what only a folder of the user says to be right is not added; what is pinned is', async () => {
  using at = temporaryFolder()
  const [folder, cache] = [join(at.path, 'dir'), join(at.path, 'cache')]
  mkdirSync(folder)
  publish(folder, NAME, kubo)
  const store = storeAt({ folder, cache })
  present(await store.find(NAME))
  assert.equal(await store.lock.save(), [])
  assert.not(existsSync(store.lock.file))
  present(await store.find(NAME, { pinned: sha512(kubo) }))
  assert.equal(await store.lock.save(), [NAME])
})

test('a link is followed, a device is no place for it, and a folder that may not be written says so', async () => {
  using at = temporaryFolder()
  writeFileSync(join(at.path, 'real'), '')
  symlinkSync('real', join(at.path, 'link'))
  const link = createArtifactLock(join(at.path, 'link'))
  link.add(archive('a', kubo))
  assert.equal(await link.save(), ['a'])
  assert.match(readFileSync(join(at.path, 'real'), 'utf8'), '"a"')
  const device = createArtifactLock('/dev/null')
  device.add(archive('a', kubo))
  assert.equal(await device.save(), [])
  assert.ok(statSync('/dev/null').isCharacterDevice())
  const nowhere = createArtifactLock(join(at.path, 'none', 'artifacts.lock'))
  nowhere.add(archive('a', kubo))
  const code = await nowhere.save().then(
    () => 'written',
    (error: NodeJS.ErrnoException) => error.code,
  )
  assert.is(code, 'ENOENT')
})

test.run()
