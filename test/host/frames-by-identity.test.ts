import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Become, Fragment, Output } from '../../src/core/transport.ts'
import { framesByIdentity } from '../../src/host/frames-by-identity.ts'

const said = (text: string, status = 0): Output => ({
  stdout: Buffer.from(text),
  stderr: Buffer.alloc(0),
  status,
})
const postgres: Become = { user: 'postgres', method: 'sudo' }
const web: Become = { user: 'web', method: 'sudo' }

/** A machine on which the text `fail` fails, and what was sent to whom. */
const machine = () => {
  const sent: string[] = []
  const run = framesByIdentity(as => async (fragments, onOutput) => {
    sent.push(`${as?.user ?? 'own'}: ${fragments.map(({ sh }) => sh).join(' ')}`)
    const outputs: Output[] = []
    for (const { sh, step } of fragments) {
      outputs.push(said(sh, sh === 'fail' ? 1 : 0))
      onOutput?.(outputs.length - 1, outputs.at(-1)!)
      if (sh === 'fail' && step) break
    }
    return outputs
  })
  return { sent, run }
}
const texts = (outputs: Output[]): string[] => outputs.map(({ stdout }) => stdout.toString())

test('a frame of one identity is one frame; of several it is one for each run of them, in order', async () => {
  const { sent, run } = machine()
  await run([{ sh: 'a' }, { sh: 'b' }])
  await run([
    { sh: 'a', as: web },
    { sh: 'b', as: web },
  ])
  const heard: string[] = []
  const outputs = await run(
    [{ sh: 'a' }, { sh: 'b', as: postgres }, { sh: 'c', as: postgres }, { sh: 'd' }],
    (index, { stdout }) => heard.push(`${index} ${stdout}`),
  )
  assert.equal(sent, ['own: a b', 'web: a b', 'own: a', 'postgres: b c', 'own: d'])
  assert.equal(texts(outputs), ['a', 'b', 'c', 'd'])
  assert.equal(heard, ['0 a', '1 b', '2 c', '3 d'])
})

test('a step that fails keeps what is behind it from running, whoever runs that; a read does not', async () => {
  for (const [step, ran] of [
    [{ step: true as const }, ['a', 'fail']],
    [{}, ['a', 'fail', 'b']],
  ] as [Partial<Fragment>, string[]][]) {
    const { run } = machine()
    const outputs = await run([{ sh: 'a' }, { sh: 'fail', as: web, ...step }, { sh: 'b', as: postgres }])
    assert.equal(texts(outputs), ran)
  }
})

test.run()
