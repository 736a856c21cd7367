import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { overlapping } from '../../../src/module/label.ts'
import {
  managerEnvironment,
  type UnitSurroundings,
  unitSurroundings,
} from '../../../src/module/probes/unit-surroundings.ts'
import type { Foreseen } from '../../../src/module/query.ts'
import { place, shells } from './units.ts'

const output = (text: string) => ({ stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0 })
const read = (text: string, name = 'a-b'): UnitSurroundings => unitSurroundings(name).parse(output(text))

test('drop-ins are told in the order in which they count, one of each name, with their lines and times', () => {
  const told = read(`DropIn=/etc/systemd/system/a-b.service.d/20.conf
> [Service]
> Nice=5
DropIn=/run/systemd/system/a-.service.d/10.conf
> # /etc/passwd
DropIn=/lib/systemd/system/service.d/20.conf
> [Service]
EnvironmentFile=/etc/default/a
> A
>
> export B
Changed=1700000000.123456789 /etc/systemd/system/a-b.service.d/20.conf
Changed=1700000001.000000000 /etc/systemd/system/a-b.service.d
`)
  assert.equal(told, {
    dropIns: [
      { path: '/run/systemd/system/a-.service.d/10.conf', text: '# /etc/passwd', changed: 0 },
      { path: '/etc/systemd/system/a-b.service.d/20.conf', text: '[Service]\nNice=5', changed: 1_700_000_000_123_456 },
    ],
    foldersChanged: [{ path: '/etc/systemd/system/a-b.service.d', changed: 1_700_000_001_000_000 }],
    environmentFiles: [
      { name: 'A', path: '/etc/default/a', line: 1 },
      { name: 'export B', path: '/etc/default/a', line: 3 },
    ],
  })
})

test('the process that runs is told with its words and its environment, whatever is in them', () => {
  const told = read('Environment\nA=x\u0001Command\nB=\nCommand\n/usr/bin/a\n\ndaemon --x=1\n')
  assert.equal(told.process, {
    command: ['/usr/bin/a', '', 'daemon --x=1'],
    environment: { A: 'x\nCommand', B: '' },
  })
  assert.is(read('Environment\nHidden\n').process, undefined, 'who looks may not see it')
  assert.is(read('').process, undefined)
})

test("systemd's own environment is told by names, with the lines that give it", () => {
  const told = managerEnvironment.parse(output(`LANG=C\nPATH=/bin\nX=a b\n> 7 /etc/systemd/system.conf "X=a b" Y=c\n`))
  assert.equal(told, {
    names: ['LANG', 'PATH', 'X'],
    configured: ['X', 'Y'].map(name => ({ name, path: '/etc/systemd/system.conf', line: 7 })),
  })
})

const before: UnitSurroundings = {
  dropIns: [],
  foldersChanged: [],
  environmentFiles: [],
  process: { command: ['a'], environment: {} },
}
const behind = (patches: [string, unknown][], hits: string[], from = before): UnitSurroundings | undefined => {
  const text = { bytes: Buffer.from('[Service]\nNice=1') }
  const foreseen: Foreseen = { hits, labels: hits, patches: new Map(patches), time: 9 }
  return unitSurroundings('a').derive!(() => ({ exists: true, kind: 'file', content: text }) as never, from, foreseen)
}

test('what changes it: a restart, a drop-in that is written; not the unit file, nor a first start', () => {
  assert.is(behind([['unit:a.service', { active: 'active' }]], ['restart:a.service'])?.process, undefined)
  assert.equal(behind([['unit:a.service', { reload: false }]], ['restart:a.service']), before)
  const path = '/etc/systemd/system/service.d/x.conf'
  assert.equal(behind([[`file:${path}`, { exists: true }]], [`path:${path}`])?.dropIns, [
    { path, text: '[Service]\nNice=1', changed: 9 },
  ])
  const folder = '/etc/systemd/system/a.service.d'
  const one = { path: `${folder}/x.conf`, text: '', changed: 0 }
  const without = behind([[`file:${folder}`, { exists: false }]], [`tree:${folder}`], { ...before, dropIns: [one] })
  assert.equal(without?.dropIns, [])
  assert.is(behind([], ['tree:/etc/systemd']), undefined, 'nobody says what')
  const { looks } = unitSurroundings('a')
  for (const label of ['unit:a.service', 'path:/etc/systemd/system/a.service', 'unit-file:a.service'])
    assert.not.ok(overlapping([label], looks), label)
})

for (const { name, path } of shells)
  test(`${name}: a daemon of the portable manager is told with what it was started with, and no other`, async () => {
    const here = place(path)
    const look = (): UnitSurroundings => {
      const query = unitSurroundings(here.path('a'))
      const sh = query.probe.sh([{ item: query.item, facets: [] }])
      return query.parse(output(spawnSync(here.path('bin/sh'), { input: sh, encoding: 'utf8' }).stdout))
    }
    assert.is(look().process, undefined)
    here.daemon('exec sleep 100', 'Environment="GREETING=a b" OTHER=c')
    await here.act('start', 'a')
    await here.until('it runs', () => look().process?.command.at(-1) === '100')
    const { environment } = look().process!
    assert.equal([environment.GREETING, environment.OTHER, environment.SECRET], ['a b', 'c', undefined])
    await here.act('stop', 'a')
    assert.is(look().process, undefined)
  })

test.run()
