import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../../src/core/failure.ts'
import { isElsewhere, lacksIn } from '../../src/migrate/lacks.ts'

const at = (line: number) => ({ file: 'f.yml', line, column: 1 })
const lack = (what: string, line: number, reason: Failure['reason'] = 'playbook-module'): Failure => ({
  reason,
  what,
  origin: at(line),
})

test('what is said in the same words counts together, each place once, the most frequent first', () => {
  const lacks = lacksIn(
    [
      lack('"copy" has no argument "x".', 1, 'playbook-argument'),
      lack('There is no module "apt".', 2),
      lack('There is no module "apt".', 2),
      lack('There is no module "runbook.builtin.apt".', 3),
    ],
    [],
  )
  assert.equal(
    lacks.map(({ kind, count, first }) => [kind, count, first?.line]),
    [
      ['module', 2, 2],
      ['argument', 1, 1],
    ],
  )
})

test('what a role brings in Python is said to be so', () => {
  const [own] = lacksIn([lack('There is no module "mine".', 1)], ['mine'])
  assert.is(own!.kind, 'plugin')
  assert.match(own!.what, 'in Python')
})

test('a role that is named and not here is nothing that is lacking', () =>
  assert.equal(
    [isElsewhere(lack('There is no role "x".', 1, 'playbook-reference')), isElsewhere(lack('x', 1))],
    [true, false],
  ))

test.run()
