import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../../src/core/value.ts'
import { digest, type FileAnswer, file, fileProbe, stat } from '../../../src/module/probes/file.ts'
import { cases, fc } from '../../chance.ts'
import { asNobody, probed, sh, temporary } from './local.ts'

const root = temporary()
type Present = Extract<FileAnswer, { exists: true }>
const whole = ['digest', 'bytes']
const ask = (items: [string, string[]][]): FileAnswer[] =>
  probed(
    fileProbe,
    items.map(([item, facets]) => ({ item, facets })),
  ).map(raw => raw.answer)
const one = (path: string, facets = whole): Present => ask([[path, facets]])[0] as Present
const textOf = (answer: FileAnswer | undefined): string =>
  answer?.exists && answer.kind === 'file' ? answer.content.bytes.toString() : 'no file'

test('names that are no UTF-8 are told apart, and equal no text', () => {
  // Two folders and two links, whose names and targets differ in one byte that is no UTF-8.
  for (const byte of [0o351, 0o350]) {
    const name = Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([byte])])
    mkdirSync(name)
    symlinkSync(name.subarray(root.length + 1), join(root, `to${byte.toString(8)}`))
  }
  const links = ['to351', 'to350'].map(name => one(join(root, name), []))
  const targets = links.map(link => (link.kind === 'link' ? link.target : ''))
  assert.equal(targets, ['caf\udce9', 'caf\udce8'])
  const raws = probed(
    fileProbe,
    ['to351/x', 'to350/x'].map(path => ({ item: join(root, path), facets: [] })),
  )
  assert.equal(new Set(raws.map(({ real }) => real)).size, 2)
})

test('a file: kind, mode, owner by name and number, size, content', () => {
  const path = join(root, 'plain')
  writeFileSync(path, 'hello\n')
  chmodSync(path, 0o4750)
  // An archive gives a file back the time it had: only the ctime tells that it is new here.
  utimesSync(path, 1, 1)
  const { changed, ...found } = one(path)
  assert.equal(found, {
    exists: true,
    kind: 'file',
    mode: '4750',
    owner: 'root',
    group: 'root',
    uid: 0,
    gid: 0,
    size: 6,
    content: { digest: sha256('hello\n'), size: 6, bytes: Buffer.from('hello\n') },
  })
  assert.is(changed, Number(statSync(path, { bigint: true }).ctimeNs / 1000n), 'ctime in microseconds')
})

test('a mode has four digits', () => {
  const path = join(root, 'mode')
  writeFileSync(path, '')
  for (const [mode, text] of [
    [0o7, '0007'],
    [0, '0000'],
    [0o1777, '1777'],
  ] as const) {
    chmodSync(path, mode)
    assert.is(one(path).mode, text)
  }
})

test('folders, links (also broken, circular, to a folder), pipes: a link is itself', () => {
  mkdirSync(join(root, 'folder'))
  for (const [name, target] of [
    ['to-file', 'plain'],
    ['to-folder', 'folder'],
    ['broken', 'nowhere'],
    ['round', 'round'],
  ] as const)
    symlinkSync(target, join(root, name))
  sh(`mkfifo ${root}/pipe`)
  const kinds = ['folder', 'to-file', 'to-folder', 'broken', 'round', 'pipe'].map(n => one(join(root, n)))
  assert.equal(
    kinds.map(k => [k.kind, k.kind === 'link' ? k.target : '']),
    [
      ['directory', ''],
      ['link', 'plain'],
      ['link', 'folder'],
      ['link', 'nowhere'],
      ['link', 'round'],
      ['other', ''],
    ],
  )
})

test('absent, below an absent folder, and below a file: absent', () => {
  for (const path of ['none', 'none/deep/er', 'plain/below'])
    assert.equal(ask([[join(root, path), whole]]), [{ exists: false }])
})

test('an owner without a name is known by number', () => {
  const path = join(root, 'stranger')
  writeFileSync(path, '')
  sh(`chown 54321:54322 ${path}`)
  const { owner, uid, group, gid } = one(path)
  assert.equal([owner, uid, group, gid], ['54321', 54321, '54322', 54322])
})

test('names with spaces, quotes, newlines, backslashes, other alphabets, wildcards and dashes', () => {
  const names = ['a b', "it's", 'say "x"', 'two\nlines', 'back\\slash\\n', 'żółć 鯨', '*', '-rf', '$HOME', '`x`', '~']
  const paths = names.map(name => join(root, 'odd', name))
  mkdirSync(join(root, 'odd'))
  for (const [i, path] of paths.entries()) writeFileSync(path, `content ${i}`)
  assert.equal(
    ask(paths.map(path => [path, whole])).map(textOf),
    paths.map((_, i) => `content ${i}`),
  )
})

test('odd names of folders, and links whose target has a newline', () => {
  const folder = join(root, 'a\n"folder" \\')
  mkdirSync(folder)
  writeFileSync(join(folder, 'x'), 'in it')
  symlinkSync('to\nsomewhere', join(folder, 'l'))
  const [found, link] = ask([
    [join(folder, 'x'), whole],
    [join(folder, 'l'), []],
  ])
  assert.is(textOf(found), 'in it')
  assert.is((link as { target: string }).target, 'to\nsomewhere')
})

