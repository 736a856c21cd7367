import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closest, didYouMean } from '../../src/core/suggest.ts'
import { fc } from '../chance.ts'

test('a slip finds what was meant', () => {
  for (const slip of ['srvice', 'sercive', 'services', 'Service', 'servise']) {
    assert.is(closest(slip, ['user', 'service', 'file']), 'service', slip)
  }
  assert.is(didYouMean('hostvar', ['hostvars']), 'Did you mean "hostvars"?')
})

test('what is far from everything gets no suggestion', () => {
  assert.is(closest('banana', ['user', 'service', 'file']), undefined)
  assert.is(closest('x', ['y', 'z']), undefined, 'one letter of one is no likeness')
  assert.is(didYouMean('banana', []), '')
})

test('the closest wins, the first of equals', () => {
  assert.is(closest('node5', ['node0', 'node1']), 'node0')
  assert.is(closest('groups', ['group', 'groupss', 'grpups']), 'group')
})

test('one edit in a word of four letters or more is always found', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{4,12}$/), fc.nat(), fc.constantFrom('é', '_'), (word, where, char) => {
      const at = where % word.length
      const slip = word.slice(0, at) + char + word.slice(at + 1)
      assert.is(closest(slip, [word]), word)
    }),
  )
})

test.run()
