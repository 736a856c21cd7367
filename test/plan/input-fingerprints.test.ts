import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later } from '../../src/core/unknown.ts'
import { hasSameInputs, inputFingerprints, keyFingerprint } from '../../src/plan/input-fingerprints.ts'
import type { Line } from '../../src/plan/line.ts'

const key = Buffer.from('one key')
const line = (args: object, given: object = {}): Line => ({ inputs: { args, given } }) as unknown as Line
const fingerprints = (args: object, given: object = {}) => inputFingerprints(key, line(args, given))!
const same = (a: Line, b: Line): boolean => hasSameInputs(inputFingerprints(key, a)!, inputFingerprints(key, b)!)

test('the same arguments have one fingerprint, in whatever order; others another', () => {
  assert.equal(fingerprints({ a: 1, b: [2] }), fingerprints({ b: [2], a: 1 }))
  assert.not.ok(same(line({ a: 1 }), line({ a: '1' })))
  assert.not.equal(inputFingerprints(Buffer.from('other'), line({ a: 1 })), fingerprints({ a: 1 }))
  assert.not.equal(keyFingerprint(key), keyFingerprint(Buffer.from('other')))
})

test('a file of the controller counts by its digest, not by where it lies', () => {
  const at = (file: string, sha256: string): Line =>
    line({}, { source: { exists: true, file, sha256, bytes: Buffer.from(file) } })
  assert.ok(same(at('/a', '00'), at('/b', '00')))
  assert.not.ok(same(at('/a', '00'), at('/a', '01')))
})

test('what was read of the controller on one side alone does not count', () => {
  assert.ok(same(line({ a: 1 }, { template: { text: 'x' } }), line({ a: 1 })))
  assert.not.ok(same(line({}, { template: { text: 'x' } }), line({}, { template: { text: 'y' } })))
})

test('where an argument is not known yet nothing can be said, nor where there are none', () => {
  assert.is(inputFingerprints(key, line({ a: [new Later('node0/b')] })), undefined)
  assert.is(inputFingerprints(key, {} as Line), undefined)
})

test('a secret is not in its fingerprint', () => {
  assert.not.match(JSON.stringify(fingerprints({ value: 'tiger-lily' })), /tiger/)
})

test.run()
