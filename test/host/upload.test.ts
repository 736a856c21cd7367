import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { partName } from '../../src/core/pinned-folder.ts'
import type { Transport, Upload } from '../../src/core/transport.ts'
import { connectSsh } from '../../src/host/connect.ts'
import { cases, fc } from '../chance.ts'
import { extrasOf, makeWith } from '../run/access-list.ts'
import { failuresOf } from './local.ts'
import { ROOT, type ServerOptions, startServer, type TestServer } from './server.ts'

const withHost = async (
  options: ServerOptions,
  use: (transport: Transport, folder: string, server: TestServer) => Promise<void>,
) => {
  const server = await startServer(options)
  const folder = join(server.folder, 'target')
  mkdirSync(folder)
  const transport = await connectSsh(server.target)
  try {
    await use(transport, folder, server)
  } finally {
    await transport.close()
    await server.stop()
  }
}

const uploadOf = (bytes: Buffer, path: string, more: Partial<Upload> = {}): Upload => ({
  source: { bytes },
  size: bytes.length,
  digest: createHash('sha256').update(bytes).digest('hex'),
  path,
  mode: '0640',
  ...more,
})

/** Takes a part of what comes, says so, and when the cut is over the rest has not come. */
const CAT_AT_A_CUT = `/usr/bin/head -c 1000000; : > "$HOME/holds"
until [ -e "$HOME/cut" ]; do sleep 0.02; done`

const MEGABYTES = Buffer.alloc(3_000_000, 'some bytes \0\xff\n')

test('bytes and files arrive whole, with mode and owner, over what was there', () =>
  withHost({}, async (transport, folder) => {
    const path = join(folder, "it's a name")
    writeFileSync(path, 'old')
    const seen: number[] = []
    await transport.upload(uploadOf(MEGABYTES, path, { owner: 'root', group: 'root' }), sent => seen.push(sent))
    assert.ok(readFileSync(path).equals(MEGABYTES))
    assert.is(statSync(path).mode & 0o7777, 0o640)
    assert.is(seen.at(-1), MEGABYTES.length)
    assert.equal(
      seen,
      seen.toSorted((a, b) => a - b),
    )
    const source = join(folder, 'source')
    writeFileSync(source, MEGABYTES)
    await transport.upload(uploadOf(MEGABYTES, join(folder, 'copy'), { source: { file: source }, mode: '4755' }))
    assert.is(statSync(join(folder, 'copy')).mode & 0o7777, 0o4755)
    await transport.upload(uploadOf(Buffer.alloc(0), join(folder, 'empty')))
    assert.is(statSync(join(folder, 'empty')).size, 0)
    assert.equal(readdirSync(folder).toSorted(), ['copy', 'empty', "it's a name", 'source'])
  }))

test('where something else is there than was read it stays, and nothing is left beside it', () =>
  withHost({}, async (transport, folder) => {
    const path = join(folder, 'f')
    const over = `[ "$(cat ${path})" = old ]`
    writeFileSync(path, 'theirs')
    assert.equal(
      (await failuresOf(transport.upload(uploadOf(MEGABYTES, path, { over })))).map(({ reason }) => reason),
      ['plan-moved'],
    )
    assert.is(readFileSync(path, 'utf8'), 'theirs')
    assert.equal(readdirSync(folder), ['f'])
    writeFileSync(path, 'old')
    await transport.upload(uploadOf(MEGABYTES, path, { over }))
    assert.ok(readFileSync(path).equals(MEGABYTES))
  }))

test('what it replaces hands on its owner, its list of access and its extended attributes', () =>
  withHost({}, async (transport, folder) => {
    const access = 'user::rw-\nuser:5001:r--\ngroup::---\nmask::r--\nother::---\n'
    makeWith(folder, 'f', '640', { access, attributes: { 'user.note': 'kept' } })
    const before = extrasOf(folder, 'f')
    assert.is(before.length, 2)
    await transport.upload(uploadOf(MEGABYTES, join(folder, 'f')))
    assert.ok(readFileSync(join(folder, 'f')).equals(MEGABYTES))
    assert.equal(extrasOf(folder, 'f'), before)
    assert.equal(readdirSync(folder), ['f'])
  }))

test('uploads asked for at once all arrive, and frames go on meanwhile', () =>
  withHost({}, async (transport, folder) => {
    const names = Array.from({ length: 15 }, (_, index) => join(folder, `f${index}`))
    const [[output]] = await Promise.all([
      transport.run([{ sh: 'echo' }]),
      ...names.map(name => transport.upload(uploadOf(Buffer.from(name), name))),
    ])
    assert.is(output?.status, 0)
    for (const name of names) assert.is(readFileSync(name, 'utf8'), name)
    assert.is(transport.roundTrips, 1)
  }))

