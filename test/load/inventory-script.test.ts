import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Inventory, loadInventory, readyInventory } from '../../src/load/inventory.ts'
import { folderWith } from './folder.ts'
import { refusedOnce, spot } from './refused.ts'

// What scripts may print is held against Ansible in inventory-golden.test.ts.

const script = async (text: string, mode = 0o755): Promise<() => Inventory> => {
  const path = join(folderWith({ 'h.sh': text }), 'h.sh')
  chmodSync(path, mode)
  await readyInventory([path])
  return () => loadInventory([path])
}
const sh = (...lines: string[]): string => ['#!/bin/sh', ...lines, ''].join('\n')
const GROUPS = `echo '{"a": {"hosts": ["h"]}, "_meta": {"hostvars": {"h": {"x": 1.0}}}}'`

test('what it says on standard error is told, and where its hosts come from', async () => {
  const { hosts, groups, vars, warnings } = (await script(sh('echo "the cache is old" >&2', GROUPS)))()
  assert.equal([hosts, groups.a], [['h'], ['h']])
  assert.is(vars.h!.x!.value, 1)
  assert.match(vars.h!.inventory_file!.value as string, /\/h\.sh$/)
  assert.match(warnings.join(), /h\.sh --list said: the cache is old/)
})

test('what is no answer is refused with its reason', async () => {
  const cases: [text: string, what: RegExp, why: RegExp][] = [
    [sh('echo no credentials >&2', 'exit 3'), /h\.sh --list gave no answer/, /ended with 3\.\nno credentials/],
    [sh('kill -9 $$'), /gave no answer/, /SIGKILL/],
    ['#!/no/such/program\n', /gave no answer/, /its first line names is not there/],
    [
      sh('echo "{\\"a\\": {"', 'echo "  \\"hosts\\": [h]"'),
      /printed what is no JSON/,
      /Expecting value.*\n.*"hosts": \[h\]/,
    ],
    [sh("echo '[]'"), /What it prints must be a mapping, not list/, /^/],
    [sh(`echo '{"a": {"hosts": "h"}}'`), /"hosts" of the group "a" must be a list, not str/, /^/],
  ]
  for (const [text, what, why] of cases) {
    const failure = refusedOnce(await script(text))
    assert.match(failure.what, what)
    assert.match(failure.why ?? '', why)
  }
  const failure = refusedOnce(await script(sh('echo "{"', 'echo "  x"')))
  assert.is(spot(failure), '1:2')
  assert.match(failure.origin!.file, /h\.sh --list$/)
})

test('a script that does not end is ended', async () => {
  process.env.RUNBOOK_INVENTORY_TIMEOUT = '0.3'
  const failure = refusedOnce(await script(sh('exec sleep 600')))
  delete process.env.RUNBOOK_INVENTORY_TIMEOUT
  assert.match(failure.why!, /had not ended after 0\.3 s/)
})

test('a list of hosts that may be run is read; a script that may not is told so', async () => {
  assert.equal((await script('[a]\nh\n'))().hosts, ['h'])
  const failure = refusedOnce(await script(sh(GROUPS), 0o644))
  assert.match(failure.what, /begins as a program, and may not be run/)
  assert.match(failure.fix!, /chmod \+x/)
})

test.run()
