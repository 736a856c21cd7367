import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failureLines, rootCauseLines } from '../../src/report/failure.ts'
import { plainPaint } from '../../src/report/paint.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-failure-'))
test.after(() => rmSync(folder, { recursive: true }))

const file = join(folder, 'site.yml')
writeFileSync(file, `${'- x\n'.repeat(11)}\t    sorce: kubo.tar.gz\n`)

test('what, where with the place underlined, why, and what to do', () => {
  const failure = {
    reason: 'playbook-argument',
    what: "unarchive has no argument 'sorce'",
    why: 'it has:\ndest, src',
    fix: "write 'src'",
    origin: { file, line: 12, column: 6, length: 5 },
  } as const
  assert.equal(failureLines(failure, plainPaint), [
    "error[playbook-argument]: unarchive has no argument 'sorce'",
    `  ${file}:12:6`,
    '    12 |      sorce: kubo.tar.gz',
    '       |      ^^^^^',
    '  why: it has:',
    '       dest, src',
    "  fix: write 'src'",
  ])
})

test('a file that is gone leaves its place, and an underline never passes the end of its line', () => {
  const gone = { file: join(folder, 'gone.yml'), line: 3, column: 1 }
  assert.equal(failureLines({ reason: 'playbook-yaml', what: 'x', origin: gone }, plainPaint).slice(1), [
    `  ${gone.file}:3:1`,
  ])
  const long = { file, line: 1, column: 3, length: 99 }
  assert.is(failureLines({ reason: 'playbook-yaml', what: 'x', origin: long }, plainPaint).at(-1), '       |   ^')
  const beyond = { file, line: 99, column: 3 }
  assert.is(failureLines({ reason: 'playbook-yaml', what: 'x', origin: beyond }, plainPaint).length, 2)
})

test('a path below this folder is short', () => {
  const origin = { file: join(process.cwd(), 'package.json'), line: 2, column: 3, length: 6 }
  assert.equal(failureLines({ reason: 'usage-file', what: 'x', origin }, plainPaint).slice(1), [
    '  package.json:2:3',
    '     2 |   "name": "runbook",',
    '       |   ^^^^^^',
  ])
})

test('a root cause says its hosts and tasks and what it cost; a host in the text is not said again', () => {
  const failure = { reason: 'host-step', what: 'it ended with status 1' } as const
  const cause = { failure, hosts: ['a', 'b'], tasks: ['Init'], skipped: 3 }
  assert.equal(rootCauseLines(cause, ['a', 'b', 'c'], plainPaint), [
    'error[host-step]: it ended with status 1',
    '  a, b: Init',
    '  3 tasks skipped because of it',
  ])
  const lost = { failure: { reason: 'host-lost', what: 'a is gone' } as const, hosts: ['a'], tasks: [], skipped: 0 }
  assert.equal(rootCauseLines(lost, ['a'], plainPaint), ['error[host-lost]: a is gone'])
})

test.run()
