import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { labAt } from '../../src/lab/names.ts'
import { readRecord } from '../../src/lab/record.ts'
import { refusedOnce } from '../load/refused.ts'

const folder = mkdtempSync(`${tmpdir()}/runbook-lab-record-`)
test.after(() => rmSync(folder, { recursive: true }))
const lab = labAt(folder, 'demo')
mkdirSync(lab.folder, { recursive: true })
const write = (text: string): void => writeFileSync(`${lab.folder}/lab.json`, text)

test('a record of a lab is read, one of before there was a choice of what runs there too', () => {
  write('{"slot":7,"hosts":{"node0":2}}')
  assert.equal(readRecord(lab), { slot: 7, hosts: { node0: 2 }, init: 'systemd' })
  write('{"slot":7,"hosts":{"node0":2},"init":"none","kinds":{"node0":"debian"}}')
  assert.is(readRecord(lab)?.init, 'none')
  write('{"slot":7,"hosts":{"node0":2},"packages":true}')
  assert.is(readRecord(lab)?.packages, true)
  assert.is(readRecord(labAt(folder, 'other')), undefined)
})

test('what is not written there by a lab is refused with its file: names of hosts become folders', () => {
  for (const text of [
    '',
    'null',
    '5',
    '[]',
    '{}',
    '{"slot":7}',
    '{"slot":"7","hosts":{}}',
    '{"slot":7000,"hosts":{}}',
    '{"slot":7,"hosts":[]}',
    '{"slot":7,"hosts":{"node0":"2"}}',
    '{"slot":7,"hosts":{"../../etc":2}}',
    '{"slot":7,"hosts":{"a b":2}}',
    '{"slot":7,"hosts":{},"init":"upstart"}',
    '{"slot":7,"hosts":{},"kinds":{"node0":"amiga"}}',
    '{"slot":7,"hosts":{},"packages":"yes"}',
  ]) {
    write(text)
    const { what, fix, origin } = refusedOnce(() => readRecord(lab))
    assert.match(what, 'lab.json cannot be read', text)
    assert.match(fix!, 'runbook lab down')
    assert.is(origin?.file, `${lab.folder}/lab.json`)
  }
})

test.run()
