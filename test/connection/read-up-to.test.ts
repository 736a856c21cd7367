import { PassThrough } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readUpTo } from '../../src/connection/read-up-to.ts'

test('words end where the text comes that ends them, however it is cut, and the rest is there for whoever reads next', async () => {
  const text = `${'x'.repeat(1000)}master session id: 2\nrest`
  for (const size of [1, 7, 300, 5000]) {
    const stream = new PassThrough()
    const words = readUpTo(stream, /master session id: \d+\n/)
    for (let at = 0; at < text.length; at += size) stream.write(text.slice(at, at + size))
    await words.ended
    assert.is(words.text(), 'x'.repeat(1000), `pieces of ${size}`)
    let rest = ''
    stream.on('data', chunk => (rest += chunk))
    while (rest.length < 4) await new Promise(setImmediate)
    assert.is(rest, 'rest')
  }
})

test('of words that do not end the end is kept, and they are looked at once', async () => {
  const stream = new PassThrough()
  const words = readUpTo(stream, /never\n/)
  for (let i = 0; i < 2_000; i += 1) {
    if (!stream.write(Buffer.alloc(16_384, 'w'))) await new Promise(setImmediate)
  }
  stream.write('last words')
  while (!words.text().endsWith('last words')) await new Promise(setImmediate)
  assert.ok(words.text().length <= 64 * 1024)
})

test.run()