/** What is there of a file whose upload was cut. */
const partsIn = (folder: string): string[] => readdirSync(folder).filter(name => name.endsWith('.part'))
/** Random bytes: of others a part of one file is one of another. */
const LARGE = randomBytes(10_000_000)

/** Uploads until so much has been sent, and pulls the cable. */
const cutUpload = async (server: TestServer, upload: Upload, at: number): Promise<void> => {
  const transport = await connectSsh(server.target)
  const [failure] = await failuresOf(transport.upload(upload, sent => sent >= at && server.cut()))
  assert.is(failure?.reason, 'host-lost')
  await server.idle()
  await transport.close()
}

/** Where an upload begins: what it is told to have first. */
const begunAt = async (server: TestServer, upload: Upload): Promise<number> => {
  const transport = await connectSsh(server.target)
  const told: number[] = []
  await transport.upload(upload, sent => told.push(sent))
  await transport.close()
  assert.is(told.at(-1), upload.size)
  return told[0]!
}

test('a large file that was cut on the way goes on where it ended: its part is ours alone, and goes with the whole', () =>
  withHost({}, async (_, folder, server) => {
    const path = join(folder, 'big')
    for (const at of [2_500_000, 5_000_000, 9_990_000]) {
      await cutUpload(server, uploadOf(LARGE, path), at)
      const [part, ...more] = partsIn(folder)
      assert.equal(more, [])
      assert.is(part, `.big.${uploadOf(LARGE, path).digest.slice(0, 16)}.part`)
      assert.is(statSync(join(folder, part!)).mode & 0o7777, 0o600)
      assert.not(existsSync(path), 'nothing under its name')
    }
    const has = statSync(join(folder, partsIn(folder)[0]!)).size
    assert.ok(has > 5_000_000)
    assert.is(await begunAt(server, uploadOf(LARGE, path)), has)
    assert.ok(readFileSync(path).equals(LARGE))
    assert.equal(readdirSync(folder), ['big'])
  }))

test('the same from a file of the controller, over what was there', () =>
  withHost({}, async (_, folder, server) => {
    const path = join(folder, 'big')
    const source = join(server.folder, 'source')
    writeFileSync(source, LARGE)
    writeFileSync(path, 'old')
    await cutUpload(server, uploadOf(LARGE, path, { source: { file: source } }), 6_000_000)
    assert.is(readFileSync(path, 'utf8'), 'old')
    assert.ok((await begunAt(server, uploadOf(LARGE, path, { source: { file: source } }))) > 3_000_000)
    assert.ok(readFileSync(path).equals(LARGE))
    assert.is(statSync(path).mode & 0o7777, 0o640)
    assert.equal(readdirSync(folder), ['big'])
  }))

test('a part that is not the beginning of the file, or not ours alone, is no part of it', () =>
  withHost({}, async (_, folder, server) => {
    const path = join(folder, 'big')
    const upload = uploadOf(LARGE, path)
    const part = join(folder, `.big.${upload.digest.slice(0, 16)}.part`)
    const begin = LARGE.subarray(0, 5_000_000)
    const wrong = Buffer.from(begin)
    wrong[4_999_999]! ^= 1
    const theirs = join(server.folder, 'theirs')
    const put: Record<string, () => void> = {
      'one byte is another': () => writeFileSync(part, wrong, { mode: 0o600 }),
      'longer than the file': () => writeFileSync(part, Buffer.concat([LARGE, LARGE]), { mode: 0o600 }),
      empty: () => writeFileSync(part, '', { mode: 0o600 }),
      'read by others': () => writeFileSync(part, begin, { mode: 0o644 }),
      'of another user': () => {
        writeFileSync(part, begin, { mode: 0o600 })
        chownSync(part, 12, 12)
      },
      'a link': () => symlinkSync(theirs, part),
      'another name of a file': () => linkSync(theirs, part),
      'a folder': () => mkdirSync(part),
    }
    for (const [what, make] of Object.entries(put)) {
      writeFileSync(theirs, begin, { mode: 0o600 })
      make()
      assert.ok((await begunAt(server, upload)) < 1_000_000, what)
      assert.ok(readFileSync(path).equals(LARGE), what)
      assert.ok(readFileSync(theirs).equals(begin), what)
      if (what === 'a folder') rmdirSync(part)
      assert.equal(readdirSync(folder), ['big'], what)
    }
    writeFileSync(part, LARGE, { mode: 0o600 })
    assert.is(await begunAt(server, upload), LARGE.length, 'all of it is there: nothing is sent')
    assert.ok(readFileSync(path).equals(LARGE))
  }))

