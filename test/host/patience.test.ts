import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runInTime } from '../../src/host/patience.ts'
import { openShell } from '../../src/host/shell.ts'
import { failuresOf, localWire } from './local.ts'

const failure = (said: string) => ({ reason: 'host-login' as const, what: 'nothing has begun', why: said })

test('a login that takes all that is sent to it and runs nothing is told, with its last words', async () => {
  const wire = localWire('sh', '-c', 'printf "Go on? "; exec cat >/dev/null')
  const run = runInTime(openShell('node0', wire), wire, 50, failure)
  const [told] = await failuresOf(run([{ sh: ':' }]))
  assert.equal([told?.reason, told?.why], ['host-login', 'Go on? '])
  await wire.ended
})

test('a frame that has begun may take as long as it takes', async () => {
  const wire = localWire()
  const shell = openShell('node0', wire)
  const run = runInTime(shell, wire, 50, failure)
  const [output] = await run([{ sh: 'sleep 0.2; echo done' }])
  assert.is(`${output?.stdout}`, 'done\n')
  shell.close()
})

test.run()
