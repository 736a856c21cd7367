import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../../src/core/value.ts'
import { accountProbe, type RawNumbers } from '../../../src/module/probes/account.ts'
import { type FileAnswer, fileProbe } from '../../../src/module/probes/file.ts'
import { findKind } from '../../../src/module/probes/other-tools.ts'
import { provenanceProbe } from '../../../src/module/probes/provenance.ts'
import { stepScript } from '../../../src/run/step-script.ts'
import { inBusybox, noBusybox } from '../../host/busybox.ts'
import { local, probed, temporary } from './local.ts'

const busybox = (script: string) => {
  const [program, ...args] = inBusybox('/bin/sh')
  return spawnSync(program, args, { input: script, maxBuffer: 64 * 1024 * 1024 })
}
const check = noBusybox === '' ? test : test.skip

/** Paths of all kinds, and some that are not there. */
const tree = (): string[] => {
  const root = temporary()
  const at = (name: string): string => join(root, name)
  for (const name of ['plain', 'with space', "it's", 'line\nend', '-dash', 'ü', 'back\\slash', '[x]*?', 'empty'])
    writeFileSync(at(name), name === 'empty' ? '' : `${name}\0\n`)
  writeFileSync(at('big'), Buffer.alloc(70_000, 'x'))
  writeFileSync(at('nobody'), 'x')
  chownSync(at('nobody'), 12345, 54321)
  chmodSync(at('plain'), 0o4751)
  chmodSync(at('empty'), 0)
  linkSync(at('plain'), at('second name'))
  mkdirSync(at('folder/below'), { recursive: true })
  chmodSync(at('folder'), 0o2770)
  writeFileSync(at('folder/below/file'), 'deep')
  symlinkSync('folder/below', at('link'))
  symlinkSync('nowhere/at all', at('dangling'))
  symlinkSync('a -> b\n', at('odd'))
  symlinkSync('round', at('round'))
  spawnSync('mkfifo', [at('pipe')])
  const there = "plain,with space,it's,line\nend,-dash,ü,back\\slash,[x]*?,empty,big,nobody,second name,folder,pipe"
  const further = 'folder/below/file,link,link/file,link/../below/file,dangling,dangling/x,odd,none,none/at/all,round'
  return [...there.split(','), ...further.split(',')].map(name => `${root}/${name}`)
}

check(`what BusyBox tells of paths is what GNU tools tell of them${noBusybox}`, () => {
  const items = tree().map(item => ({ item, facets: ['digest', 'bytes', 'ties'] }))
  const gnu = probed(fileProbe, items, local)
  const other = probed(fileProbe, items, busybox)
  for (const [i, { item }] of items.entries()) assert.is(JSON.stringify(other[i]), JSON.stringify(gnu[i]), item)
})

check(`which tools there are is told without a process where they are GNU's${noBusybox}`, () => {
  const told = `${findKind}\necho "[$gnu]"`
  assert.is(String(busybox(told).stdout), '[]\n')
  // Nothing can be started any more, and still it is told.
  assert.is(String(local(`ulimit -u 0 2>/dev/null; find() { echo asked >&2; }; ${told}`).stdout), '[1]\n')
  assert.is(String(local(`find() { echo asked >&2; }; ${told}`).stderr), '')
})

check(`a receipt with a time in whole seconds is neither left nor believed${noBusybox}`, () => {
  const path = join(temporary(), 'big')
  writeFileSync(path, 'big')
  const at = join(path, '../.big.receipt')
  const left = busybox(stepScript({ do: 'receipt', path, digest: 'f'.repeat(64) }, new Map(), 'root')!)
  assert.equal([left.status, existsSync(at)], [0, false])
  // What that stat says of its time: whoever writes to the file within this second leaves all of it as it is.
  const { stdout } = busybox(`stat -c '%s %.9Z %i' -- ${path}`)
  writeFileSync(at, `${String(stdout).trim()} ${'f'.repeat(64)}\n`)
  const [raw] = probed(fileProbe, [{ item: path, facets: ['digest'] }], busybox)
  assert.is((raw!.answer as Extract<FileAnswer, { kind: 'file' }>).content.digest, sha256('big'))
})

check(`accounts are those of the files where there is no getent${noBusybox}`, () => {
  const items = ['user ada', 'user none', 'group staff', 'group ada', 'numbers 1000 50'].map(item => ({
    item,
    facets: [],
  }))
  const [ada, none, staff, own, numbers] = probed(accountProbe, items, busybox)
  assert.equal(ada, {
    exists: true,
    uid: 1000,
    group: 'ada',
    groups: ['staff'],
    home: '/home/ada',
    shell: '/bin/sh',
    comment: 'Ada',
  })
  assert.equal([none, staff, own], [{ exists: false }, { exists: true, gid: 50 }, { exists: true, gid: 1000 }])
  const { users, defaults } = numbers as RawNumbers
  assert.equal(
    users.map(({ name }) => name),
    ['root', 'ada'],
  )
  assert.ok(defaults.missing?.includes('useradd'))
  const [here] = probed(accountProbe, [{ item: 'numbers  ', facets: [] }])
  assert.is((here as RawNumbers).defaults.missing, undefined)
})

check(`when things changed, and whose they are, is told by BusyBox as by GNU tools${noBusybox}`, () => {
  const paths = tree()
  const items = [...paths, `${paths[0]}/..`, '/nowhere/at all'].map(path => ({ item: `path ${path}`, facets: [] }))
  const told = (run: typeof busybox) =>
    probed(provenanceProbe, items, run).map(answer => ('at' in answer ? { ...answer, at: 0 } : answer))
  const gnu = probed(provenanceProbe, items, local).map(answer => ('at' in answer ? answer.at : undefined))
  const other = probed(provenanceProbe, items, busybox).map(answer => ('at' in answer ? answer.at : undefined))
  assert.equal(told(busybox), told(local))
  // The moment of the look is in whole seconds there.
  for (const [i, at] of other.entries()) if (at !== undefined) assert.ok(Math.abs(at - gnu[i]!) < 1100)
})

test.run()
