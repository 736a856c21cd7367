import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import type { Fragment, Output } from '../../src/core/transport.ts'
import { openShell } from '../../src/host/shell.ts'
import { cases, fc } from '../chance.ts'
import { failuresOf, reasonsOf } from './local.ts'
import { marksOf, spokenWire } from './spoken.ts'

const READS: Fragment[] = [{ sh: 'a' }, { sh: 'b' }]
const STEPS: Fragment[] = READS.map(one => ({ ...one, step: true }))

/** A shell whose host answers each frame with these marks on its two streams. */
const hearing = (out: string, err = out.replaceAll(/=\d+/g, ''), answerSeconds = 5) => {
  const wire = spokenWire((asked, { stdout, stderr }) => {
    stdout.push(marksOf(asked, out))
    stderr.push(marksOf(asked, err))
  })
  return { wire, shell: openShell('node0', wire, undefined, { answerSeconds }) }
}

const HONEST: [string, Fragment[], number[]][] = [
  ['b=77 0 1=3 e', READS, [0, 3]],
  ['b=77 0 1=3 e', STEPS, [0, 3]],
  ['b=77 0=9 e', STEPS, [9]],
  ['b=77 0=9 1 e', STEPS, [9, 0]],
]

for (const [marks, fragments, statuses] of HONEST)
  test(`an answer as it was asked for is taken: ${marks}`, async () => {
    const { shell } = hearing(marks)
    assert.equal(
      (await shell.run(fragments)).map(({ status }) => status),
      statuses,
    )
    assert.is(shell.pid, 77)
  })

const LIES: Record<string, [out: string, err?: string, fragments?: Fragment[]]> = {
  'the end before its fragments': ['b e'],
  'the end behind the first of two reads': ['b 0 e'],
  'the end behind a step that has not failed': ['b 0=0 e', undefined, STEPS],
  'the end behind a read that has failed': ['b 0=1 e'],
  'more fragments than were asked for': ['b 0 1 2 e'],
  'fragments out of order': ['b 1 0 e'],
  'a fragment twice': ['b 0 0 1 e'],
  'a beginning twice': ['b b 0 1 e'],
  'no beginning': ['0 1 e'],
  'the end twice': ['b 0 1 e e'],
  'a mark of an earlier round trip': ['b 0:0 0 1 e'],
  'a mark of a later round trip': ['b 2:0 0 1 e'],
  'the end alone': ['e'],
  'a status that no program has': ['b 0=256 1 e'],
  'streams that do not agree': ['b 0 1 e', 'b 0 e'],
  'streams that do not agree on which step was the last': ['b 0=1 e', 'b 0 1 e', STEPS],
  'a beginning of another frame': ['7:b 0 1 e'],
  'a fragment that nobody has a number for': ['b 00000000012 e'],
}

for (const [lie, [out, err, fragments = READS]] of Object.entries(LIES))
  test(`nothing is believed of an answer with ${lie}`, async () => {
    const { shell, wire } = hearing(out, err, 0.2)
    const told: number[] = []
    const failures = await failuresOf(shell.run(fragments, index => told.push(index)))
    assert.is(failures[0]?.reason, 'host-protocol', lie)
    assert.match(failures[0]!.what, /node0/)
    assert.ok(wire.isCut)
    assert.equal(await reasonsOf(shell.run(READS)), ['host-protocol'])
  })

test('a mark that comes while nothing is asked ends the host', async () => {
  const late = spokenWire((now, say) => {
    say.stdout.push(marksOf(now, 'b 0 1 e'))
    say.stderr.push(marksOf(now, 'b 0 1 e'))
    setImmediate(() => say.stdout.push(marksOf(now, 'e')))
  })
  const shell = openShell('node0', late)
  await shell.run(READS)
  await late.closed
  assert.equal(await reasonsOf(shell.run(READS)), ['host-protocol'])
})

test('what only reads has so long for each answer, a step of ours six times as long, a command as long as it takes', async () => {
  for (const [fragments, reasons, answerSeconds = 0.05] of [
    [READS, ['host-lost']],
    [STEPS, [], 0.2],
    [STEPS, ['host-lost'], 0.02],
    [READS.map(one => ({ ...one, lingers: true as const })), []],
  ] as const) {
    const wire = spokenWire((asked, { stdout, stderr }) => {
      for (const stream of [stdout, stderr]) stream.push(marksOf(asked, 'b'))
      setTimeout(() => {
        for (const stream of [stdout, stderr]) stream.push(marksOf(asked, '0 1 e'))
      }, 300)
    })
    const shell = openShell('node0', wire, undefined, { answerSeconds })
    assert.equal(await reasonsOf(shell.run([...fragments])), reasons)
  }
})

test('what comes by one byte now and then is no answer either: the time is that of all of it', async () => {
  const wire = spokenWire((asked, { stdout, stderr }) => {
    for (const stream of [stdout, stderr]) stream.push(marksOf(asked, 'b'))
    const timer = setInterval(() => stdout.push('x'), 10)
    wire.closed.then(() => clearInterval(timer))
  })
  const shell = openShell('node0', wire, undefined, { answerSeconds: 0.2 })
  assert.equal(await reasonsOf(shell.run(READS)), ['host-lost'])
})

test('what begins as a mark and never ends is output, counted as any other', async () => {
  const wire = spokenWire(({ nonce, frame }, { stdout }) => {
    stdout.push(`${nonce}:${frame}:b:7\n${nonce}:${frame}:0:`)
    const more = (): void => {
      while (!wire.isCut && stdout.push(Buffer.alloc(1 << 20, 'x')));
      if (!wire.isCut) setImmediate(more)
    }
    more()
  })
  const [failure] = await failuresOf(openShell('node0', wire).run(READS))
  assert.match(failure!.what, /printed more than 64 MiB/)
})

/** Marks, pieces of them, other bytes, in any order, on either stream. */
const reply = fc.array(
  fc.tuple(
    fc.constantFrom('stdout' as const, 'stderr' as const),
    fc.oneof(
      fc.constantFrom('b', '0', '1', 'e', 'b 0 1 e', '1=3', '0=9', '3:0', '2', 'b=0').map(words => ({ words })),
      fc.uint8Array({ maxLength: 40 }).map(bytes => ({ bytes: Buffer.from(bytes) })),
      fc.nat(70).map(cut => ({ cut })),
    ),
  ),
  { maxLength: 14 },
)

test('whatever comes, it is the answer or the end of that host, and nothing else is thrown', () =>
  fc.assert(
    fc.asyncProperty(reply, fc.boolean(), async (pieces, isStep) => {
      const wire = spokenWire((asked, say) => {
        for (const [stream, piece] of pieces)
          if ('words' in piece) say[stream].push(marksOf(asked, piece.words))
          else if ('bytes' in piece) say[stream].push(piece.bytes)
          else say[stream].push(marksOf(asked, 'b 0').slice(0, piece.cut))
        setImmediate(() => wire.cut())
      })
      const said = await openShell('node0', wire)
        .run(isStep ? STEPS : READS)
        .catch((error: unknown) => error)
      if (said instanceof Refusal) return assert.match(said.failures[0]!.reason, /^host-(lost|protocol)$/)
      const outputs = said as Output[]
      assert.ok(outputs.length === 2 || (isStep && outputs[0]!.status !== 0), JSON.stringify(outputs))
    }),
    { numRuns: cases(1_000) },
  ))

test.run()