test('a part goes when other bytes are put there, large ones or small', () =>
  withHost({}, async (transport, folder, server) => {
    const path = join(folder, 'big')
    await cutUpload(server, uploadOf(LARGE, path), 5_000_000)
    const other = randomBytes(5_000_000)
    assert.is(partsIn(folder).length, 1)
    await begunAt(server, uploadOf(other, path))
    assert.equal(readdirSync(folder), ['big'])
    await cutUpload(server, uploadOf(LARGE, path), 5_000_000)
    const small = await connectSsh(server.target)
    await small.upload(uploadOf(MEGABYTES, path))
    await small.close()
    assert.equal(readdirSync(folder), ['big'])
    assert.is(transport.roundTrips, 0)
  }))

test('cut at any moment, however often: the file is whole or not there, and comes in the end', () =>
  withHost({}, async (_, folder, server) => {
    const path = join(folder, 'big')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: LARGE.length - 1 }), { maxLength: 4 }), async cuts => {
        for (const at of cuts) {
          await cutUpload(server, uploadOf(LARGE, path), at)
          assert.not(existsSync(path))
        }
        await begunAt(server, uploadOf(LARGE, path))
        assert.ok(readFileSync(path).equals(LARGE))
        assert.equal(readdirSync(folder), ['big'])
        rmSync(path)
      }),
      { numRuns: cases(6) },
    )
  }))

test('a connection cut on the way leaves nothing under the name, and of a file that is not large no part of it', () =>
  withHost({ programs: { cat: CAT_AT_A_CUT } }, async (transport, folder, server) => {
    const upload = failuresOf(transport.upload(uploadOf(MEGABYTES, join(folder, 'big'))))
    while (!existsSync(join(server.folder, 'holds'))) await setTimeout(20)
    const names = readdirSync(folder)
    server.cut()
    writeFileSync(join(server.folder, 'cut'), '')
    const [failure] = await upload
    assert.is(failure?.reason, 'host-lost')
    await server.idle()
    assert.equal(readdirSync(folder), [])
    assert.match(names.join(), /^\.big\.\w+\.part$/, 'the part was there while it came')
  }))

test('wrong size, wrong digest, a bad mode or owner: nothing is left, and what was there stays', () =>
  withHost({}, async (transport, folder) => {
    const path = join(folder, 'f')
    writeFileSync(path, 'old')
    const good = uploadOf(Buffer.from('new'), path)
    const cases: [Partial<Upload>, RegExp][] = [
      [{ size: 4 }, /3 of 4 bytes/],
      [{ size: 2 }, /3 of 2 bytes/],
      [{ digest: '0'.repeat(64) }, /sha256/],
      [{ mode: 'rwx' }, /mode/],
      [{ owner: 'nobody-of-that-name' }, /nobody-of-that-name/],
      [{ path: join(folder, 'none/f') }, /does not exist/],
      [{ path: folder }, /is a folder/],
      [{ path: 'relative' }, /absolute/],
    ]
    for (const [change, why] of cases) {
      const [failure] = await failuresOf(transport.upload({ ...good, ...change }))
      assert.is(failure?.reason, 'host-upload', JSON.stringify(change))
      assert.match(failure!.why!, why)
    }
    assert.equal(readdirSync(folder), ['f'])
    assert.is(readFileSync(path, 'utf8'), 'old')
    await transport.upload(good)
    assert.is(readFileSync(path, 'utf8'), 'new')
  }))

test('a full disk is told in the words of the host', () =>
  withHost(
    { programs: { cat: 'echo "cat: write error: No space left on device" >&2; exit 1' } },
    async (transport, folder) => {
      const [failure] = await failuresOf(transport.upload(uploadOf(MEGABYTES, join(folder, 'f'))))
      assert.is(failure?.reason, 'host-upload')
      assert.match(failure!.why!, 'No space left')
      assert.match(failure!.fix!, folder)
      assert.equal(readdirSync(folder), [])
    },
  ))

test('a file that cannot be read here is our own fault, and leaves nothing there', () =>
  withHost({}, async (transport, folder) => {
    const gone = uploadOf(MEGABYTES, join(folder, 'f'), { source: { file: join(folder, 'nowhere') } })
    assert.is((await failuresOf(transport.upload(gone)))[0]?.reason, 'usage-file')
    assert.equal(readdirSync(folder), [])
  }))

test('a server that never tells a status: the file counts, not the silence', () =>
  withHost({ silentEnd: true }, async (transport, folder) => {
    await transport.upload(uploadOf(MEGABYTES, join(folder, 'f')))
    const bad = uploadOf(MEGABYTES, join(folder, 'g'), { digest: '0'.repeat(64) })
    assert.is((await failuresOf(transport.upload(bad)))[0]?.reason, 'host-upload')
    assert.equal(readdirSync(folder), ['f'])
  }))

