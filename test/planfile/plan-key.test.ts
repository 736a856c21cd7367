import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import { findOrMakePlanKey, findPlanKey, planKeyFile, requirePlanKey } from '../../src/planfile/plan-key.ts'

const base = mkdtempSync(join(tmpdir(), 'runbook-key-'))
test.after(() => rmSync(base, { recursive: true }))
test.after.each(() => rmSync(join(base, '.runbook'), { recursive: true, force: true }))

const failureOf = (inside: () => unknown): string => {
  try {
    inside()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const [{ reason, what, why = '', fix = '' }] = error.failures as [Refusal['failures'][0]]
    return [reason, what, why, fix].join('\n')
  }
  throw new Error('nothing was refused')
}

test('without a key none is made by looking for one, and the refusal names the variable', () => {
  assert.is(findPlanKey(base, {}), undefined)
  assert.match(
    failureOf(() => requirePlanKey(base, {})),
    /^plan-key\n.*\n.*RUNBOOK_PLAN_KEY/,
  )
  assert.not.ok(existsSync(join(base, '.runbook')))
})

test('a key is made once, of 32 random bytes, for its user alone', () => {
  const key = findOrMakePlanKey(base, {})
  assert.is(key.length, 32)
  assert.is(statSync(planKeyFile(base)).mode & 0o777, 0o600)
  assert.equal(findOrMakePlanKey(base, {}), key)
  assert.equal(requirePlanKey(base, {}), key)
  assert.equal(readdirSync(join(base, '.runbook')), ['.gitignore', 'plan.key'])
})

test('what stands in plan.key is the same key in the environment', () => {
  const key = findOrMakePlanKey(base, {})
  const given = readFileSync(planKeyFile(base), 'utf8')
  assert.equal(requirePlanKey(base, { RUNBOOK_PLAN_KEY: given.trim() }), key)
  assert.equal(requirePlanKey(base, { RUNBOOK_PLAN_KEY: given }), key)
})

test('the key of the environment wins, and writes nothing', () => {
  const mine = { RUNBOOK_PLAN_KEY: 'a key that is long enough' }
  assert.is(findOrMakePlanKey(base, mine).toString(), mine.RUNBOOK_PLAN_KEY)
  assert.not.ok(existsSync(join(base, '.runbook')))
  assert.match(
    failureOf(() => findOrMakePlanKey(base, { RUNBOOK_PLAN_KEY: 'short' })),
    /shorter than 16(.*\n)+.*what it was when the plan was made/,
  )
})

test('a key that others may read, that is damaged, or no file, is refused', () => {
  findOrMakePlanKey(base, {})
  const file = planKeyFile(base)
  chmodSync(file, 0o640)
  assert.match(
    failureOf(() => findPlanKey(base, {})),
    /^plan-key\n.*\nIts mode is 0640\.\nchmod 600 /,
  )
  chmodSync(file, 0o600)
  writeFileSync(file, readFileSync(file, 'utf8').slice(1))
  assert.match(
    failureOf(() => findPlanKey(base, {})),
    /is no key/,
  )
  rmSync(file)
  mkdirSync(file)
  assert.match(
    failureOf(() => findPlanKey(base, {})),
    /is no file/,
  )
})

test('a folder in which no key can be made is told', () => {
  writeFileSync(join(base, '.runbook'), '')
  assert.match(
    failureOf(() => findOrMakePlanKey(base, {})),
    /cannot be made: EEXIST|cannot be made: ENOTDIR/,
  )
})

test.run()
