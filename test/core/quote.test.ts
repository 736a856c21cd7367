import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fedTo, quote, quoted } from '../../src/core/quote.ts'
import { fc } from '../chance.ts'

const sh = (script: string): string => spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout

test('a quoted word stands for itself, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', "'", '"', '$', '`', '\\', ' ', '\n', '*') })),
      words => {
        const printed = sh(`for w in ${quoted(words)}; do printf '%s\\001' "$w"; done`)
        assert.is(printed, words.map(word => `${word}\u0001`).join(''))
      },
    ),
    { numRuns: 20 },
  )
  assert.is(quote('plain-word_1.2'), 'plain-word_1.2')
})

test('a script fed to another user cannot end early: what stands in it never runs as the first user', () => {
  const script = "printf %s 'a\nRUNBOOK_AS\necho outside\n'"
  const fed = fedTo('nobody', script)
  const [first, ...lines] = fed.split('\n')
  const end = /<<'(\w+)'$/.exec(first!)![1]!
  assert.is.not(end, 'RUNBOOK_AS')
  assert.equal(
    lines.flatMap((line, at) => (line === end ? [at] : [])),
    [lines.length - 1],
  )
})

if (process.getuid?.() === 0)
  test('a script fed to another user has the home and the name of that user', () => {
    const env = { ...process.env, HOME: '/root', USER: 'root', XDG_RUNTIME_DIR: '/run/user/0', CLUSTER_SECRET: 'x' }
    const { stdout } = spawnSync('sh', ['-c', fedTo('daemon', 'env')], { encoding: 'utf8', env })
    for (const line of ['HOME=/usr/sbin', 'USER=daemon', 'LOGNAME=daemon'])
      assert.ok(stdout.split('\n').includes(line), stdout)
    assert.not.match(stdout, /XDG|CLUSTER/)
  })

test.run()
