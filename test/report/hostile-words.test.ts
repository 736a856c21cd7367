import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import type { Failure } from '../../src/core/failure.ts'
import { dotOf } from '../../src/graph/drawing.ts'
import { svgOf } from '../../src/graph/svg.ts'
import { jsonText } from '../../src/report/json.ts'
import { mapText } from '../../src/report/map-text.ts'
import { oneLine, printable } from '../../src/report/printable.ts'
import { createRedactor } from '../../src/report/redact.ts'
import type { ReportOptions } from '../../src/report/report.ts'
import { createRows } from '../../src/report/rows.ts'
import { runLines, unfinishedText } from '../../src/report/runs.ts'
import { numbered, reported } from './rig.ts'

// Whatever a host, a file or a path says, in whichever member of whichever event: no reader of a terminal, of a log or of
// JSON is fooled by it.

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** What is obeyed, turns text around, or is not seen: C0, DEL, C1, marks of direction, separators, joiners, tags, halves. */
const unseen: string[] = [
  ...span(0x00, 0x08),
  ...span(0x0b, 0x1f),
  ...span(0x7f, 0x9f),
  0xad,
  0x34f,
  0x61c,
  0x115f,
  0x180e,
  ...span(0x200b, 0x200f),
  ...span(0x2028, 0x202e),
  ...span(0x2060, 0x206f),
  0x3164,
  0xfeff,
  ...span(0xfff9, 0xfffb),
  0x1d173,
  ...span(0xe0000, 0xe007f),
  0xd800,
  0xdc00,
].map(code => String.fromCodePoint(code))

const isUnseen = (text: string): boolean =>
  unseen.some(char => (char.length === 1 && /[\ud800-\udfff]/.test(char) ? !text.isWellFormed() : text.includes(char)))

/** Each kind once, and a line of its own that looks like one of ours. */
const hostile = `x\x1b[2J\x1b]0;t\x07\r\x00\x7f\x85\x9b\u061c\u2028\u2029\u200b\u200f\u202e\u2066\ufeff\u{e0041}\ud800"'<&\nFORGED ok\n\tFORGED`

const failure: Failure = { reason: 'task-failed', what: hostile, why: hostile, fix: hostile }
const node = { host: hostile, node: `${hostile}/${hostile}`, task: hostile }
const diff = [
  { kind: 'text', subject: hostile, before: `a\n`, after: hostile },
  { kind: 'value', subject: hostile, before: hostile, after: hostile },
  { kind: 'hidden', subject: hostile, why: hostile },
] as const
const origin = { file: hostile, line: 1, column: 1 }
const all = { diff: [...diff], steps: [hostile], why: hostile }
const counts = { ok: 1, changed: 1, failed: 1, skipped: 1, undecided: 1, unreachable: false, roundTrips: 1, steps: 1 }

const events: { [type in EventBody['type']]: EventBody[] } = {
  started: [
    { type: 'started', command: 'apply', playbook: hostile, hosts: [hostile, 'b'], run: hostile, resumes: hostile },
  ],
  play: [{ type: 'play', name: hostile, hosts: [hostile, 'b'] }],
  answered: [{ type: 'answered', host: hostile, roundTrips: 1 }],
  'host-lost': [{ type: 'host-lost', host: 'b', failure: { ...failure, reason: 'host-lost' } }],
  planned: (['ok', 'change', 'undecided', 'skipped', 'fail'] as const).map(verdict => ({
    type: 'planned',
    ...node,
    node: `${hostile}/${verdict}`,
    verdict,
    ...all,
    needs: hostile,
    failure,
  })),
  running: [{ type: 'running', ...node, steps: [hostile], waits: true }],
  progress: [{ type: 'progress', ...node, done: 1, total: 2, what: hostile }],
  download: [{ type: 'download', archive: hostile, from: hostile, done: 1, total: 2 }],
  archive: [{ type: 'archive', name: hostile, size: 1, sha512: hostile, is: 'new' }],
  message: [{ type: 'message', ...node, text: hostile }],
  output: [
    { type: 'output', host: hostile, stream: 'stdout', text: hostile },
    {
      type: 'output',
      host: hostile,
      stream: 'stderr',
      base64: Buffer.from(`${hostile}\xff`, 'latin1').toString('base64'),
    },
  ],
  reached: [{ type: 'reached', host: hostile, user: hostile, identity: `${hostile}2`, connection: hostile, ms: 1 }],
  result: (['ok', 'changed', 'failed', 'skipped', 'refused', 'unverified'] as const).map(status => ({
    type: 'result',
    ...node,
    node: `${hostile}/${status}`,
    status,
    ...all,
    steps: 1,
    ms: 1,
    needs: hostile,
    failure,
  })),
  drifted: [
    {
      type: 'drifted',
      ...node,
      why: hostile,
      diff: [...diff],
      run: hostile,
      since: 0,
      traces: [
        { of: 'path', subject: hostile, is: 'there', at: 0, owner: hostile, package: hostile, installed: 0 },
        { of: 'unit', subject: hostile, is: hostile, at: 0, result: hostile, restarts: 1, said: [hostile] },
      ],
    },
  ],
  compared: [{ type: 'compared', run: hostile, since: 0, follow: 1, edited: 1, undone: 1 }],
  explained: [
    {
      type: 'explained',
      ...node,
      module: hostile,
      origin,
      verdict: 'change',
      why: hostile,
      fix: hostile,
      needs: hostile,
      conditions: [hostile],
      arguments: { [hostile]: hostile, list: [hostile, { [hostile]: hostile }] },
      reads: [{ name: hostile, subject: hostile, use: 'owned', is: { a: hostile }, after: [hostile], open: [] }],
      will: [{ subject: hostile, is: hostile }],
      steps: [hostile],
      waitsFor: [{ node: hostile, kind: 'order' }],
      waitedForBy: [{ node: hostile, kind: hostile }],
    },
  ],
  warning: [
    { type: 'warning', text: hostile },
    { type: 'warning', text: hostile, host: hostile },
    { type: 'warning', text: hostile, node: node.node },
  ],
  summary: [
    {
      type: 'summary',
      exit: 1,
      hosts: { [hostile]: counts },
      failures: [{ ...failure, origin }],
      wallMs: 1,
      peakRssMb: 1,
    },
  ],
}
const bodies = Object.values(events).flat()
const ending = { roundTrips: { [hostile]: 1 }, failures: [{ ...failure, origin }] }

