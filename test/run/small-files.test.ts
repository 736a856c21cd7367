import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content } from '../../src/core/value.ts'
import { movedStatus } from '../../src/module/guard.ts'
import type { SmallFile } from '../../src/module/step.ts'
import { archiveOf, archivePath, isStreamed, smallFilesScript, type Writes } from '../../src/run/small-files.ts'
import { inBusybox, noBusybox } from '../host/busybox.ts'
import { temporary } from './local.ts'

type Ran = { status: number | null; stdout: Buffer; stderr: Buffer }
const shells: Record<string, ((sh: string) => Ran) | undefined> = {
  'GNU tools': sh => spawnSync('sh', { input: `umask 022; export LC_ALL=C\n${sh}\n` }),
  BusyBox:
    noBusybox === ''
      ? sh => {
          const [program, ...args] = inBusybox('/bin/sh')
          return spawnSync(program, args, { input: `umask 022; export LC_ALL=C\n${sh}\n` })
        }
      : undefined,
}
const mode = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)
const fileOf = (path: string, text: string, more: Partial<SmallFile> = {}): SmallFile => ({
  path,
  content: content(text),
  mode: '0644',
  ...more,
})

for (const [tools, run] of Object.entries(shells)) {
  const check = run === undefined ? test.skip : test
  const sh = (step: Writes): Ran => run!(smallFilesScript(step))
  const about = `${tools}${run === undefined ? noBusybox : ''}`

  check(`${about}: any names and modes, in folders, over what is there, and nothing is left beside them`, () => {
    const below = temporary()
    mkdirSync(join(below, 'a b'))
    writeFileSync(join(below, 'old'), 'old')
    chownSync(join(below, 'old'), 12, 13)
    symlinkSync('old', join(below, 'link'))
    const names = ["it's", 'two\nlines', '-n', '$x', 'l'.repeat(255), '.hidden', 'ü', '*']
    const files = [
      ...names.map(name => fileOf(name, name, { mode: '0600' })),
      ...names.map(name => fileOf(`a b/${name}`, name, { mode: '4755' })),
      fileOf('old', 'new', { replaces: true, mode: '0640' }),
      fileOf('link', 'file', { owner: '14', group: '15' }),
      fileOf('nothing', ''),
    ]
    const { status, stderr } = sh({ do: 'writes', below, files })
    assert.is(String(stderr), '')
    assert.is(status, 0)
    assert.equal(readdirSync(below).sort(), [...names, 'a b', 'old', 'link', 'nothing'].sort())
    assert.equal(readdirSync(join(below, 'a b')).sort(), [...names].sort())
    for (const { path, content: wanted, mode: bits } of files) {
      assert.ok(readFileSync(join(below, path)).equals(wanted.bytes), path)
      assert.is(mode(join(below, path)).padStart(4, '0'), bits, path)
    }
    assert.is(lstatSync(join(below, 'old')).uid, 12)
    assert.is(lstatSync(join(below, 'old')).gid, 13)
    assert.is(lstatSync(join(below, 'link')).uid, 14)
  })

  check(`${about}: where others may write what is replaced is still what was seen while it is looked at`, () => {
    const below = temporary()
    chmodSync(below, 0o2777)
    const path = join(below, 'old')
    writeFileSync(path, 'old')
    const handedOn = { format: '%h', text: '1' }
    const over = [{ path, kind: 'file' as const, digest: content('old').digest, handedOn }]
    const { status, stderr } = sh({ do: 'writes', below, files: [fileOf('old', 'new', { replaces: true })], over })
    assert.is(String(stderr), '')
    assert.is(status, 0)
    assert.is(readFileSync(path, 'utf8'), 'new')
    assert.equal(readdirSync(below), ['old'])
  })

  check(`${about}: where one is not what was seen nothing is written, and it is named`, () => {
    const below = temporary()
    writeFileSync(join(below, 'theirs'), 'theirs')
    const over = ['theirs', 'new'].map(name => ({ path: join(below, name), kind: 'absent' as const }))
    const { status, stdout } = sh({ do: 'writes', below, files: [fileOf('new', 'x'), fileOf('theirs', 'y')], over })
    assert.is(status, movedStatus)
    assert.is(String(stdout), join(below, 'theirs'))
    assert.equal(readdirSync(below), ['theirs'])
  })

  check(
    `${about}: what cannot be done leaves what was there, and nothing else; what a dead machine has left goes`,
    () => {
      const below = temporary()
      writeFileSync(join(below, 'old'), 'old')
      mkdirSync(join(below, '.runbook-files-abcdef'))
      const files = [fileOf('old', 'new', { replaces: true, owner: 'nobody-of-that-name' })]
      const { status, stderr } = sh({ do: 'writes', below, files })
      assert.is.not(status, 0)
      assert.match(String(stderr), 'nobody-of-that-name')
      assert.is(readFileSync(join(below, 'old'), 'utf8'), 'old')
      assert.equal(readdirSync(below), ['old'])
    },
  )

  check(`${about}: too many for a frame come as an archive that lies there`, () => {
    const below = temporary()
    const step: Writes = {
      do: 'writes',
      below,
      files: [fileOf('a', 'a'.repeat(900_000)), fileOf('b', 'b'.repeat(900_000))],
    }
    assert.ok(isStreamed(step))
    writeFileSync(archivePath(step), archiveOf(step))
    assert.is(sh(step).status, 0)
    assert.equal(readdirSync(below).sort(), ['a', 'b'])
    assert.is(readFileSync(join(below, 'b'), 'utf8'), 'b'.repeat(900_000))
  })
}

test.run()
