import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseChecksum } from '../../src/artifact/expected-digest.ts'

const a = 'a'.repeat(128)
const b = 'b'.repeat(128)

test('text and binary lines, upper case, a bare digest, and the right one of several', () => {
  assert.is(parseChecksum(`${a}  x.tar.gz\n`, 'x.tar.gz'), a)
  assert.is(parseChecksum(`${a} *x.tar.gz\r\n`, 'x.tar.gz'), a)
  assert.is(parseChecksum(`${a.toUpperCase()}  x.tar.gz`, 'x.tar.gz'), a)
  assert.is(parseChecksum(`${a}\n`, 'x.tar.gz'), a)
  assert.is(parseChecksum(`${a}  y.tar.gz\n${b}  x.tar.gz\n`, 'x.tar.gz'), b)
})

test('SHA-256 as SHA-512; the digest of another file, or one of another length, is none', () => {
  assert.is(parseChecksum(`${a}  y.tar.gz\n`, 'x.tar.gz'), undefined)
  assert.is(parseChecksum(`${'a'.repeat(64)}\n`, 'x.tar.gz'), 'a'.repeat(64))
  assert.is(parseChecksum(`${'a'.repeat(63)}  x.tar.gz\n`, 'x.tar.gz'), undefined)
  assert.is(parseChecksum(`${'a'.repeat(65)}\n`, 'x.tar.gz'), undefined)
})

test.run()
