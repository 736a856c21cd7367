import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { born, isUnknown, Later, Lost, later, Missing, strict, unknownsIn } from '../../src/core/unknown.ts'

const why = new Later('node0/make')

/** What reading throws. */
const thrown = (read: () => unknown): unknown => {
  try {
    read()
  } catch (error) {
    return error
  }
  return 'nothing was thrown'
}

const waits = (read: () => unknown, how?: string): void => assert.is(thrown(read), why, how)

test('reading an unknown throws it, however it is read', () => {
  const seen = strict({ file: { exists: true, content: why as unknown }, list: [1, why, 3] as unknown[] })
  waits(() => seen.file.content)
  waits(() => ({ ...seen.file }), 'spread')
  waits(() => Object.entries(seen.file), 'entries')
  waits(() => JSON.stringify(seen), 'JSON')
  assert.throws(() => structuredClone(seen))
  waits(() => [...seen.list], 'iteration')
  waits(() => seen.list.map(x => x), 'map')
  waits(() => strict(why), 'the whole value')
  waits(() => {
    const { content } = seen.file
    return content
  }, 'destructuring')
})

test('what is known beside an unknown can be read', () => {
  const seen = strict({ file: { exists: true, mode: '0644', content: why as unknown }, list: [1, why] as unknown[] })
  assert.is(seen.file.exists, true)
  assert.is(seen.file.mode, '0644')
  assert.is(seen.list[0], 1)
  assert.is(seen.list.length, 2)
  assert.is(seen.list.indexOf(1), 0)
  assert.is('content' in seen.file, true, 'that it is there is known')
})

test('a member that the promise of a new thing does not say is unknown, not absent', () => {
  const seen = strict({ file: { exists: true, [born]: why } as { exists: boolean; mode?: string } })
  waits(() => seen.file.mode)
  waits(() => 'mode' in seen.file, 'in')
  waits(() => ({ ...seen.file }), 'spread')
  waits(() => Object.keys(seen.file), 'keys')
  waits(() => JSON.stringify(seen.file), 'JSON')
  assert.is(seen.file.exists, true)
})

test('values stay themselves: equal to themselves, arrays are arrays, bytes are bytes', () => {
  const bytes = Buffer.from('äöü')
  const seen = strict({ deep: { list: [3, 1, 2] }, bytes, date: new Date(0), none: null as null, no: undefined })
  assert.is(seen.deep, seen.deep)
  assert.is(strict(seen.deep.list).length, 3)
  assert.ok(Array.isArray(seen.deep.list))
  assert.equal([...seen.deep.list].sort(), [1, 2, 3])
  assert.equal(
    seen.deep.list.filter(x => x > 1).map(x => x * 2),
    [6, 4],
  )
  assert.is(seen.bytes.toString(), 'äöü')
  assert.ok(seen.bytes.equals(bytes))
  assert.is(seen.bytes.length, 6)
  assert.is(seen.date.getTime(), 0)
  assert.is(seen.none, null)
  assert.is(seen.no, undefined)
  assert.equal(Object.keys(seen.deep), ['list'])
  assert.is(JSON.stringify(seen.deep), '{"list":[3,1,2]}')
})

test('frozen values can be read: a module is handed its inputs as they are', () => {
  const seen = strict(Object.freeze({ file: Object.freeze({ list: Object.freeze([Object.freeze({ a: 1 })]) }) }))
  assert.is(seen.file.list[0]?.a, 1)
  assert.equal(
    seen.file.list.map(x => x.a),
    [1],
  )
})

test('later carries an unknown along, and nothing else', () => {
  const seen = strict({ content: why as unknown })
  assert.is(
    later(() => seen.content),
    why,
  )
  assert.is(
    later(() => 1),
    1,
  )
  assert.throws(() =>
    later(() => {
      throw new Error('a bug')
    }),
  )
  assert.is(
    thrown(() =>
      later(() => {
        throw new Missing()
      }),
    ) instanceof Missing,
    true,
    'what has not been read is read first',
  )
})

test('unknowns are found however deep', () => {
  const lost = new Lost('node1/x')
  assert.equal(unknownsIn({ a: [1, { b: why }], c: lost, d: Buffer.from('x') }), [why, lost])
  assert.equal(unknownsIn(why), [why])
  assert.equal(unknownsIn(null), [])
  assert.ok(isUnknown(new Missing()))
  assert.not(isUnknown(new Error('x')))
})

test.run()
