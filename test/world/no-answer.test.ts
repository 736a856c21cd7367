import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import type { Output } from '../../src/core/transport.ts'
import { user } from '../../src/module/probes/account.ts'
import { accountNumbers } from '../../src/module/probes/account-numbers.ts'
import { facts } from '../../src/module/probes/facts.ts'
import { file } from '../../src/module/probes/file.ts'
import { mounts } from '../../src/module/probes/mounts.ts'
import { program } from '../../src/module/probes/program.ts'
import type { AnyQuery } from '../../src/module/query.ts'
import { createAnswers } from '../../src/world/answers.ts'
import { batch } from '../../src/world/batch.ts'
import { cases, fc } from '../chance.ts'

// What a host says is the answer to what it was asked, or the end of that host: never an error of the engine's.

const json = (): AnyQuery =>
  program({ key: 'x', sh: 'echo "{}"', looks: [], parse: ({ stdout }) => JSON.parse(stdout.toString()).a.b })

const said = (stdout: Buffer | string, more: Partial<Output> = {}): Output => ({
  stdout: Buffer.from(stdout),
  stderr: Buffer.alloc(0),
  status: 0,
  ...more,
})

/** Why an answer was not taken; undefined where it was. */
const refusalOf = (queries: AnyQuery[], outputs: Output[]): string | undefined => {
  const reads = batch(createAnswers(), queries)
  try {
    reads.record(outputs)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.failures[0]!.reason
    throw error
  }
}

const NONE: [string, AnyQuery[], Output[]][] = [
  ['nothing came', [facts], []],
  ['a file of which nothing is said', [file('/etc/passwd')], [said('')]],
  ['a file that is broken off', [file('/etc/passwd')], [said('/etc\0\0/etc/passwd\0f\x006')]],
  ['more folders than were asked for', [file('/etc/x')], [said('/etc\0/root\0\0\0\0\0\0')]],
  ['a folder that is none', [file('/etc/x')], [said('etc\0\0\0\0\0\0')]],
  ['a size that is no number', [file('/e')], [said('/\0\0/e\0f\x00644\x000\0root\x000\0root\0big\x001.0\0\0\0\0\0\0')]],
  ['a mode that is none', [file('/e')], [said('/\0\0/e\0f\0rwx\x000\0root\x000\0root\x001\x001.0\0\0\0\0\0\0')]],
  ['a time that is none', [file('/e')], [said('/\0\0/e\0f\x00644\x000\0root\x000\0root\x001\0now\0\0\0\0\0\0')]],
  [
    'a digest that is none',
    [file('/e')],
    [said('/\0\0/e\0f\x00644\x000\0root\x000\0root\x001\x001.0\0\0\0abc\0\0\0\0')],
  ],
  ['no accounts at all', [user('root')], [said('')]],
  ['accounts without their end', [accountNumbers() as AnyQuery], [said('root:x:0:0::/:/bin/sh\n--\n')]],
  ['words where a program was to print JSON', [json()], [said('<html>')]],
  ['JSON of another shape', [json()], [said('{}')]],
]

for (const [what, queries, outputs] of NONE)
  test(`no answer: ${what}`, () => assert.is(refusalOf(queries, outputs), 'host-protocol'))

test('an account whose line has no numbers is none, and the others are there', () => {
  assert.is(refusalOf([user('root')], [said('+::::::\nroot:x:0:0::/:/bin/sh\n--\nroot:x:0:\n')]), undefined)
})

const QUERIES = [
  facts,
  mounts,
  user('root'),
  user('none such'),
  accountNumbers() as AnyQuery,
  file('/etc/passwd'),
  file('/none'),
]
const scripts = batch(createAnswers(), QUERIES).fragments
const honest = scripts.map(({ sh }) => spawnSync('sh', ['-c', sh], { env: { ...process.env, LC_ALL: 'C' } }).stdout)

test('what this machine says of itself is taken', () => {
  assert.is(refusalOf(QUERIES, honest.map(bytes => said(bytes))), undefined) // biome-ignore format: one line
})

/** A true answer with pieces of it cut out, repeated, or put in from elsewhere. */
const mutated = (bytes: Buffer) =>
  fc
    .array(
      fc.record({
        at: fc.nat(bytes.length),
        cut: fc.nat(60),
        put: fc.oneof(
          fc.constant(''),
          fc.constantFrom('\0', '\n', '--\n', ':', '9'.repeat(40), '\u202e', '__proto__'),
          fc.string(),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map(edits =>
      edits.reduce(
        (now, { at, cut, put }) => Buffer.concat([now.subarray(0, at), Buffer.from(put), now.subarray(at + cut)]),
        bytes,
      ),
    )

test('whatever becomes of true answers, they are taken or refused, and nothing else is thrown', () =>
  fc.assert(
    fc.property(fc.tuple(...honest.map(mutated)), answers => {
      for (const [i, bytes] of answers.entries()) {
        const reason = refusalOf(
          QUERIES,
          honest.map((own, j) => said(i === j ? bytes : own)),
        )
        assert.ok(reason === undefined || reason === 'host-protocol', reason)
      }
    }),
    { numRuns: cases(300) },
  ))

test.run()
