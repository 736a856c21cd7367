import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesOfText, byteText } from '../../src/core/byte-text.ts'
import { fedTo, quote, quoted } from '../../src/core/quote.ts'
import { fc } from '../chance.ts'

const sh = (script: string): string => spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout

test('a quoted word stands for itself, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', "'", '"', '$', '`', '\\', ' ', '\n', '*') })),
      words => {
        const printed = sh(`for w in ${quoted(words)}; do printf '%s\\001' "$w"; done`)
        assert.is(printed, words.map(word => `${word}\u0001`).join(''))
      },
    ),
    { numRuns: 20 },
  )
  assert.is(quote('plain-word_1.2'), 'plain-word_1.2')
})

test('bytes that are no UTF-8 come through a text and a shell as they are, alone or as parts of a path', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12 })), parts => {
      const bytes = parts.map(part => Buffer.from(part.filter(byte => byte !== 0 && byte !== 0x2f)))
      for (const one of bytes) assert.ok(bytesOfText(byteText(one)).equals(one))
      const path = Buffer.concat(bytes.flatMap(part => [Buffer.from('/'), part]))
      assert.is(byteText(path), bytes.map(part => `/${byteText(part)}`).join(''))
      const script = `export LC_ALL=C; printf %s ${quote(byteText(path))}; echo .`
      assert.ok(spawnSync('sh', ['-c', script]).stdout.equals(Buffer.concat([path, Buffer.from('.\n')])))
    }),
    { numRuns: 40 },
  )
  assert.is.not(byteText(Buffer.from([0xff])), byteText(Buffer.from('\ufffd')))
})

test('a script fed to another user cannot end early: what stands in it never runs as the first user', () => {
  const script = "printf %s 'a\nRUNBOOK_AS\necho outside\n'"
  const fed = fedTo('nobody', script)
  const [first, ...lines] = fed.split('\n')
  const end = /<<'(\w+)'$/.exec(first!)![1]!
  assert.is.not(end, 'RUNBOOK_AS')
  assert.equal(
    lines.flatMap((line, at) => (line === end ? [at] : [])),
    [lines.length - 1],
  )
})

if (process.getuid?.() === 0)
  test('a script fed to another user begins in a folder that he may read, which is the one there is where he may', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-quote-'))
    const where = (mode: number): string => {
      chmodSync(folder, mode)
      return spawnSync('sh', ['-c', fedTo('daemon', 'pwd')], { encoding: 'utf8', cwd: folder }).stdout.trim()
    }
    assert.equal([0o755, 0o700, 0o711].map(where), [folder, '/usr/sbin', '/usr/sbin'])
    rmSync(folder, { recursive: true })
  })

if (process.getuid?.() === 0)
  test('a script fed to another user has the home and the name of that user', () => {
    const env = { ...process.env, HOME: '/root', USER: 'root', XDG_RUNTIME_DIR: '/run/user/0', CLUSTER_SECRET: 'x' }
    const { stdout } = spawnSync('sh', ['-c', fedTo('daemon', 'env')], { encoding: 'utf8', env })
    for (const line of ['HOME=/usr/sbin', 'USER=daemon', 'LOGNAME=daemon'])
      assert.ok(stdout.split('\n').includes(line), stdout)
    assert.not.match(stdout, /XDG|CLUSTER/)
  })

test.run()