test('the part is for its owner only, a link in its way is not followed, and no argument shows the content', () =>
  withHost(
    { programs: { cat: 'ls -l "$HOME"/target/.*.part > "$HOME/mode"; exec /bin/cat' } },
    async (transport, folder, server) => {
      symlinkSync('/nonexistent', join(folder, 'link'))
      await transport.upload(uploadOf(Buffer.from('s3cret'), join(folder, 'link'), { mode: '0644' }))
      assert.match(readFileSync(join(server.folder, 'mode'), 'utf8'), /^-rw------- /)
      assert.not(statSync(join(folder, 'link')).isSymbolicLink())
      assert.is(readFileSync(join(folder, 'link'), 'utf8'), 's3cret')
      for (const command of server.commands) assert.not.match(command, /s3cret|link|[0-9a-f]{64}/)
    },
  ))

test('become: uploads go through sudo, and its refusal is told', async () => {
  const sudo = 'test -e "$HOME/no" && { echo "sudo: a password is required" >&2; exit 1; }; shift 3; exec "$@"'
  const server = await startServer({ programs: { id: 'echo 1000', sudo } })
  const transport = await connectSsh({ ...server.target, user: 'deploy', become: ROOT })
  await transport.upload(uploadOf(MEGABYTES, join(server.folder, 'f')))
  assert.ok(existsSync(join(server.folder, 'f')))
  writeFileSync(join(server.folder, 'no'), '')
  const [failure] = await failuresOf(transport.upload(uploadOf(MEGABYTES, join(server.folder, 'g'))))
  assert.is(failure?.reason, 'host-become')
  await transport.close()
  await server.stop()
})

test('what an upload has left that ended with its machine goes with the next one, and nothing else does', () =>
  withHost({}, async (transport, folder) => {
    const path = join(folder, 'f')
    const others = [`.f.${'0'.repeat(15)}.part`, `.f.g.${'0'.repeat(16)}.part`, `.g.${'0'.repeat(16)}.part`, 'f.part']
    for (const name of [...others, `.f.${'0'.repeat(16)}.part`, `.f.${'1'.repeat(16)}.part`])
      writeFileSync(join(folder, name), 'part')
    await transport.upload(uploadOf(Buffer.from('whole'), path))
    assert.equal(readdirSync(folder).toSorted(), ['f', ...others].toSorted())
  }))

test('long names fit', () => {
  const name = partName(`/d/${'ż'.repeat(120)}`, 'f'.repeat(16))
  assert.ok(Buffer.byteLength(name) < 255)
  assert.match(name, /^\.ż+\.f{16}\.part$/)
})

/** A gzipped tar of two files in `top/`, and what it takes to send it into a folder. */
const archiveIn = (folder: string): Upload => {
  mkdirSync(join(folder, 'top'))
  writeFileSync(join(folder, 'top/program'), MEGABYTES, { mode: 0o755 })
  writeFileSync(join(folder, 'top/other'), 'other')
  mkdirSync(join(folder, 'into'))
  execFileSync('tar', ['-C', folder, '-czf', join(folder, 'a.tar.gz'), 'top'])
  const bytes = readFileSync(join(folder, 'a.tar.gz'))
  return uploadOf(bytes, join(folder, 'into'), { unpack: ['--strip-components=1', 'top/program'] })
}

test('an archive is unpacked as it arrives, and lies nowhere', () =>
  withHost({}, async (transport, folder) => {
    await transport.upload(archiveIn(folder))
    assert.equal(readdirSync(join(folder, 'into')), ['program'])
    assert.ok(readFileSync(join(folder, 'into/program')).equals(MEGABYTES))
    assert.is(statSync(join(folder, 'into/program')).mode & 0o7777, 0o755)
  }))

test('an archive that is another one, cut off or none at all, or lacks what is wanted, is refused with the reason', () =>
  withHost({}, async (transport, folder) => {
    const good = archiveIn(folder)
    const { bytes } = good.source as { bytes: Buffer }
    const reason = async (change: Partial<Upload>): Promise<string> => {
      const [failure] = await failuresOf(transport.upload({ ...good, ...change }))
      assert.is(failure?.reason, 'host-upload')
      return failure?.why ?? ''
    }
    assert.match(await reason({ digest: '0'.repeat(64) }), /their sha256 differs/)
    assert.match(await reason({ source: { bytes: bytes.subarray(0, 2000) } }), /end of file|EOF/i)
    assert.match(await reason({ source: { bytes: MEGABYTES } }), /not in gzip format/)
    assert.match(await reason({ unpack: ['top/nothing'] }), /top\/nothing: Not found/)
    assert.match(await reason({ path: join(folder, 'nowhere') }), /does not exist/)
    await transport.upload(good)
  }))

test.run()
