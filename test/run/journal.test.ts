import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Refusal } from '../../src/core/failure.ts'
import { journalFolder, openJournal, runIds } from '../../src/run/journal.ts'
import { readRun, startOfRun } from '../../src/run/run-records.ts'
import { refusedOnce, spot } from '../load/refused.ts'
import { temporary } from './local.ts'

const noon = new Date('2026-11-22T12:00:00Z')
const warning = (text: string): string => `${JSON.stringify({ type: 'warning', text, seq: 1, time: 0 })}\n`
const summary = `${JSON.stringify({ type: 'summary', exit: 0, hosts: {}, failures: [], wallMs: 1, peakRssMb: 1, seq: 2, time: 0 })}\n`
const refusal = (make: () => unknown): string => {
  try {
    make()
    return 'none'
  } catch (error) {
    return (error as Refusal).failures[0]!.what
  }
}

test('what is written is there at once, for its user alone, and is read back as it was', () => {
  const base = temporary()
  const folder = journalFolder(base)
  const journal = openJournal(base, noon)
  assert.match(journal.id, /^20261122-120000-[0-9a-f]{4}$/)
  journal.write(warning('a'))
  assert.is(readRun(folder, journal.id).events.length, 1)
  assert.is(readRun(folder, journal.id).summary, undefined)
  journal.write(summary)
  journal.close()
  assert.is(readRun(folder, journal.id).summary?.exit, 0)
  assert.equal(
    [statSync(folder).mode & 0o777, statSync(join(folder, `${journal.id}.ndjson`)).mode & 0o777],
    [0o700, 0o600],
  )
})

test('half a line at the end is what a killed run leaves; one before it is damage', () => {
  const base = temporary()
  const folder = journalFolder(base)
  const { id, write } = openJournal(base, noon)
  write(warning('a'))
  appendFileSync(join(folder, `${id}.ndjson`), '{"type":"resu')
  assert.is(readRun(folder, id).events.length, 1)
  appendFileSync(join(folder, `${id}.ndjson`), `\n${warning('b')}`)
  assert.match(
    refusal(() => readRun(folder, id)),
    /damaged/,
  )
})

test('the newest first; a run is named by as much of its id as no other has', () => {
  const base = temporary()
  const folder = journalFolder(base)
  assert.equal(runIds(folder), [])
  mkdirSync(folder, { recursive: true })
  for (const id of ['20261121-080000-aaaa', '20261122-080000-bbbb', '20261122-080001-cccc'])
    writeFileSync(join(folder, `${id}.ndjson`), '')
  assert.equal(
    runIds(folder).map(id => id.slice(-4)),
    ['cccc', 'bbbb', 'aaaa'],
  )
  assert.is(readRun(folder, 'bbbb').id, '20261122-080000-bbbb')
  assert.is(readRun(folder, '20261121').id, '20261121-080000-aaaa')
  assert.match(
    refusal(() => readRun(folder, '20261122')),
    /is several runs/,
  )
  assert.match(
    refusal(() => readRun(folder, 'dddd')),
    /no run "dddd"/,
  )
})

test('of two runs that begin in one second the later one is the newer', () => {
  const base = temporary()
  const folder = journalFolder(base)
  const begin = (ms: number): string => openJournal(base, new Date(noon.getTime() + ms)).id
  const ids = [7, 8, 80, 800, 801].map(begin)
  assert.equal(runIds(folder), ids.toReversed())
})

test('old runs go when a new one begins', () => {
  const base = temporary()
  const folder = journalFolder(base)
  mkdirSync(folder, { recursive: true })
  for (let i = 0; i < 210; i++) writeFileSync(join(folder, `2025${String(i).padStart(4, '0')}-080000-aaaa.ndjson`), '')
  openJournal(base, noon).close()
  assert.is(readdirSync(folder).length, 200)
  assert.ok(!runIds(folder).includes('20250000-080000-aaaa'))
})

test("what is no run record by its name is nobody's to remove", () => {
  const base = temporary()
  const folder = journalFolder(base)
  mkdirSync(folder, { recursive: true })
  const own = ['notes.ndjson', '0000.ndjson', '20250000-080000-aaaa.ndjson.old', '00000000-080000-AAAA.ndjson']
  for (const name of own) writeFileSync(join(folder, name), '')
  for (let i = 0; i < 210; i++) writeFileSync(join(folder, `2025${String(i).padStart(4, '0')}-080000-aaaa.ndjson`), '')
  openJournal(base, noon).close()
  assert.equal(
    own.filter(name => !readdirSync(folder).includes(name)),
    [],
  )
})

