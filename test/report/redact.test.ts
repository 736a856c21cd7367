import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRedactor } from '../../src/report/redact.ts'
import { fc } from '../chance.ts'

const redactorOf = (...secrets: string[]): ReturnType<typeof createRedactor> => {
  const redactor = createRedactor()
  secrets.forEach(redactor.add)
  return redactor
}

/** What of a secret inside longer text shows in its base64, whatever stands around it. */
const cores = (secret: string): string[] =>
  [0, 1, 2].map(before => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
  })

const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_')

const secret = fc
  .oneof(fc.string({ minLength: 4, maxLength: 40 }), fc.string({ unit: 'grapheme', minLength: 4, maxLength: 20 }))
  // A secret that is blank at its rim, or looks like the mark, is not what this is about.
  .filter(text => text.trim() === text && !'<secret>'.includes(text) && !text.includes('<secret>'))
const around = fc.string({ maxLength: 12 })

test('no secret survives in any encoding at any position', () => {
  fc.assert(
    fc.property(secret, around, around, (value, before, after) => {
      const { text } = redactorOf(value)
      const whole = `${before}${value}${after}`
      const plain = text(whole)
      const hex = text(Buffer.from(whole).toString('hex'))
      const base64 = text(Buffer.from(whole).toString('base64'))
      const base64url = text(Buffer.from(whole).toString('base64url'))
      const url = text(encodeURIComponent(whole))
      const form = text(new URLSearchParams({ q: whole }).toString())
      assert.not.ok(plain.includes(value), 'plain')
      assert.not.ok(hex.includes(Buffer.from(value).toString('hex')), 'hex')
      for (const core of cores(value)) {
        assert.not.ok(base64.includes(core), 'base64')
        assert.not.ok(base64url.includes(urlSafe(core)), 'base64url')
      }
      assert.not.ok(url.includes(encodeURIComponent(value)), 'url')
      assert.not.ok(decodeURIComponent(form.slice(2).replaceAll('+', ' ')).includes(value), 'form')
    }),
    { numRuns: 500 },
  )
})

test('a key in hex or base64 is the same in any writing', () => {
  const bytes = Buffer.from([...Array(32).keys()].map(n => (n * 77 + 171) % 256))
  const hex = bytes.toString('hex')
  for (const given of [hex, hex.toUpperCase(), bytes.toString('base64'), bytes.toString('base64url')]) {
    const { text } = redactorOf(given)
    const forms = given.length === 64 ? [hex, hex.toUpperCase()] : [given]
    const writings = [...forms.map(form => Buffer.from(form)), bytes]
    for (const form of forms) assert.is(text(`<${form}>`), '<<secret>>')
    for (const writing of writings)
      for (const shown of [writing.toString('hex'), writing.toString('hex').toUpperCase(), writing.toString('base64')])
        assert.is(text(`<${shown}>`), '<<secret>>')
    for (const writing of writings)
      for (const before of ['a', 'ab', 'abc'])
        assert.match(text(Buffer.concat([Buffer.from(before), writing]).toString('base64url')), /^[\w-]{0,4}<secret>$/)
  }
})

test('what is around a secret stays', () => {
  const { text } = redactorOf('hunter2hunter2')
  assert.is(text('password=hunter2hunter2; next'), 'password=<secret>; next')
  assert.is(text(`<${Buffer.from('hunter2hunter2').toString('base64')}>`), '<<secret>>')
  assert.is(text(Buffer.from('hunter2hunter2').toString('hex').toUpperCase()), '<secret>')
  assert.is(text('nothing here'), 'nothing here')
})

test('lower-case and needless percent encoding, and blanks as plus', () => {
  const { text } = redactorOf('pass/word with blanks')
  assert.is(text('pass%2fword+with%20blanks'), '<secret>')
  assert.is(text('%70ass%2Fword with blanks'), '<secret>')
})

test('a base64 text that is in part a secret keeps the other part', () => {
  const { text } = redactorOf('hunter2hunter2')
  const encoded = Buffer.from('user name:hunter2hunter2:more and more').toString('base64')
  const [before, after] = text(encoded).split('<secret>')
  assert.ok(encoded.startsWith(before!) && before!.length > 10)
  assert.ok(encoded.endsWith(after!) && after!.length > 15)
})

test('secrets that overlap go as a whole', () => {
  assert.is(redactorOf('abcdefgh', 'efghijkl').text('-abcdefghijkl-'), '-<secret>-')
  assert.is(redactorOf('abcdefgh', 'abcdefghijkl').text('abcdefghijkl'), '<secret>')
})

