import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createFrameParser, type Mark } from '../../src/host/frame-parser.ts'

const NONCE = 'f'.repeat(32)

const scan = (text: Buffer, size: number): { marks: Mark[]; rest: string } => {
  const marks: Mark[] = []
  const { push, rest } = createFrameParser(
    NONCE,
    () => 1000,
    mark => marks.push(mark),
  )
  for (let at = 0; at < text.length; at += size) push(text.subarray(at, at + size))
  return { marks, rest: `${rest()}` }
}

test('marks and the bytes before them are the same however the stream is cut', () => {
  const text = Buffer.from(
    `ab\0ffff${NONCE}:1:b:0\n${NONCE}:1:0:12\nx;f${NONCE}:2:e:0\nrest${NONCE.slice(3)}`,
    'latin1',
  )
  const whole = scan(text, text.length)
  assert.equal(
    whole.marks.map(({ before, ...mark }) => [`${before}`, mark.frame, mark.tag, mark.status]),
    [
      ['ab\0ffff', 1, 'b', 0],
      ['', 1, '0', 12],
      ['x;f', 2, 'e', 0],
    ],
  )
  for (let size = 1; size < text.length; size += 1) assert.equal(scan(text, size), whole, `chunks of ${size}`)
})

test('of more than the cap without a mark the end is kept, and marks free the room again', () => {
  for (const size of [1, 7, 100, 1001, 5000]) {
    const marks: Mark[] = []
    const { push } = createFrameParser(
      NONCE,
      () => 1000,
      mark => marks.push(mark),
    )
    const text = Buffer.from(`${'x'.repeat(5000)}the end${NONCE}:1:0:3\nok${NONCE}:1:1:0\n`)
    let most = 0
    for (let at = 0; at < text.length; at += size) most = Math.max(most, push(text.subarray(at, at + size)))
    const [first, second] = marks
    assert.is(first!.dropped + first!.before.length, 5007, `chunks of ${size}`)
    assert.ok(size > 5000 || (first!.dropped > 0 && most === first!.dropped && `${first!.before}`.endsWith('the end')))
    assert.equal([first!.status, `${second!.before}`, second!.dropped], [3, 'ok', 0])
  }
  const other = createFrameParser(
    NONCE,
    () => 1000,
    () => {},
  )
  for (let i = 0; i < 1000; i += 1) assert.is(other.push(Buffer.from(`${'x'.repeat(900)}${NONCE}:1:${i}:0\n`)), 0)
})

test('what begins no mark is given away at once, however the stream is cut, and the rest as it was', () => {
  const text = Buffer.from(`a tick\n${NONCE.slice(3)}x${NONCE}:1:0:0\nlast${NONCE}`, 'latin1')
  for (let size = 1; size <= text.length; size += 1) {
    let passed = ''
    const marks: Mark[] = []
    const parser = createFrameParser(
      NONCE,
      () => 1000,
      mark => marks.push(mark),
      bytes => {
        passed += `${bytes}`
        return true
      },
    )
    for (let at = 0; at < text.length; at += size) {
      parser.push(text.subarray(at, at + size))
      if (size === 7 && at === 0) assert.is(passed, 'a tick\n')
    }
    const whole = passed.slice(0, passed.length - 'last'.length) + marks.map(({ before }) => before).join('')
    assert.equal([whole, marks.length], [`a tick\n${NONCE.slice(3)}x`, 1], `chunks of ${size}`)
    assert.is(`${parser.rest()}`, NONCE)
  }
})

test.run()