test('records in the place of which a link stands are neither read nor pruned nor written', () => {
  const [base, foreign] = [temporary(), temporary()]
  for (let i = 0; i < 210; i++) writeFileSync(join(foreign, `2025${String(i).padStart(4, '0')}-080000-aaaa.ndjson`), '')
  mkdirSync(join(base, '.runbook'))
  symlinkSync(foreign, journalFolder(base))
  for (const use of [
    () => openJournal(base, noon),
    () => runIds(journalFolder(base)),
    () => readRun(journalFolder(base), 'a'),
  ])
    assert.match(refusal(use), /\.runbook\/runs is a link/)
  assert.is(readdirSync(foreign).length, 210)
})

test('a line that is no event is damage, and is named by its number', () => {
  const event = { type: 'warning', text: 'a', seq: 1, time: 0 }
  const result = {
    type: 'result',
    host: 'h',
    node: 'h/t',
    task: 't',
    status: 'ok',
    steps: 0,
    ms: 1,
    diff: [],
    seq: 2,
    time: 0,
  }
  const damaged: (string | Buffer)[] = [
    'null',
    '5',
    '[]',
    '{}',
    '"text"',
    '{"type":"summary"}',
    '{"type":"warning","text":5,"seq":1,"time":0}',
    JSON.stringify({ ...event, seq: undefined }),
    JSON.stringify({ ...result, diff: [{ kind: 'text', subject: 's' }] }),
    JSON.stringify({ ...result, status: 'fine' }),
    JSON.stringify({ ...result, failure: 'x' }),
    JSON.stringify({ type: 'started', command: 'apply', playbook: 'p', hosts: 'h', seq: 1, time: 0 }),
    JSON.stringify({
      type: 'started',
      command: 'apply',
      playbook: 'p',
      hosts: [],
      asked: { playbook: 'p' },
      seq: 1,
      time: 0,
    }),
    JSON.stringify({ type: '__proto__', seq: 1, time: 0 }).replace('"seq":1', '"seq":"1"'),
    Buffer.from('{"type":"warning","text":"\xff","seq":1,"time":0}', 'latin1'),
    `{"type":"warning","text":"${'a'.repeat(40_000_000)}","seq":1,"time":0}`,
  ]
  const base = temporary()
  const folder = journalFolder(base)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'a.ndjson')
  for (const line of damaged) {
    writeFileSync(
      file,
      Buffer.concat([Buffer.from(`${warning('a')}\n`), Buffer.from(line), Buffer.from(`\n${warning('b')}`)]),
    )
    const failure = refusedOnce(() => readRun(folder, 'a'))
    assert.match(failure.what, `The journal ${file} is damaged.`)
    assert.equal([failure.origin?.file, spot(failure)], [file, '3:1'], String(line.slice(0, 60)))
    assert.ok(failure.why!.length < 200)
    writeFileSync(file, Buffer.concat([Buffer.from(line), Buffer.from('\n')]))
    assert.is(spot(refusedOnce(() => startOfRun(folder, 'a'))), '1:1')
  }
})

test('what is not whole yet, and what a later version tells, is no damage; what is no file is refused', () => {
  const base = temporary()
  const folder = journalFolder(base)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'a.ndjson')
  // As a kill leaves it: in the middle of a character too.
  writeFileSync(
    file,
    Buffer.concat([Buffer.from(warning('a')), Buffer.from('{"type":"warning","text":"é').subarray(0, -1)]),
  )
  assert.is(readRun(folder, 'a').events.length, 1)
  writeFileSync(file, '{"type":"war')
  assert.is(startOfRun(folder, 'a'), undefined)
  writeFileSync(file, `${JSON.stringify({ type: 'of-a-later-version', more: 1, seq: 1, time: 0 })}\n${warning('b')}`)
  assert.is(readRun(folder, 'a').events.length, 1, 'what a later version tells besides does no harm')
  execFileSync('mkfifo', [join(folder, 'pipe.ndjson')])
  assert.match(refusedOnce(() => readRun(folder, 'pipe')).what, 'is a named pipe')
  assert.match(refusedOnce(() => startOfRun(folder, 'pipe')).what, 'is a named pipe')
})

test.run()
