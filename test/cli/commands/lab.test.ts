import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lab } from '../../../src/cli/commands/lab.ts'

const call = async (argv: Parameters<typeof lab>[0]) => {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await lab(argv, { out: line => out.push(line), err: line => err.push(line) })
  return { code, out, err }
}
const home = process.cwd()
const empty = mkdtempSync(`${tmpdir()}/runbook-lab-`)
test.before(() => process.chdir(empty))
test.after(() => {
  process.chdir(home)
  rmSync(empty, { recursive: true })
})

test('the status of a lab that is not there is no error', async () => {
  assert.is((await call({ action: 'status' })).code, 0)
  const { out } = await call({ action: 'status', format: 'json' })
  assert.equal(
    out.map(line => JSON.parse(line)),
    [{ name: 'lab', folder: `${process.cwd()}/.runbook/lab/lab`, hosts: [] }],
  )
})

test('the list of labs is text, or one line of JSON, whoever asks', async () => {
  const { code, out } = await call({ action: 'list', format: 'json' })
  assert.is(code, 0)
  assert.ok(Array.isArray(JSON.parse(out.join('\n')).labs))
  assert.ok((await call({ action: 'list' })).out.length >= 1)
})

test('bad input ends with 4, before anything is touched, and says what to do', async () => {
  for (const argv of [
    { action: 'frob' },
    { action: 'add' },
    { action: 'up', hosts: 0 },
    { action: 'up', name: '../x' },
    { action: 'add', node: 'a/b' },
  ]) {
    const { code, out, err } = await call(argv)
    assert.is(code, 4)
    assert.equal(out, [])
    assert.match(err.join('\n'), /^error: .*fix: /s)
  }
})

test.run()
