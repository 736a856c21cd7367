import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readTar } from '../../src/artifact/tar.ts'
import type { ArchiveMember } from '../../src/core/archive-member.ts'
import { Refusal } from '../../src/core/failure.ts'
import { pack, temporaryFolder, writeTree } from './rig.ts'

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const members = async (bytes: Buffer, size = 65536): Promise<ArchiveMember[]> => {
  const found: ArchiveMember[] = []
  for await (const member of readTar(inPieces(bytes, size))) found.push(member)
  return found
}

const refusal = async (bytes: Buffer): Promise<string> => {
  try {
    await members(bytes)
  } catch (error) {
    if (error instanceof Refusal) return error.failures[0]!.why!
    throw error
  }
  throw new Error('it was read')
}

/** A header block made by hand, for what no tar program would write. */
const block = (path: string, type: string, linkname = ''): Buffer => {
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write('0000644\0', 100)
  header.write('00000000000\0', 124)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(linkname, 157)
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
const end = Buffer.alloc(1024)

const long = `${'deep/'.repeat(30)}${'name'.repeat(30)}`

const makeTree = (folder: string): void => {
  writeTree(folder, { 'kubo/ipfs': Buffer.alloc(300_001, 'x'), 'kubo/empty': '', [long]: 'long', 'über.txt': 'ü' })
  chmodSync(join(folder, 'kubo/ipfs'), 0o755)
  chmodSync(join(folder, 'kubo/empty'), 0o600)
  mkdirSync(join(folder, 'hollow'))
  symlinkSync('ipfs', join(folder, 'kubo/link'))
  symlinkSync('l'.repeat(150), join(folder, 'kubo/long-link'))
  linkSync(join(folder, 'kubo/ipfs'), join(folder, 'kubo/twin'))
}

for (const format of ['ustar', 'pax', 'gnu', 'oldgnu', 'v7']) {
  test(`a ${format} archive of the system's tar says what sha256sum says`, async () => {
    using folder = temporaryFolder()
    const tree = join(folder.path, 'tree')
    makeTree(tree)
    const tooLong = format === 'v7' || format === 'ustar' ? ['--exclude=deep', '--exclude=*long-link'] : []
    execFileSync('tar', [`--format=${format}`, ...tooLong, '-cf', join(folder.path, 'a.tar'), '-C', tree, '.'])
    const found = await members(readFileSync(join(folder.path, 'a.tar')), 1000)

    const files = found.filter(member => member.kind === 'file')
    const said = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('')
    const asked = execFileSync('sha256sum', ['--', ...files.map(member => member.path)], {
      cwd: tree,
      encoding: 'utf8',
    })
    assert.is(said, asked)
    assert.is(files.length, tooLong.length === 0 ? 5 : 4)
    const of = (path: string): ArchiveMember => found.find(member => member.path === path)!
    assert.is(of('kubo/ipfs').mode, '0755')
    assert.is(of('kubo/empty').mode, '0600')
    assert.is(of('kubo/twin').size, 300_001)
    assert.is(of('kubo/link').target, 'ipfs')
    assert.is(of('hollow').kind, 'directory')
    if (tooLong.length === 0) {
      assert.is(of(long).size, 4)
      assert.is(of('kubo/long-link').target, 'l'.repeat(150))
    }
  })
}

test('pieces of any size give the same members', async () => {
  const bytes = pack({ a: 'one', 'b/c': 'two'.repeat(500) }, '--format=pax')
  const whole = await members(bytes)
  for (const size of [1, 7, 511, 512, 513, 100_000]) assert.equal(await members(bytes, size), whole)
})

test('a file with holes is refused: its bytes are not stored as they are', async () => {
  using folder = temporaryFolder()
  writeTree(folder.path, { hole: 'x' })
  truncateSync(join(folder.path, 'hole'), 10_000_000)
  for (const format of ['gnu', 'pax']) {
    const file = join(folder.path, `${format}.tar`)
    execFileSync('tar', ['-S', `--format=${format}`, '-cf', file, '-C', folder.path, 'hole'])
    assert.match(await refusal(readFileSync(file)), "tar type 'S'")
  }
})

test('members that would be written elsewhere are refused', async () => {
  const escapes = /outside of the folder/
  assert.match(await refusal(Buffer.concat([block('../a', '0'), end])), escapes)
  assert.match(await refusal(Buffer.concat([block('a/../../b', '0'), end])), escapes)
  assert.match(await refusal(Buffer.concat([block('/etc/a', '0'), end])), escapes)
  assert.match(await refusal(Buffer.concat([block('a', '1', '../b'), end])), escapes)
  const through = Buffer.concat([block('a', '2', '/etc'), block('a/passwd', '0'), end])
  assert.match(await refusal(through), "'a/passwd' would be written through the link 'a'")
})

test('devices are refused', async () => {
  assert.match(await refusal(Buffer.concat([block('a', '3'), end])), "'a' is neither a file")
})

test('an archive cut off anywhere inside a member is refused', async () => {
  const bytes = pack({ a: 'x'.repeat(2000) })
  const start = bytes.indexOf('xxx')
  assert.match(await refusal(bytes.subarray(0, start + 100)), 'in the middle of a')
  assert.match(await refusal(bytes.subarray(0, start - 12)), 'in the middle of a header')
})

test('what is no tar archive is refused', async () => {
  assert.match(await refusal(Buffer.alloc(2048, 'text ')), 'not a tar archive')
})

for (const options of [[], ['--format=gnu'], ['--format=pax'], ['--format=ustar']])
  for (const long of ['', 'x'.repeat(120)])
    test(`a member whose name is not UTF-8 is refused by name: ${options} ${long.length}`, async () => {
      if (long !== '' && options[0] === '--format=ustar') return
      using folder = temporaryFolder()
      writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from(`${long}caf\xe9`, 'latin1')]), 'x')
      const packed = execFileSync('tar', [...options, '-cf', '-', '-C', folder.path, '.'])
      assert.match(await refusal(packed), 'caf\\xe9')
      assert.match(await refusal(packed), 'not UTF-8')
      symlinkSync(Buffer.from('caf\xe9', 'latin1'), join(folder.path, 'a'))
      const link = execFileSync('tar', [...options, '-cf', '-', '-C', folder.path, 'a'])
      assert.match(await refusal(link), 'caf\\xe9')
    })

for (const format of ['gnu', 'pax', 'oldgnu'])
  test(`a long name of several bytes a letter is whole, wherever ${format} cuts it`, async () => {
    for (const name of ['ü'.repeat(99), `a${'ü'.repeat(99)}`]) {
      const [member] = (await members(pack({ [name]: 'x' }, `--format=${format}`))).filter(one => one.kind === 'file')
      assert.is(member!.path, name)
    }
  })

test.run()
