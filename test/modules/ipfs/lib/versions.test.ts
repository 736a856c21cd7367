import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { goVersionFor, isOlderVersion, repoVersionOf } from '../../../../modules/ipfs/lib/versions.ts'

test('versions come one after another by their numbers, with or without a v, whatever is left out', () => {
  const order = ['v0.9', '0.36.0', '0.40', 'v0.40.1', 'v0.42.0', '1.1.6', '1.26', '1.26.4']
  for (const [i, one] of order.entries())
    for (const [j, other] of order.entries()) assert.is(isOlderVersion(one, other), i < j, `${one} before ${other}`)
  assert.not.ok(isOlderVersion('1.26', '1.26.0'))
})

test('the Go that builds a program, as its go.mod has it', () => {
  for (const [program, version, go] of [
    ['kubo', 'v0.42.0', '1.26.4'],
    ['kubo', 'v0.43.0-rc1', '1.26.4'],
    ['kubo', 'v0.40.0', '1.26'],
    ['kubo', 'v0.40.1', '1.25.0'],
    ['kubo', 'v0.26.0', '1.20'],
    ['ipfs-cluster', 'v1.1.6', '1.26'],
    ['ipfs-cluster', 'v1.1.0', '1.21'],
    ['ipfs-cluster', 'v0.13.2', '1.15'],
  ])
    assert.is(goVersionFor(program!, version!), go, `${program} ${version}`)
  assert.is(goVersionFor('kubo', 'v0.7.0'), undefined)
  assert.is(goVersionFor('another', 'v1.0.0'), undefined)
})

test('the repo that a kubo works with', () => {
  const known = ['v0.7.0', 'v0.8.0', 'v0.12.2', 'v0.20.0', 'v0.29.0', 'v0.36.0', 'v0.37.0', 'v0.42.0', 'v0.45.0']
  assert.equal(known.map(repoVersionOf), [undefined, 11, 12, 13, 15, 16, 17, 18, undefined])
})

test.run()
