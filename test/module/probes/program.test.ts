import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { asUser } from '../../../src/module/probes/program.ts'
import { asNobody, local } from './local.ts'

const script = asUser('nobody', { A: 'b c' }, ['sh', '-c', 'echo "$(id -u) $(id -G) $A $*"', 'sh', 'x y'])

test('root runs a program as another user, with the groups of that user only', () => {
  if (process.getuid?.() !== 0) return
  assert.is(local(script).stdout.toString(), '65534 65534 b c x y\n')
})

test('who is that user already needs no root', () => {
  if (process.getuid?.() !== 0) return
  assert.is(asNobody(script).stdout.toString(), '65534 65534 b c x y\n')
  assert.is.not(asNobody(asUser('daemon', {}, ['true'])).status, 0)
})

test.run()
