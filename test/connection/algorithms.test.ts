import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostKeyAlgorithms, INTEGRITY_CODES, KEY_EXCHANGES } from '../../src/connection/algorithms.ts'

test('no key exchange by group-exchange: it blocks the process for seconds; nothing with sha1', () => {
  assert.ok(KEY_EXCHANGES.length > 0)
  for (const name of KEY_EXCHANGES) assert.not.match(name, /group-exchange|sha1|group1$|group18|group17/)
  for (const name of INTEGRITY_CODES) assert.not.match(name, /sha1|md5/)
  assert.not(hostKeyAlgorithms([]).includes('ssh-rsa' as never))
})

test('host key algorithms of known types come first, and none is lost', () => {
  assert.is(hostKeyAlgorithms([])[0], 'ssh-ed25519')
  assert.equal(hostKeyAlgorithms(['ssh-rsa']).slice(0, 3), ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519'])
  assert.equal(hostKeyAlgorithms(['ecdsa-sha2-nistp384'])[0], 'ecdsa-sha2-nistp384')
  assert.is(new Set(hostKeyAlgorithms(['ssh-rsa', 'ssh-ed25519'])).size, hostKeyAlgorithms([]).length)
})

test.run()
