import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later } from '../../src/core/unknown.ts'
import { content, sha256 } from '../../src/core/value.ts'
import { type Guard, guardScript, movedStatus } from '../../src/module/guard.ts'
import { seenFile } from '../../src/module/probes/seen-file.ts'
import { temporary } from '../run/local.ts'

const root = temporary()
const at = join(root, "it's\na $x")
const holds = (...guards: Guard[]): boolean => {
  const { status, stdout, stderr } = spawnSync('sh', { input: `${guardScript(guards)}\n`, encoding: 'utf8' })
  assert.is(stderr, '')
  assert.ok(status === 0 || (status === movedStatus && stdout === guards.at(-1)!.path), `${status} ${stdout}`)
  return status === 0
}

/** What stands at a path, one kind after the other, made anew. */
const kinds: Record<string, () => void> = {
  absent: () => {},
  file: () => writeFileSync(at, 'text'),
  directory: () => mkdirSync(at),
  link: () => symlinkSync('nowhere', at),
  other: () => void spawnSync('mkfifo', [at]),
}
test('each kind is told from all others, a link from what it leads to', () => {
  for (const [kind, make] of Object.entries(kinds)) {
    rmSync(at, { recursive: true, force: true })
    make()
    const found = Object.keys(kinds).filter(other => holds({ path: at, kind: other as Guard['kind'] }))
    assert.equal(found, [kind])
    assert.is(holds({ path: at, kind: 'there' }), kind !== 'absent')
  }
})

test('content, target and attributes are compared whole', () => {
  rmSync(at, { force: true })
  writeFileSync(at, 'text')
  chmodSync(at, 0o640)
  const guard: Guard = { path: at, kind: 'file', digest: sha256('text') }
  assert.ok(holds(guard))
  assert.not.ok(holds({ ...guard, digest: sha256('Text') }))
  assert.ok(holds({ ...guard, handedOn: { format: '%a', text: '640' } }))
  assert.not.ok(holds({ ...guard, handedOn: { format: '%a', text: '644' } }))
  rmSync(at)
  symlinkSync('to\n', at)
  assert.ok(holds({ path: at, kind: 'link', target: 'to\n' }))
  assert.not.ok(holds({ path: at, kind: 'link', target: 'to' }))
})

test('a further name that a file has got meanwhile would keep the old content: it has moved', () => {
  rmSync(at, { recursive: true, force: true })
  writeFileSync(at, 'text')
  const seen = { exists: true, kind: 'file', content: content('text'), ties: { links: 1, acl: false } }
  const over = (links: number): Guard =>
    seenFile(at)({ ...seen, ties: { links, acl: false } }, { content: content('x') })!
  assert.ok(holds(over(1)))
  linkSync(at, join(root, 'further'))
  assert.not.ok(holds(over(1)))
  assert.ok(holds(over(2)))
  rmSync(join(root, 'further'))
  assert.ok(holds(over(2)), 'names that are replaced together part one after the other')
  assert.is(seenFile(at)(seen, { exists: false })!.handedOn, undefined)
})

test('several are looked at together, and the one that has moved is named', () => {
  const files = ['a', 'b', 'c d'].map(name => join(root, name))
  for (const path of files) writeFileSync(path, path)
  const guards = files.map((path): Guard => ({ path, kind: 'file', digest: sha256(path) }))
  assert.ok(holds(...guards))
  writeFileSync(files[2]!, 'other')
  assert.not.ok(holds(...guards))
  assert.not.ok(holds(guards[0]!, { path: files[1]!, kind: 'absent' }))
})

test('what lies beside goes only where the guard fails', () => {
  const beside = join(root, 'beside')
  const run = (kind: Guard['kind']) => spawnSync('sh', { input: guardScript([{ path: root, kind }], [beside]) }).status
  writeFileSync(beside, '')
  assert.is(run('directory'), 0)
  assert.ok(existsSync(beside))
  assert.is(run('absent'), movedStatus)
  assert.not.ok(existsSync(beside))
})

test('what is guarded is what a change could lose', () => {
  const path = '/f'
  const guard = seenFile(path)
  const file = { exists: true, kind: 'file', mode: '0644', uid: 0, gid: 5, content: content('x') }
  const whole = { path, kind: 'file', digest: sha256('x') }
  const handedOn = { format: '%a/%u/%g', text: '644/0/5' }
  assert.equal(guard(file, { content: content('y') }), { ...whole, handedOn })
  assert.equal(guard(file, { exists: false }), whole)
  assert.equal(guard(file, { mode: '0600' }), { path, kind: 'file' })
  assert.equal(guard({ ...file, content: new Later('n') }, { content: content('y') }), { path, kind: 'file', handedOn })
  assert.equal(guard({ exists: false }, { exists: true }), { path, kind: 'absent' })
  assert.equal(guard({ exists: true }, { exists: false }), { path, kind: 'there' })
  assert.equal(guard({ exists: new Later('n') }, { mode: '0600' }), undefined)
  const link = { exists: true, kind: 'link', target: 'a' }
  assert.equal(guard(link, { target: 'b' }), { path, kind: 'link', target: 'a' })
  assert.is(readFileSync(join(root, 'a'), 'utf8'), join(root, 'a'))
})

test.run()
