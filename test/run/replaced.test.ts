import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content } from '../../src/core/value.ts'
import type { Step } from '../../src/module/step.ts'
import { rewrite, stepScript } from '../../src/run/step-script.ts'
import { extrasOf, makeWith } from './access-list.ts'
import { temporary } from './local.ts'

// What takes the place of a file by rename has all that the file had, and opens it to nobody, at no moment.

const root = temporary()
const access = 'user::rw-\nuser:5001:r--\ngroup::---\nmask::r--\nother::---\n'
const attributes = { 'user.note': 'kept' }
const script = (step: Step): string => stepScript(step, new Map(), 'root')!
const write = (path: string, more: object = {}): Step =>
  ({ do: 'write', path, content: content('new\n'), mode: '0640', ...more }) as Step
const sh = (text: string, path = '') =>
  spawnSync('sh', { input: `umask 022\n${path ? `PATH=${path}:$PATH\n` : ''}${text}\n`, encoding: 'utf8' })
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8)
let made = 0
/** A fresh folder. */
const place = (): string => {
  const folder = join(root, String(made++))
  mkdirSync(folder)
  return folder
}
/** A fresh folder with a file in it that has a list of access and an extended attribute. */
const listed = (): string => {
  const folder = place()
  makeWith(folder, 'f', '640', { access, attributes })
  if (process.getuid?.() === 0) chownSync(join(folder, 'f'), 0, 33)
  return folder
}
const isRoot = process.getuid?.() === 0

const others = join(root, 'other')
writeFileSync(others, 'new\n')
const ways: Record<string, (path: string) => string> = {
  'write, with the mode it has': path => script(write(path, { keeps: true })),
  'write, with a mode of its own': path => script(write(path)),
  'copy on the host': path => script({ do: 'duplicate', from: others, path, mode: '0640' }),
  'members of a JSON file': path => rewrite(path, Buffer.from('new\n'), { path, kind: 'there' }),
}
for (const [way, scriptFor] of Object.entries(ways))
  test(`${way}: list of access, extended attributes and owner stay`, () => {
    const folder = listed()
    const before = extrasOf(folder, 'f')
    assert.is(before.length, 2)
    const ran = sh(scriptFor(join(folder, 'f')))
    assert.equal([ran.status, ran.stderr], [0, ''])
    assert.is(readFileSync(join(folder, 'f'), 'utf8'), 'new\n')
    assert.equal(extrasOf(folder, 'f'), before)
    assert.is(modeOf(join(folder, 'f')), '640')
    if (isRoot) assert.is(statSync(join(folder, 'f')).gid, 33)
    assert.equal(readdirSync(folder), ['f'])
  })

test('a mode that is set on a file with a list of access is what chmod makes of it: the mask', () => {
  const folder = listed()
  assert.is(sh(script(write(join(folder, 'f'), { mode: '0600' }))).status, 0)
  assert.match(extrasOf(folder, 'f')[0]!, 'user:5001:r--\ngroup::---\nmask::---\n')
})

test('a file without a list of access gets none from its folder when it is replaced', () => {
  const folder = place()
  writeFileSync(join(folder, 'f'), 'old')
  chmodSync(join(folder, 'f'), 0o640)
  makeWith(folder, './', '755', { default: 'user::rwx\nuser:5001:rwx\ngroup::r-x\nmask::rwx\nother::---\n' })
  writeFileSync(join(folder, 'g'), 'one that has it from there')
  assert.is(extrasOf(folder, 'g').length, 1)
  for (const [way, scriptFor] of Object.entries(ways)) {
    assert.is(sh(scriptFor(join(folder, 'f'))).status, 0, way)
    assert.equal(extrasOf(folder, 'f'), [], way)
    assert.is(modeOf(join(folder, 'f')), '640')
  }
})

/** Programs that tell, before they do their work, who may read what lies in a folder and holds something. */
const watching = (folder: string, programs: string[]): { bin: string; told(): string[] } => {
  const bin = place()
  const log = join(bin, 'log')
  for (const program of programs) {
    const real = sh(`command -v ${program}`).stdout.trim()
    const look = `find ${folder} -type f -size +0 -printf '%m %f\\n' >>${log}`
    writeFileSync(join(bin, program), `#!/bin/sh\n${look}\n${real} "$@"; s=$?\n${look}\nexit $s\n`, { mode: 0o755 })
  }
  return { bin, told: () => readFileSync(log, 'utf8').split('\n').filter(Boolean) }
}

test('at no moment new bytes can be read by who may not read them in the end', () => {
  for (const more of [{ mode: '0600' }, { mode: '0600', owner: '1000' }, { mode: '0600', group: '1000' }]) {
    const folder = listed()
    chmodSync(join(folder, 'f'), 0o644)
    const { bin, told } = watching(folder, ['cp', 'chmod', 'chown', 'mv', 'sync', 'rm', 'ls'])
    if (!isRoot && Object.keys(more).length > 1) continue
    assert.is(sh(script(write(join(folder, 'f'), more)), bin).status, 0)
    const fresh = told().filter(line => line.includes('.runbook-'))
    assert.ok(fresh.length > 5)
    assert.equal(
      fresh.filter(line => !line.startsWith('600 ')),
      [],
    )
  }
})

test('what cannot be handed on fails, and the file is as it was', () => {
  const folder = listed()
  const bin = place()
  // A cp that was built without lists of access.
  writeFileSync(
    join(bin, 'cp'),
    `#!/bin/sh\nfor f; do :; done\nshift 2; [ "$1" != -- ] || shift; chmod --reference="$1" "$f"\n`,
    { mode: 0o755 },
  )
  const ran = sh(script(write(join(folder, 'f'), { keeps: true })), bin)
  assert.is.not(ran.status, 0)
  assert.match(ran.stderr, 'access control list of')
  assert.equal(readdirSync(folder), ['f'])
  assert.is(extrasOf(folder, 'f').length, 2)
})

if (isRoot) {
  test('a program keeps its capabilities, and its set-ID bits, also when it gets another owner', () => {
    for (const more of [
      { mode: '4755', keeps: true },
      { mode: '4755', owner: '1000' },
    ]) {
      const folder = place()
      makeWith(folder, 'f', '4755', { attributes })
      const set = spawnSync('setcap', ['cap_net_bind_service=ep', join(folder, 'f')])
      if (set.status !== 0) return
      const ran = sh(script(write(join(folder, 'f'), more)))
      assert.equal([ran.status, ran.stderr], [0, ''])
      assert.is(modeOf(join(folder, 'f')), '4755')
      assert.match(spawnSync('getcap', [join(folder, 'f')]).stdout.toString(), 'cap_net_bind_service=ep')
    }
  })
}

test.run()
