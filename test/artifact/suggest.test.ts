import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { suggestArchives } from '../../src/artifact/suggest.ts'

const name = 'kubo_v0.42.0_linux-amd64.tar.gz'

test('the same platform comes first, then the newest; other programs and other files never', () => {
  const there = [
    'kubo_v0.9.0_linux-amd64.tar.gz',
    'kubo_v0.41.0_linux-amd64.tar.gz',
    'kubo_v0.42.0_linux-arm64.tar.gz',
    'kubo_v0.41.0_linux-amd64.tar.gz.sha512',
    'ipfs-cluster-service_v1.1.6_linux-amd64.tar.gz',
  ]
  const meant =
    'did you mean kubo_v0.41.0_linux-amd64.tar.gz, kubo_v0.9.0_linux-amd64.tar.gz, kubo_v0.42.0_linux-arm64.tar.gz?'
  assert.is(suggestArchives(name, there), meant)
})

test('of many only the first are named', () => {
  const there = Array.from({ length: 9 }, (_, at) => `kubo_v0.${at}.0_linux-amd64.tar.gz`)
  assert.match(suggestArchives(name, there)!, '… (9 in all)')
})

test('nothing near says nothing', () => {
  assert.is(suggestArchives(name, ['x.tar.gz', name]), undefined)
})

test.run()
