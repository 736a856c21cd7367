import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { createReport, type Report } from '../../src/report/report.ts'
import { keepingStream, planned, ref, reported, result, started } from './rig.ts'

/** What is on a screen after all that was written: the few movements that drawing uses, played back. */
const screen = (written: string): string => {
  const lines = ['']
  let row = 0
  let column = 0
  const put = (text: string): void => {
    lines[row] =
      (lines[row] ?? '').padEnd(column).slice(0, column) + text + (lines[row] ?? '').slice(column + text.length)
    column += text.length
  }
  for (const [, count, command, char] of written.matchAll(/\x1b\[([?\d]*)([A-Za-z])|([^\x1b])/g)) {
    if (command === 'A') row = Math.max(0, row - Number(count || 1))
    else if (command === 'B') row += Number(count || 1)
    else if (command === 'G') column = 0
    else if (command === 'K') lines[row] = count === '2' ? '' : (lines[row] ?? '').slice(0, column)
    else if (char === '\n') {
      row += 1
      column = 0
      lines[row] ??= ''
    } else if (char !== undefined) put(char)
  }
  return lines.map(line => line.trimEnd()).join('\n')
}

const open = (): { report: Report; out: ReturnType<typeof keepingStream>; err: ReturnType<typeof keepingStream> } => {
  const out = keepingStream(100)
  const err = keepingStream()
  const redact = createRedactor()
  redact.add('hunter2hunter2')
  const report = createReport({
    format: 'text',
    command: 'apply',
    diff: 'hide',
    privateDiff: 'hide',
    verbosity: 'changes',
    detailedExitcode: false,
    out: out.stream,
    err: err.stream,
    tty: true,
    colour: false,
    redact,
    clock: () => 0,
  })
  return { report, out, err }
}
const events: EventBody[] = [
  started('apply', 'a', 'b'),
  ...['a/x', 'a/y', 'b/x'].map(node => planned(node, 'change')),
  { type: 'warning', text: 'mind the step' },
  { type: 'running', ...ref('a/x', 'hunter2hunter2'), steps: [] },
  result('b/x', 'changed', { why: 'it differs', ms: 100 }),
]
const rest = [result('a/x', 'changed'), result('a/y', 'ok')]

/** The last three lines of the screen, once the two rows stand below a line; or after 15 s. */
const lastThree = async (written: () => string): Promise<string[]> => {
  for (const end = Date.now() + 15_000; ; await sleep(50)) {
    const lines = screen(written()).trimEnd().split('\n').slice(-3)
    if (lines[0]?.startsWith('b  ~') || Date.now() > end) return lines
  }
}

test('rows below the lines while it runs; lines and recap alone at the end, as in a log', async () => {
  const { report, out, err } = open()
  events.forEach(report.emit)
  const [line, ...rows] = await lastThree(out.text)
  rest.forEach(report.emit)
  // Finished before anything is compared: a report that draws would keep a failed test from ending.
  assert.is(report.finish({ roundTrips: {} }), 0)
  assert.is(line, 'b  ~ x: it differs (0.1 s)')
  assert.match(rows[0]!, /^\S a {2}0\/2 {2}<secret>$/)
  assert.match(rows[1]!, /^\S b {2}1\/1$/)
  await sleep(150)
  const log = reported({ command: 'apply', clock: () => 0 }, [...events, ...rest])
  assert.is(screen(out.text()), log.out)
  assert.is(err.text(), log.err)
  assert.ok(out.text().lastIndexOf('\x1b[?25h') > out.text().lastIndexOf('\x1b[?25l'), 'the cursor is shown again')
})

test('a run that ends before anything was drawn', async () => {
  const { report, out } = open()
  ;[...events, ...rest].forEach(report.emit)
  report.finish({ roundTrips: {} })
  const log = reported({ command: 'apply', clock: () => 0 }, [...events, ...rest])
  assert.is(screen(out.text()), log.out, 'all of it is there when finish returns')
  await sleep(300)
  assert.is(screen(out.text()), log.out)
})

test('drawing is bounded by time, not by the number of events', async () => {
  const { report, out } = open()
  events.forEach(report.emit)
  await sleep(400)
  const before = out.text().length
  for (let done = 0; done < 20_000; done += 1) {
    report.emit({ type: 'progress', ...ref('a/x'), done, total: 20_000, what: 'app.tar.gz' })
  }
  await sleep(300)
  const drawn = out.text().slice(before)
  report.finish({ roundTrips: {} })
  assert.ok(drawn.length < 4000, `${drawn.length} characters`)
})

test.run()