/** Nothing but the ends of our own lines, and no line that begins as the host wants it to. */
const judge = (text: string, what: string): void => {
  assert.not.ok(
    isUnseen(text),
    `${what}: ${unseen.filter(char => text.includes(char)).map(char => JSON.stringify(char))}`,
  )
  const forged = text.split('\n').filter(line => line.trimStart() === line && line.startsWith('FORGED'))
  assert.equal(forged, [], what)
}

const commands: ReportOptions['command'][] = ['plan', 'apply', 'explain', 'drift', 'exec', 'ping']

for (const command of commands)
  for (const [type, own] of [...Object.entries(events), ['all', bodies] as const])
    test(`${command}: words in events of type ${type} are shown, not obeyed`, () => {
      const shown = { command, diff: 'show', privateDiff: 'show', verbosity: 'all' } as const
      const begun = type === 'started' || type === 'all' ? own : [...events.started, ...own]
      const { out, err } = reported(shown, begun, ending)
      judge(`${out}${err}`, `${command} ${type}`)
    })

test('an apply on a terminal: the rows', () => {
  const rows = createRows(() => 0)
  for (const event of numbered(bodies)) {
    rows.add(mapText(event, text => oneLine(printable(text))))
    for (const { text } of rows.rows()) judge(text, event.type)
  }
})

test('JSON and the journal: pure ASCII controls, each event one line, and the words come back as they were', () => {
  let journal = ''
  const { out } = reported({ command: 'apply', format: 'json', journal: line => (journal += line) }, bodies, ending)
  for (const text of [out, journal]) {
    judge(text, 'json')
    assert.is(text.trimEnd().split('\n').length, bodies.length + 1)
  }
  const lost = out
    .split('\n')
    .flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
    .find(({ type }) => type === 'host-lost')
  assert.is(lost.failure.why, hostile)
})

test('every sign that is not seen is written out, in text and in JSON', () => {
  for (const char of unseen) {
    assert.match(printable(`a${char}b`), /^a(\\r|\\x[0-9a-f]{2}|(\\u[0-9a-f]{4}){1,2})b$/, JSON.stringify(char))
    const json = jsonText({ a: char })
    assert.match(json, /^[\x20-\x7e]*$/, JSON.stringify(char))
    assert.is(JSON.parse(json).a, char)
  }
  // What is seen is left: letters of any script, signs of several pieces that are drawn in colour.
  for (const text of ['ü 漢 ✔ ⚠\ufe0f é שלום العربية हिन्दी', '\tx\n']) assert.is(printable(text), text)
})

test('runs: a list, and what one that was cut off had begun', () => {
  const run = { id: 'a', events: numbered([...events.started, ...events.planned, ...events.running]) }
  judge(runLines([run, { id: 'b', failure }]), 'runs')
  judge(unfinishedText(run), 'unfinished')
})

test('graphs: no sequence for a terminal, and no quote that ends a name', () => {
  const box = { id: `h/${hostile}`, task: hostile, module: hostile, play: hostile, hosts: ['h'] }
  const drawing = mapText(
    { boxes: [box], arrows: [{ from: box.id, to: box.id, kind: 'order' as const }], hosts: ['h'] },
    text => oneLine(printable(text)),
  )
  judge(dotOf(drawing), 'dot')
  judge(svgOf(drawing), 'svg')
  const unquoted = dotOf(drawing).replace(/"(\\.|[^"\\])*"/g, '')
  assert.not.match(unquoted, /FORGED|"/)
})

test('a secret that is split by sequences or signs that are not seen is left out all the same', () => {
  const redact = createRedactor()
  redact.add('hunter2-secret')
  for (const between of [
    '\x1b[0m',
    '\x1b[1;31m',
    '\x1b[K',
    '\x1b]8;;http://a\x07',
    '\u200b',
    '\u{e0041}',
    '\xad',
    '\r',
    '\x00',
    '\x08',
  ]) {
    const text = [...'hunter2-secret'].join(between)
    assert.is(redact.text(`a ${text} b`), 'a <secret> b', JSON.stringify(between))
    const one = `hunter2${between}-secret`
    const { out, err } = reported({ command: 'exec', redact }, [
      { type: 'play', name: 'x', hosts: ['h'] },
      { type: 'output', host: 'h', stream: 'stdout', text: `${one}\n` },
    ])
    assert.match(out, /h \| <secret>\n/, JSON.stringify(between))
    assert.not.match(`${out}${err}`, /hunter2/)
  }
})

test('a secret with such signs in it is found as it is, and as it is written out', () => {
  const redact = createRedactor()
  const secret = 'pass\u200bword\x1b[1m'
  redact.add(secret)
  assert.is(
    redact.text(`a ${secret} ${printable(secret)} ${JSON.stringify(secret)} b`),
    'a <secret> <secret> "<secret>" b',
  )
})

test.run()