test('0 bytes, binary bytes, exactly the largest size that is read whole, and one more', () => {
  const binary = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256))
  const sizes: [string, Buffer][] = [
    ['empty', Buffer.alloc(0)],
    ['binary', binary],
    ['zeros', Buffer.alloc(1000)],
    ['limit', Buffer.alloc(65_536, 'x')],
    ['above', Buffer.alloc(65_537, 'y')],
    ['after', Buffer.from('after')],
  ]
  for (const [name, bytes] of sizes) writeFileSync(join(root, name), bytes)
  const found = ask(sizes.map(([name]) => [join(root, name), whole]))
  for (const [i, [name, bytes]] of sizes.entries()) {
    const { content } = found[i] as Present & { content: { digest: string; size: number; bytes: Buffer } }
    assert.is(content.digest, sha256(bytes), name)
    assert.is(content.size, bytes.length, name)
    assert.ok(content.bytes.equals(name === 'above' ? Buffer.alloc(0) : bytes), name)
  }
})

test('facets: only what is asked for is read', () => {
  const path = join(root, 'plain')
  assert.not('content' in one(path, []))
  const content = (one(path, ['digest']) as Present & { content: { digest: string; bytes: Buffer } }).content
  assert.is(content.digest, sha256('hello\n'))
  assert.is(content.bytes.length, 0)
  assert.equal([stat('/x').facets, digest('/x').facets, file('/x').facets], [[], ['digest'], ['digest', 'bytes']])
})

test('many in one go: some with content, some without, some absent, in any order', () => {
  mkdirSync(join(root, 'many'))
  const names = Array.from({ length: 500 }, (_, i) => join(root, 'many', `f${i}`))
  for (const [i, path] of names.entries()) if (i % 7 !== 0) writeFileSync(path, `${i}`.repeat(i % 5))
  const found = ask(names.map((path, i) => [path, i % 3 === 0 ? [] : i % 3 === 1 ? ['digest'] : whole]))
  for (const [i, answer] of found.entries()) {
    assert.is(answer.exists, i % 7 !== 0)
    if (!answer.exists || answer.kind !== 'file' || i % 3 === 0) continue
    assert.is(answer.content.digest, sha256(`${i}`.repeat(i % 5)))
    if (i % 3 === 2) assert.is(textOf(answer), `${i}`.repeat(i % 5))
  }
})

test('any contents come back under their own names', () => {
  const folder = join(root, 'any')
  mkdirSync(folder)
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 8 }), contents => {
      const paths = contents.map((bytes, i) => {
        writeFileSync(join(folder, `${i}`), bytes)
        return join(folder, `${i}`)
      })
      const found = ask(paths.map(path => [path, whole]))
      for (const [i, answer] of found.entries())
        assert.ok(answer.exists && answer.kind === 'file' && answer.content.bytes.equals(Buffer.from(contents[i]!)))
    }),
    { numRuns: cases(40) },
  )
})

test('the real folder of each path is told: links in its folders are followed, its own is not', () => {
  mkdirSync(join(root, 'real/deep'), { recursive: true })
  symlinkSync('real', join(root, 'alias'))
  writeFileSync(join(root, 'real/deep/f'), 'x')
  const raws = probed(
    fileProbe,
    ['alias/deep/f', 'alias', 'real/deep/f', 'alias/none/x'].map(name => ({ item: join(root, name), facets: [] })),
  )
  assert.equal(
    raws.map(raw => raw.real),
    ['real/deep', '', 'real/deep', 'real/none'].map(name => join(root, name)).map(path => path.replace(/\/$/, '')),
  )
  assert.is(raws[0]!.folder, join(root, 'alias/deep'))
  assert.ok(raws[0]!.answer.exists)
})

test('where a link leads, asked of the path and a dot', () => {
  const raws = probed(
    fileProbe,
    ['to-folder/.', 'broken/.', 'folder/.', 'plain/.'].map(name => ({ item: `${root}/${name}`, facets: [] })),
  )
  assert.equal(
    raws.map(raw => [raw.answer.exists ? raw.answer.kind : 'absent', raw.real]),
    [
      ['directory', join(root, 'folder')],
      ['absent', join(root, 'nowhere')],
      ['directory', join(root, 'folder')],
      ['absent', join(root, 'plain')],
    ],
  )
})

test('the root folder and what lies in it', () => {
  const [top, etc] = ask([
    ['/', []],
    ['/etc', []],
  ])
  assert.ok(top?.exists && top.kind === 'directory')
  assert.ok(etc?.exists)
})

test('a hard link shares all but the name', () => {
  linkSync(join(root, 'plain'), join(root, 'hard'))
  const a = one(join(root, 'plain'))
  assert.equal({ ...one(join(root, 'hard')) }, { ...a })
})

test('a file that may not be read does not shift the content of those behind it', () => {
  const folder = join(root, 'closed')
  mkdirSync(folder)
  chmodSync(root, 0o755)
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), `this is ${name}`)
  chmodSync(join(folder, 'b'), 0o600)
  const items = ['a', 'b', 'c'].map(name => ({ item: join(folder, name), facets: whole }))
  const found = probed(fileProbe, items, asNobody).map(raw => raw.answer)
  assert.equal([textOf(found[0]), textOf(found[2])], ['this is a', 'this is c'])
  assert.is(readFileSync(join(folder, 'b'), 'utf8'), 'this is b')
})

test('500 small files with their bytes take little time', () => {
  mkdirSync(join(root, 'quick'))
  const paths = Array.from({ length: 500 }, (_, i) => join(root, 'quick', `f${i}`))
  for (const path of paths) writeFileSync(path, `this is ${path}`)
  ask(paths.map(path => [path, whole]))
  const start = performance.now()
  const found = ask(paths.map(path => [path, whole]))
  const took = performance.now() - start
  assert.is(textOf(found[499]), `this is ${paths[499]}`)
  assert.ok(took < 1000, `${took} ms; one process a file would take over 1 s`)
})

test.run()
