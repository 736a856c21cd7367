import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type ProvenanceAnswer,
  pathProvenance,
  provenanceProbe,
  unitProvenance,
} from '../../../src/module/probes/provenance.ts'
import { local, probed, temporary } from './local.ts'

const items = (...queries: { item: string }[]) => queries.map(({ item }) => ({ item, facets: [] }))
const traced = (...paths: string[]): ProvenanceAnswer[] => probed(provenanceProbe, items(...paths.map(pathProvenance)))
const isNear = (at: number): boolean => Math.abs(at - Date.now()) < 60_000

test('a path that is there: when it changed, and whose it is; one that is gone: when its folder changed', () => {
  const folder = `${temporary()}/two words`
  mkdirSync(folder)
  writeFileSync(`${folder}/a`, '')
  chmodSync(`${folder}/a`, 0o600)
  const [here, gone, below] = traced(`${folder}/a`, `${folder}/b`, `${folder}/none/c`)
  assert.ok(here?.of === 'path' && here.is === 'there' && isNear(here.at))
  assert.is(here.owner, 'root')
  assert.is(here.package, undefined)
  assert.ok(gone?.of === 'path' && gone.is === 'gone' && isNear(gone.at))
  assert.equal(below, { of: 'nothing' })
})

test('what belongs to a package says to which, and when that was installed', () => {
  const folder = temporary()
  // Debian's database may be absent where this runs: a program of its name stands for it.
  writeFileSync(
    `${folder}/dpkg-query`,
    "#!/bin/sh\nprintf '%s\\n' 'diversion by dash from: /bin/sh' 'dash, other: /bin/sh' 'libc6:amd64: /lib/x y'\n",
    { mode: 0o755 },
  )
  const own = (script: string) => local(`PATH=${folder}:$PATH\n${script}`)
  const [shell, library] = probed(provenanceProbe, items(pathProvenance('/bin/sh'), pathProvenance('/lib/x y')), own)
  assert.is(shell?.of === 'path' && shell.package, 'dash')
  assert.is(library?.of === 'path' && library.package, 'libc6:amd64')
  rmSync(`${folder}/dpkg-query`)
})

test("times are by the controller's clock, also where a host's is wrong", () => {
  const text = '1000.500000000\0/a\x00990.5\0ipfs\0\0/\x00900.0\0\0/a\0kubo\x00995.5\0\0'
  const [answer] = provenanceProbe.read(
    { stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0, within: [5_000_000, 5_000_000] },
    items(pathProvenance('/a')),
  )
  assert.equal(answer, {
    of: 'path',
    is: 'there',
    at: 4_990_000,
    owner: 'ipfs',
    package: 'kubo',
    installed: 4_995_000,
  })
})

test('of a unit: its files, and what systemd itself said of it', () => {
  const text =
    '1000.0\0/etc/systemd/system/a.service\x00900.25\0root\0\x00' +
    '999.500000 node2 systemd[1]: a.service: Main process exited, code=killed, status=9/KILL\n' +
    '-- Boot 3f --\n999.600000 node2 systemd[1]: Stopped a.service.\n\0'
  const [unit, own] = provenanceProbe.read(
    { stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0, within: [2_000_000, 2_000_000] },
    items(unitProvenance('a.service'), unitProvenance('/home/app/b.service')),
  )
  assert.equal(unit, {
    of: 'unit',
    files: [{ path: '/etc/systemd/system/a.service', at: 1_900_250, owner: 'root' }],
    said: [
      { at: 1_999_500, text: 'a.service: Main process exited, code=killed, status=9/KILL' },
      { at: 1_999_600, text: 'Stopped a.service.' },
    ],
    ahead: 1_000_000,
  })
  // Those that our own manager runs have no words of systemd.
  assert.equal(own, { of: 'nothing' })
})

test('where there is no systemd and no such unit, there is nothing, and what comes behind is read all the same', () => {
  const folder = temporary()
  const [unit, path] = probed(provenanceProbe, items(unitProvenance('no-such-unit.service'), pathProvenance(folder)))
  assert.ok(unit?.of === 'unit' && unit.files.length === 0)
  assert.ok(path?.of === 'path' && path.is === 'there')
})

test.run()
