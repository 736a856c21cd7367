import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createDownloadLines } from '../../src/report/download.ts'
import { createRows } from '../../src/report/rows.ts'
import { numbered, planned, started } from './rig.ts'

const from = 'https://dist.ipfs.tech/kubo.tar.gz'
const download = (done: number, total?: number, place = from): EventBody & { type: 'download' } => ({
  type: 'download',
  archive: 'kubo.tar.gz',
  from: place,
  done,
  ...(total === undefined ? {} : { total }),
})

test('a line when a download begins, one each five seconds, one for each place it is tried at', () => {
  const lines: string[] = []
  const take = createDownloadLines(line => lines.push(line))
  const at = (time: number, event: EventBody & { type: 'download' }): void => take({ ...event, seq: 1, time })
  at(0, download(0, 90_000_000))
  at(4000, download(30_000_000, 90_000_000))
  at(5000, download(40_000_000, 90_000_000))
  at(6000, download(50_000_000, 90_000_000))
  at(7000, download(50_000_000, undefined, 'https://mirror.example.org/kubo.tar.gz'))
  at(12_000, download(60_000_000))
  assert.equal(lines, [
    `downloading kubo.tar.gz 90.0 MB from ${from}`,
    'downloading kubo.tar.gz 40.0 MB of 90.0 MB',
    'downloading kubo.tar.gz 50.0 MB from https://mirror.example.org/kubo.tar.gz',
    `downloading kubo.tar.gz 60.0 MB from ${from}`,
  ])
})

test('on a terminal it has a row above the hosts, until it is complete or the plan is there', () => {
  const rows = (...more: EventBody[]): string[] => {
    const fold = createRows()
    numbered([started('apply', 'a'), ...more]).forEach(fold.add)
    return fold.rows().map(row => row.text)
  }
  assert.equal(rows(download(1_000_000, 2_000_000)), ['downloading kubo.tar.gz 1.0 MB of 2.0 MB', 'a  connecting'])
  assert.equal(rows(download(2_000_000, 2_000_000)), ['a  connecting'])
  assert.equal(rows(download(1_000_000), planned('a/x', 'ok')).length, 1)
})

test.run()
