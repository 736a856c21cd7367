import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Output } from '../../src/core/transport.ts'
import { digest, file, stat } from '../../src/module/probes/file.ts'
import { program } from '../../src/module/probes/program.ts'
import { service } from '../../src/module/probes/service.ts'
import { createAnswers } from '../../src/world/answers.ts'
import { batch } from '../../src/world/batch.ts'
import { answer } from '../../src/world/world.ts'
import { seenWorld } from './sky.ts'

const ask = (key: string, sh: string) => program({ key, sh, looks: [], parse: o => `${key} ${o.stdout}` })
const output = (text: string): Output => ({ stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0 })

test('one fragment per kind, however many are asked', () => {
  const { fragments } = batch(createAnswers(), [
    ...Array.from({ length: 100 }, (_, i) => stat(`/f${i}`)),
    service('a'),
    service('b'),
    file('/g'),
  ])
  assert.is(fragments.length, 2)
  assert.not(
    fragments.some(f => f.step),
    'a read is no step',
  )
})

test('facets asked of one path by several are united', () => {
  const both = batch(createAnswers(), [stat('/f'), file('/f'), digest('/f')])
  const one = batch(createAnswers(), [file('/f')])
  assert.equal(both.fragments, one.fragments)
})

test('programs: one process per distinct text, each query reads its own from it', () => {
  const answers = createAnswers()
  const [a, b, c] = [ask('a', 'peers'), ask('b', 'peers'), ask('c', 'other')]
  const { fragments, record } = batch(answers, [a, b, c])
  assert.equal(fragments, [{ sh: 'peers' }, { sh: 'other' }])
  record([output('1'), output('2')])
  assert.equal(
    [a, b, c].map(q => answer(seenWorld(answers), q)),
    ['a 1', 'b 1', 'c 2'],
  )
})

test('a later query whose fragment has run is read from what it printed, not asked', () => {
  const answers = createAnswers()
  batch(answers, [ask('a', 'peers')]).record([output('1')])
  assert.is(answer(seenWorld(answers), ask('later', 'peers')), 'later 1')
})

test('nothing asked, nothing sent', () => {
  assert.equal(batch(createAnswers(), []).fragments, [])
})

test.run()
