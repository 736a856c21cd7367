import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { md5Crypt, saltLetters, shaCrypt } from '../../src/core/unix-crypt.ts'

// What OpenSSL 3.0 says of the same: openssl passwd -apr1|-1|-5 -salt SALT PASSWORD.

test('passwords as Apache has them', () => {
  assert.is(md5Crypt('sécret pass', '$apr1$', 'abcdefgh'), '$apr1$abcdefgh$A3TKadwRJ8MPvT5SOTFOq0')
  assert.is(md5Crypt('', '$apr1$', 'abc'), '$apr1$abc$BfqKdn9xFDWJPa3kcp/PH0')
  assert.is(
    md5Crypt('averyveryveryverylongpasswordthatismorethan16', '$apr1$', 'abcdefgh'),
    '$apr1$abcdefgh$NLo/06QYgCRCCLHTNd9Cc0',
  )
})

test('passwords of old files of accounts', () =>
  assert.is(md5Crypt('secret', '$1$', 'abcdefgh'), '$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1'))

test('what has been made once is the same again', () => {
  const crypt = { scheme: 'sha256', salt: 'abcdefgh', rounds: 5000 } as const
  const once = shaCrypt('secret', crypt)
  assert.is(once, '$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.')
  assert.is(shaCrypt('secret', crypt), once)
  assert.is.not(shaCrypt('secret', { ...crypt, rounds: 5001 }), once)
})

test('a salt of any bytes is in letters', () => assert.is(saltLetters(Buffer.from([0, 1, 63, 64, 255])), './z.z'))

test.run()
