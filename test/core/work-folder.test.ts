import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import { dropEmptyWorkFolder, makeWorkFolder, requireOwnFolder, workFolder } from '../../src/core/work-folder.ts'

let base = ''
test.before.each(() => {
  base = mkdtempSync(join(tmpdir(), 'runbook-work-'))
})
test.after.each(() => rmSync(base, { recursive: true }))

test('whoever makes it first makes it ignored by git, with all that comes into it', () => {
  execFileSync('git', ['init', '-q', base])
  writeFileSync(join(makeWorkFolder(base, 'runs'), 'one'), 'a secret')
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

test('all that is made in it is closed to others, what a lab makes too', () => {
  for (const path of ['', 'lab/one/hosts', 'runs']) {
    makeWorkFolder(base, path)
    for (const made of ['', path]) assert.is(statSync(join(workFolder(base), made)).mode & 0o7777, 0o700, made)
  }
})

/** What a folder is refused for, and what is to be done about it. */
const refused = (inside: () => unknown): string => {
  try {
    inside()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const [{ reason, what, fix }] = error.failures as [Refusal['failures'][number]]
    return `${reason}: ${what} ${fix}`
  }
  return 'nothing'
}

test('a link in its place, or in the place of a folder in it, is refused by name, and nothing is written where it leads', () => {
  const foreign = mkdtempSync(join(tmpdir(), 'runbook-foreign-'))
  try {
    symlinkSync(foreign, workFolder(base))
    for (const inside of [() => makeWorkFolder(base, 'runs'), () => requireOwnFolder(join(workFolder(base), 'runs'))])
      assert.match(refused(inside), /^usage-file: .*\.runbook is a link\. .*rm /)
    rmSync(workFolder(base))
    for (const path of ['runs', 'lab']) {
      makeWorkFolder(base, '')
      symlinkSync(foreign, join(workFolder(base), path))
      assert.match(
        refused(() => makeWorkFolder(base, `${path}/x`)),
        new RegExp(`^usage-file: .*\\.runbook/${path} is a link`),
      )
      rmSync(join(workFolder(base), path))
    }
    // A link that leads nowhere is none to be written through either.
    rmSync(join(workFolder(base), '.gitignore'))
    symlinkSync(join(foreign, 'new'), join(workFolder(base), '.gitignore'))
    try {
      makeWorkFolder(base, 'runs')
    } catch {
      // It is there.
    }
    assert.equal(readdirSync(foreign), [])
  } finally {
    rmSync(foreign, { recursive: true })
  }
})

test('one that others may write to is refused with what to do', () => {
  for (const mode of [0o777, 0o1777, 0o770]) {
    makeWorkFolder(base, 'runs')
    chmodSync(workFolder(base), mode)
    assert.match(
      refused(() => makeWorkFolder(base, 'runs')),
      /may be written to by others: its mode is .*chmod go-w /,
    )
    chmodSync(workFolder(base), 0o755)
    chmodSync(join(workFolder(base), 'runs'), mode)
    assert.match(
      refused(() => makeWorkFolder(base, 'runs')),
      /runs may be written to by others/,
    )
    rmSync(workFolder(base), { recursive: true })
  }
})

if (process.getuid?.() === 0)
  test('one of another user is refused; under sudo that of whoever called it is his', () => {
    makeWorkFolder(base, 'runs')
    chownSync(workFolder(base), 65534, 65534)
    const before = process.env.SUDO_UID
    try {
      process.env.SUDO_UID = '1'
      assert.match(
        refused(() => makeWorkFolder(base, 'runs')),
        /belongs to another user \(number 65534\)\. .*mv /,
      )
      process.env.SUDO_UID = '65534'
      assert.is(
        refused(() => makeWorkFolder(base, 'runs')),
        'nothing',
      )
    } finally {
      if (before === undefined) delete process.env.SUDO_UID
      else process.env.SUDO_UID = before
    }
  })
else
  test.skip('one of another user is refused; under sudo that of whoever called it is his: no root, so none can be given away', () => {})

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
