import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refuse } from '../../src/core/failure.ts'
import { cases, seed } from '../chance.ts'
import { foundInputs } from './corpus.ts'
import { judged } from './judge.ts'
import { kindNamed, kinds } from './kinds.ts'
import { sweepInProcess } from './sweep-in-process.ts'
import { sweepOnCommandLine } from './sweep-on-command-line.ts'

// Whatever is read: it is understood, or refused with its place, within a second and 500 MB. `npm run sweep` tries more.

/** What these do wrong is being mended where they are read. */
const later: string[] = []
const clean = kinds.map(({ name }) => name).filter(name => !later.includes(name))

for (const { kind, name, input } of foundInputs()) {
  const tried = later.includes(kind) ? test.skip : test
  tried(`found once: ${kind} ${name}`, async () => {
    const fault = await judged(kindNamed(kind), input)
    assert.is(fault, undefined, `${fault?.what} ${fault?.why}`)
  })
}

test('the inputs that others are made of are read', async () => {
  for (const kind of kinds)
    for (const input of await kind.corpus()) {
      const fault = await judged(kind, input)
      assert.is(fault, undefined, `${kind.name}: ${fault?.what} ${fault?.why}`)
    }
})

test('2,000 mutated inputs in process', async () => {
  const found = await sweepInProcess({ seed, runs: cases(2000), kinds: clean })
  assert.equal(
    found.map(({ kind, index, what, why }) => `${kind} ${index} ${what}: ${why}`),
    [],
  )
})

test('a few dozen by command line', async () => {
  assert.equal(await sweepOnCommandLine({ seed, runs: cases(30) }), [])
})

test('what the judge is for it sees: a bug, what takes too long, and a refusal that says nothing of where', async () => {
  const fault = async (read: () => unknown, place?: string): Promise<string | undefined> =>
    (await judged({ name: 'x', corpus: () => [], read, ...(place ? { place } : {}) }, Buffer.from('')))?.what
  assert.is(await fault(() => JSON.parse('null').x), 'ends in a bug')
  assert.is(
    await fault(() => {
      for (const end = process.cpuUsage().user + 1_300_000; process.cpuUsage().user < end; );
    }),
    'takes too long',
  )
  const refusing = (): never => refuse('usage-file', 'Something is wrong.')
  assert.is(await fault(refusing, 'a.yml'), 'is refused without a place')
  assert.is(await fault(refusing), undefined)
  assert.is(await fault(() => 'read'), undefined)
})

test.run()
