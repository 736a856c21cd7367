import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Kubo, newKey, privateKubo } from './kubo.ts'
import { ipfsProgram } from './place.ts'
import { type Running, run, until } from './process.ts'

// What `ipfs daemon --enable-gc` removes and what it leaves. StorageMax limits nothing: it only says when this begins.

const key = newKey()
const small = { 'Datastore.StorageMax': '1KB', 'Datastore.GCPeriod': '300ms' }
const [on, off] = (await Promise.all([0, 1].map(n => privateKubo(`gc${n}`, n, key)))) as [Kubo, Kubo]
const daemons: Running[] = []
for (const [kubo, words] of [
  [on, ['--enable-gc']],
  [off, []],
] as const) {
  const daemon = kubo.set(small).daemon({}, ...words)
  await daemon.says('Daemon is ready', 30)
  daemons.push(daemon)
}

const add = async (kubo: Kubo, pin: boolean): Promise<string> => {
  const words = [ipfsProgram, '--api', kubo.api, 'add', '-Q', `--pin=${pin}`]
  return (
    await run(words, { env: { IPFS_PATH: kubo.path }, input: `${'x'.repeat(2000)}${Math.random()}` })
  ).stdout.trim()
}
const has = async (kubo: Kubo, cid: string): Promise<boolean> =>
  (await kubo.ipfs('--api', kubo.api, '--timeout=500ms', 'cat', cid)).code === 0

test('more than StorageMax is stored; with --enable-gc what is pinned stays and what is not goes', async () => {
  const kept = await add(on, true)
  const [loose, elsewhere] = [await add(on, false), await add(off, false)]
  await until(15, 'the loose block is gone', async () => !(await has(on, loose)))
  assert.equal([await has(on, kept), await has(off, elsewhere)], [true, true])
})

test('with a period that is none it starts and collects nothing; only its end tells', async () => {
  for (const daemon of daemons) assert.is((await daemon.stop()).code, 0)
  const daemon = on.set({ 'Datastore.GCPeriod': 'often' }).daemon({}, '--enable-gc')
  await daemon.says('Daemon is ready', 30)
  const { code, stderr } = await daemon.stop()
  assert.is(code, 1)
  assert.match(stderr, 'invalid duration')
})

test.run()
