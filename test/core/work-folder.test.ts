import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dropEmptyWorkFolder, makeWorkFolder, workFolder } from '../../src/core/work-folder.ts'

let base = ''
test.before.each(() => {
  base = mkdtempSync(join(tmpdir(), 'runbook-work-'))
})
test.after.each(() => rmSync(base, { recursive: true }))

test('whoever makes it first makes it ignored by git, with all that comes into it', () => {
  execFileSync('git', ['init', '-q', base])
  writeFileSync(join(makeWorkFolder(base, 'runs', 0o700), 'one'), 'a secret')
  writeFileSync(join(makeWorkFolder(base, ''), 'plan.key'), 'a key')
  assert.is(statSync(workFolder(base)).mode & 0o777, 0o700)
  assert.is(execFileSync('git', ['-C', base, 'status', '--porcelain', '-uall'], { encoding: 'utf8' }), '')
  // Without it git would show them: the test can fail.
  rmSync(join(workFolder(base), '.gitignore'))
  assert.match(execFileSync('git', ['-C', base, 'status', '--porcelain', '-uall'], { encoding: 'utf8' }), 'plan.key')
})

test('a folder that an earlier version made gets one too, and what its owner wrote there stays', () => {
  mkdirSync(workFolder(base))
  makeWorkFolder(base, 'lab/x')
  assert.is(readFileSync(join(workFolder(base), '.gitignore'), 'utf8'), '*\n')
  writeFileSync(join(workFolder(base), '.gitignore'), 'plan.key\n')
  makeWorkFolder(base, 'runs')
  assert.is(readFileSync(join(workFolder(base), '.gitignore'), 'utf8'), 'plan.key\n')
})

test('it is removed when nothing else is left in it', () => {
  makeWorkFolder(base, 'lab')
  dropEmptyWorkFolder(base)
  assert.is(readFileSync(join(workFolder(base), '.gitignore'), 'utf8'), '*\n')
  rmSync(join(workFolder(base), 'lab'), { recursive: true })
  dropEmptyWorkFolder(base)
  assert.not.ok(existsSync(workFolder(base)))
  dropEmptyWorkFolder(base)
})

test('no other file of the sources makes it', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const named = globSync('src/**/*.ts', { cwd: root }).filter(file =>
    /['"`]\.runbook['"`]/.test(readFileSync(root + file, 'utf8')),
  )
  assert.equal(named, ['src/core/work-folder.ts'])
})

test.run()
