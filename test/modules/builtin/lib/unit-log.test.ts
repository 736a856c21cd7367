import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lastAttemptLog } from '../../../../modules/builtin/lib/unit-log.ts'
import { temporary } from '../../../module/probes/local.ts'

const folder = temporary()
/** What is taken from a log that says this. */
const taken = (...log: string[]): string[] => {
  writeFileSync(`${folder}/a.log`, log.map(line => `${line}\n`).join(''))
  const [program, ...words] = lastAttemptLog(`${folder}/a`) as [string, ...string[]]
  return execFileSync(program, words, { encoding: 'utf8' }).split('\n').filter(Boolean)
}

const exited = 'a.service: Main process exited, code=exited, status=1/FAILURE'
const died = [exited, "a.service: Failed with result 'exit-code'."]
const again = 'a.service: Scheduled restart job, restart counter is at 1.'

test('of a daemon that dies over and over only the last time counts', () => {
  assert.equal(taken('Starting a', 'old', ...died, again, 'Starting a', 'because', ...died), ['because'])
  const by = '2026-11-22 12:00:00 runbook:'
  const ended = `${by} ended with status 1`
  assert.equal(
    taken(`${by} started as process 7`, 'old', `${ended}, is started again in 20 ms`, `${by} started as 8`, 'b', ended),
    ['b', ended],
  )
})

test('one that is just being tried again has said why before', () => {
  assert.equal(taken('Starting a', 'because', ...died, again, 'Starting a'), ['because'])
  assert.equal(
    taken('Starting a', 'old', ...died, again, 'Starting a', 'because', ...died, again, 'Starting a', 'hi'),
    ['because', 'hi'],
  )
  const by = '2026-11-22 12:00:00 runbook:'
  const next = `${by} ended with status 1, is started again in 20 ms`
  assert.equal(taken(`${by} started as 7`, 'because', next, `${by} started as 8`), ['because', next])
})

test('what was before somebody started it is past', () => {
  assert.equal(taken('Starting a', 'old', ...died, 'Starting a', 'hi'), ['hi'])
})

test.run()
