import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { unitFile, unitName } from '../../../src/module/probes/portable.ts'
import { processStart, service } from '../../../src/module/probes/service.ts'
import type { ServiceAnswer } from '../../../src/module/probes/unit-answer.ts'
import { plainUnit } from '../../modules/answers.ts'

const { probe, parse } = service('x')
const raws = (text: string, ...units: string[]): unknown[] =>
  probe.read(
    { stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0 },
    units.map(item => ({ item, facets: [] })),
  )
const read = (text: string, ...units: string[]): ServiceAnswer[] => raws(text, ...units).map(parse)

const running = `Result=success
NRestarts=3
Id=ssh.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
StateChangeTimestamp=Sun 2026-11-22 16:34:01.123456 UTC
NeedDaemonReload=no`
const missing = `Result=success
NRestarts=0
Id=none.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
StateChangeTimestamp=
NeedDaemonReload=no`

test('a running unit, in whatever order its properties come', () => {
  const expected: ServiceAnswer = {
    ...plainUnit,
    id: 'ssh.service',
    active: 'active',
    sub: 'running',
    enabled: 'enabled',
    since: Date.parse('2026-11-22T16:34:01Z') * 1000 + 123_456,
    restarts: 3,
    isPulledIn: false,
  }
  assert.equal(read(running, 'ssh.service'), [expected])
  assert.equal(read(running.split('\n').reverse().join('\n'), 'ssh.service'), [expected])
})

test('several units are told apart by their place, an alias too', () => {
  const [first, second, third] = read(`${missing}\n\n${running}\n\n${running}\n`, 'none', 'sshd', 'ssh')
  assert.is(first?.load, 'not-found')
  assert.is(first?.since, 0)
  assert.is(second?.active, 'active')
  assert.is(third?.active, 'active')
})

test('a time without a fraction, with a short one, or none', () => {
  const at = (text: string): number =>
    read(running.replace(/StateChangeTimestamp=.*/, `StateChangeTimestamp=${text}`), 'x')[0]!.since
  const second = Date.parse('2026-01-02T03:04:05Z') * 1000
  assert.is(at('Fri 2026-01-02 03:04:05 UTC'), second)
  assert.is(at('Fri 2026-01-02 03:04:05.5 UTC'), second + 500_000)
  assert.is(at('n/a'), 0)
})

test('the start of the process comes out of the same look, and only of a unit that runs', () => {
  const started = processStart('ssh')
  assert.is(started.probe, probe)
  const text = `${running}\nExecMainStartTimestamp=Sun 2026-11-22 16:33:59.5 UTC`
  const at = (one: string) => raws(one, started.item).map(started.parse)
  assert.equal(at(text), [{ at: '2026-11-22T16:33:59.500000Z' }])
  assert.equal(at(text.replace('=active', '=failed')), [{ at: '' }])
  assert.equal(at(missing), [{ at: '' }])
})

test('where there is no systemd, no unit is there', () => {
  assert.equal(
    read('', 'a.service', 'b.service').map(u => [u.load, u.active, u.enabled]),
    Array(2).fill(['not-found', 'inactive', '']),
  )
})

test('one process for all units; names that need it are quoted', () => {
  const sh = probe.sh(['a.service', 'b@x y.service'].map(item => ({ item, facets: [] })))
  assert.match(sh, "-- a.service 'b@x y.service'")
  assert.match(sh, '--timestamp=us+utc')
})

test('a name may leave out .service, and no other ending', () => {
  assert.equal(['ssh', 'ssh.service', 'a.timer', 'user@1000'].map(unitName), [
    'ssh.service',
    'ssh.service',
    'a.timer',
    'user@1000.service',
  ])
  assert.is(unitFile('ssh'), '/etc/systemd/system/ssh.service')
})

test.run()
