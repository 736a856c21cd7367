import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { allJobs, fastJobs, hostJobs } from './jobs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const [all, fast] = [allJobs, fastJobs].map(jobs => jobs(root).map(({ name }) => name)) as [string[], string[]]

test('the fast ones are all but those that need hosts, Go or npm', () => {
  const left = all.filter(name => !fast.includes(name))
  assert.ok(left.length > 20 && fast.length > 130)
  for (const name of left)
    assert.match(name, /\.(lab|root)\.test\.ts$|^test\/(standin$|real\/|package\/|cli\/app\/saved-plan-refused)/)
  assert.equal(
    fast.filter(name => !all.includes(name)),
    [],
  )
  assert.ok(fast.includes('tsc --noEmit') && fast.includes('biome check'))
})

test('what takes minutes on hosts is a part of all that is tried on hosts, and of nothing else', () => {
  const onHosts = hostJobs(root).map(({ name }) => name)
  const long = onHosts.filter(name => name.endsWith('.hosts.test.ts'))
  assert.ok(long.length > 4 && onHosts.length > long.length + 10)
  assert.equal(
    long.filter(name => all.includes(name)),
    [],
  )
})

test('the share of generated cases is one knob, and leaves at least one of each', () => {
  const casesAt = (share: string): string =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { cases } from '${root}/test/chance.ts'; console.log(cases(500), cases(2))`,
      ],
      { env: { ...process.env, RUNBOOK_CASES: share }, encoding: 'utf8' },
    ).stdout.trim()
  assert.is(casesAt('1'), '500 2')
  assert.is(casesAt('0.05'), '25 1')
})

test.run()