test('short values are no secrets', () => {
  assert.is(redactorOf('123', '', '   \n').text('123 4567'), '123 4567')
  assert.is(redactorOf('1234').text('a 1234 b'), 'a <secret> b')
})

test('a secret of several lines is found with its lines apart, in JSON, and without its last newline', () => {
  const key = `/key/swarm/psk/1.0.0/\n/base16/\n${'0123456789abcdef'.repeat(4)}\n`
  const { text } = redactorOf(key)
  assert.is(text(`line: ${'0123456789abcdef'.repeat(4)}`), 'line: <secret>')
  assert.is(text(key.trim()), '<secret>')
  assert.is(text(JSON.stringify({ key })), '{"key":"<secret>"}')
})

test('as a shell, YAML, HTML and JSON within JSON write it', () => {
  const secret = `it's "a" <b> & c`
  const { text } = redactorOf(secret)
  const json = JSON.stringify({ inner: JSON.stringify({ secret }) })
  assert.not.match(text(json), /<b>|it's/)
  assert.is(text(`'it'\\''s "a" <b> & c'`), `'<secret>'`)
  assert.is(text(`'it''s "a" <b> & c'`), `'<secret>'`)
  assert.is(text(`it's &quot;a&quot; &lt;b&gt; &amp; c`), '<secret>')
})

test('as programs escape it: Go, printf %q, Python and sed', () => {
  const { text } = redactorOf('S3cr&t<"p $é\\1')
  for (const written of [
    'S3cr\\u0026t\\u003c\\"p $é\\\\1',
    'S3cr\\\\u0026t\\\\u003C\\\\"p $\\\\u00e9\\\\\\\\1',
    'S3cr\\&t\\<\\"p\\ \\$é\\\\1',
    'S3cr&t<"p $\\303\\251\\\\1',
    'S3cr\\x26t\\x3c"p $\\xc3\\xa9\\\\1',
    'S3cr&#38;t&#x3c;&#34;p $&#233;\\1',
  ])
    assert.is(text(written), '<secret>', written)
  assert.is(redactorOf('tab\there').text('tab\\there'), '<secret>')
  assert.is(redactorOf("it's me").text("'it'\"'\"'s me'"), "'<secret>'")
  assert.is(redactorOf('smile 😀 on').text('smile \\ud83d\\ude00 on'), '<secret>')
})

test('bytes written apart, and in lines', () => {
  const secret = 'a secret of some length, longer than any line of base64 that programs write'
  const { text } = redactorOf(secret)
  const lines = (all: string, width: number): string => all.match(new RegExp(`.{1,${width}}`, 'g'))!.join('\n')
  const hex = Buffer.from(secret).toString('hex')
  for (const width of [60, 64, 76])
    for (const before of ['', 'a', 'ab'])
      assert.match(text(lines(Buffer.from(before + secret).toString('base64'), width)), /^\w{0,2}<secret>$/)
  assert.is(text(lines(hex, 60)), '<secret>')
  assert.is(text(hex.match(/../g)!.join(':')), '<secret>')
  const dump = lines(hex, 32)
    .split('\n')
    .map(line => ` ${line.match(/../g)!.join(' ')}`)
    .join('\n')
  assert.is(text(dump), ' <secret>')
})

test('a large secret is looked for as a whole and by its lines', () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `line-${i}-${'x&'.repeat(45)}`)
  const byLines = redactorOf(lines.join('\n')).text
  assert.is(byLines(`a ${lines[2711]} b`), 'a <secret> b')
  assert.is(byLines(`a ${lines[10]!.replaceAll('&', '\\u0026')} b`), 'a <secret> b')
  const whole = lines.slice(0, 500).join('')
  const { text } = redactorOf(whole)
  for (const written of [whole, encodeURIComponent(whole), Buffer.from(whole).toString('base64')])
    assert.is(text(`(${written})`), '(<secret>)')
})

test('a number that is a secret is one as data too', () => {
  assert.equal(redactorOf('4711').value({ pin: 4711, port: 80 }), { pin: '<secret>', port: 80 })
})

test('plain data is redacted as deep as it goes, names of members too', () => {
  const { value } = redactorOf('hunter2hunter2')
  const data = { a: ['hunter2hunter2', 1, null, true], hunter2hunter2: { b: undefined } }
  assert.equal(value(data), { a: ['<secret>', 1, null, true], '<secret>': { b: undefined } })
})

test.run()
