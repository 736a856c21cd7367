import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostKeyName, knownHostsLine, parseKnownHosts, portlessName } from '../../src/connection/known-hosts.ts'
import { cases, fc } from '../chance.ts'

const string = (bytes: Buffer | string): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, Buffer.from(bytes)])
}
const blob = (...parts: (Buffer | string)[]): string => Buffer.concat(parts.map(string)).toString('base64')

const ED = 'ssh-ed25519'
const ed25519 = (fill: number): string => blob(ED, Buffer.alloc(32, fill))
const rsa = (fill: number): string =>
  blob('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.concat([Buffer.from([0, 0x80 | fill]), Buffer.alloc(255, fill)]))
// A point has to lie on its curve for ssh-keygen: this one is the base point of nistp256.
const P256 = 'BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU='
const ecdsa = blob('ecdsa-sha2-nistp256', 'nistp256', Buffer.from(P256, 'base64'))
const [A, B, C] = [ed25519(1), ed25519(2), ed25519(3)]

const linesFor = (text: string, name: string): number[] =>
  parseKnownHosts(text, '/k')
    .find(name)
    .map(({ line }) => line)

const TEXT = `# a comment
node0,10.0.0.1 ${ED} ${A}
  [node1]:2222,[10.0.0.2]:2222 ${ED} ${A} a comment with words
*.lab,!bad.lab ${ED} ${B}
web? ${ED} ${A}
web? ${ED} ${B}
CaseD ${ED} ${A}
@revoked * ${ED} ${C}
@cert-authority *.corp ${ED} ${A}
\tbroken-line
@new-marker x ${ED} ${A}
fe80::1 ${ED} ${A}\r
other.lab ecdsa-sha2-nistp256 ${ecdsa}
short.lab ${ED} AAAA
`

test('names, several names, ports, patterns, negation, case, comments, CR', () => {
  const own = (name: string): number[] => linesFor(TEXT, name).filter(line => line !== 8)
  const expected: [string, number[]][] = [
    ['node0', [2]],
    ['10.0.0.1', [2]],
    ['[node0]:2222', []],
    ['[node1]:2222', [3]],
    ['node1', []],
    ['a.lab', [4]],
    ['bad.lab', []],
    ['lab', []],
    ['a.lab.evil', []],
    ['axlab', []],
    ['web1', [5, 6]],
    ['web12', []],
    ['cased', [7]],
    ['CASED', [7]],
    ['fe80::1', [12]],
    ['other.lab', [4, 13]],
    ['short.lab', [4]],
  ]
  for (const [name, lines] of expected) assert.equal(own(name), lines, name)
})

test('an entry says where it stands, what it means and which key it holds', () => {
  const known = parseKnownHosts(TEXT, '/k')
  assert.equal(known.find('nobody'), [{ file: '/k', line: 8, marker: 'revoked', type: ED, key: C }])
  assert.equal(known.find('a.corp')[1], { file: '/k', line: 9, marker: 'cert-authority', type: ED, key: A })
  assert.equal(known.find('fe80::1')[1], { file: '/k', line: 12, type: ED, key: A })
})

test('a pattern of many stars costs no time', () => {
  const text = `${'*a'.repeat(40)}*b ${ED} ${A}\n`
  assert.equal(linesFor(text, 'a'.repeat(500)), [])
})

test('the name of a host: small letters, the port where it is another one, an alias in place of both', () => {
  assert.is(hostKeyName({ host: 'Node9', port: 22 }), 'node9')
  assert.is(hostKeyName({ host: 'Node9', port: 2200 }), '[node9]:2200')
  assert.is(hostKeyName({ host: 'Node9', port: 2200, keyAlias: 'Nine' }), 'Nine')
  assert.is(portlessName({ host: 'Node9', port: 2200 }), 'node9')
  assert.is(portlessName({ host: 'node9', port: 22 }), undefined)
  assert.is(portlessName({ host: 'node9', port: 2200, keyAlias: 'nine' }), undefined)
})

test('the line to add makes the host known, with and without a port, an alias and a hashed name', () => {
  for (const place of [
    { host: 'Node9', port: 22 },
    { host: '10.0.0.9', port: 2200 },
    { host: 'node9', port: 2200, keyAlias: 'Nine' },
    { host: 'bücher.example', port: 22 },
  ])
    for (const hashes of [{}, { hashesNames: true as const }]) {
      const line = knownHostsLine({ ...place, ...hashes }, { type: ED, key: A })
      assert.is(line.startsWith('|1|'), 'hashesNames' in hashes)
      const text = Buffer.from(line).toString('latin1')
      assert.equal(linesFor(text, hostKeyName(place)), [1], line)
    }
  assert.is(knownHostsLine({ host: 'h', port: 2200 }, { type: ED, key: A }), `[h]:2200 ${ED} ${A}`)
})

const keygen = (...args: string[]) => spawnSync('ssh-keygen', args, { encoding: 'latin1' })
const hasKeygen = keygen('-F', 'x', '-f', '/dev/null').error === undefined

/** The lines that ssh-keygen finds for a name, with their markers. With `-l` it goes past keys that it cannot read, as ssh does. */
const foundBy = (file: string, name: string): string[] => {
  const { stdout } = keygen('-l', '-F', name, '-f', file)
  return [...stdout.matchAll(/found: line (\d+) (CA|REVOKED)?/g)].map(([, line, marker = '']) => `${line} ${marker}`)
}
const MARKS = { revoked: 'REVOKED', 'cert-authority': 'CA' }
const foundByUs = (text: string, name: string): string[] =>
  parseKnownHosts(text, '/k')
    .find(name)
    .map(({ line, marker }) => `${line} ${marker ? MARKS[marker] : ''}`)

const hashed = (name: string, salt: Buffer): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name, 'latin1').digest('base64')}`

// Names that patterns made of the same few letters often match.
const host = fc.oneof(fc.constantFrom('a', 'b', 'ab', 'a.b'), fc.stringMatching(/^[ab][ab.-]{0,3}$/))
const port = fc.constantFrom(22, 22, 2222)
const nameOf = (host: string, port: number): string => hostKeyName({ host, port })
const name = fc.tuple(host, port).map(([host, port]) => nameOf(host, port))
const salt = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytes => Buffer.from(bytes))
const pattern = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 2, arbitrary: name.map(name => `!${name}`) },
  { weight: 2, arbitrary: fc.constantFrom('*', '?', '[*', 'a*', '*2') },
  { weight: 2, arbitrary: fc.stringMatching(/^!?[aAb.*?[\]:2-]{0,6}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('*', '!*', '', '!', '!!a', '[*]:2222', '[a]:*', '?', '**', 'B', '|1|x', '@a'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('a'.repeat(1021), 'a'.repeat(1023), `!${'b'.repeat(1024)}`, '\xfc', '\xe4*'),
  },
)
const hostsField = fc.oneof(
  { weight: 4, arbitrary: fc.array(pattern, { minLength: 1, maxLength: 4 }).map(all => all.join(',')) },
  { weight: 3, arbitrary: fc.tuple(name, salt).map(([name, salt]) => hashed(name, salt)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, salt, fc.constantFrom('short', 'tail', 'two', 'magic', 'open'))
      .map(([name, salt, how]) => {
        const whole = hashed(name, salt)
        return {
          short: hashed(name, salt.subarray(1)),
          tail: `${whole}=`,
          two: `${whole},${name}`,
          magic: whole.replace('|1|', '|2|'),
          open: whole.slice(0, 12),
        }[how]
      }),
  },
)
const keys = [
  ...[A, B, C].map(key => `${ED} ${key}`),
  `ssh-rsa ${rsa(3)}`,
  `rsa-sha2-512 ${rsa(3)}`,
  `ecdsa-sha2-nistp256 ${ecdsa}`,
]
const badKeys = [
  '',
  ED,
  `${ED} AAAA`,
  `${ED} ${A}=`,
  `${ED} ${A.slice(1)}`,
  `${ED} ${A.slice(0, -1)}`,
  `${ED} ${A}AAAA`,
  `ssh-rsa ${A}`,
  `ssh-foo ${A}`,
  `ecdsa-sha2-nistp384 ${ecdsa}`,
  `ED25519 ${A}`,
  '2048 65537 1234567',
  `# ${ED} ${A}`,
]
const blank = fc.constantFrom(' ', ' ', ' ', '\t', '  ', ' \t ')
const marker = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.constantFrom('@revoked', '@cert-authority') },
  { weight: 1, arbitrary: fc.constantFrom('@other', '@', '@revoked @revoked', `@${'r'.repeat(40)}`) },
)
const line = fc
  .record({
    before: fc.constantFrom('', '', '', '', '', '', ' ', '\t', '#'),
    marker,
    hosts: hostsField,
    key: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...keys) },
      { weight: 1, arbitrary: fc.constantFrom(...badKeys) },
    ),
    blanks: fc.tuple(blank, blank, blank),
    after: fc.constantFrom('', '', ' a comment', ' # b', '\t', ' ', '\0 c'),
    end: fc.constantFrom('\n', '\n', '\n', '\n', '\n', '\n', '\r\n', '\r\n', '\n\n', ''),
  })
  .map(({ before, marker, hosts, key, blanks, after, end }) => {
    const [b1, b2, b3] = blanks
    return `${before}${marker === '' ? '' : `${marker}${b1}`}${hosts}${b2}${key.replace(' ', b3)}${after}${end}`
  })
const corpus = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 40, size: 'max' }),
  host: fc.oneof(fc.constantFrom('a', 'b'), host, host, host, fc.constantFrom('a', 'A.b', 'ab', 'ä', 'a'.repeat(1021))),
  port,
})

const inFile = (use: (file: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-known-'))
  try {
    use(join(folder, 'known_hosts'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Generated files are judged in so many cases: RUNBOOK_KNOWN_HOSTS=5000 asks for more. */
const CASES = Number(process.env.RUNBOOK_KNOWN_HOSTS ?? 60)

test(`the same lines count as for ssh-keygen -F, over generated files${hasKeygen ? '' : ' (skipped: there is no ssh-keygen)'}`, () => {
  if (!hasKeygen) return
  let found = 0
  inFile(file =>
    fc.assert(
      fc.property(corpus, ({ lines, host, port }) => {
        const text = lines.join('')
        writeFileSync(file, text, 'latin1')
        const name = nameOf(host, port)
        const theirs = foundBy(file, name)
        found += theirs.length
        assert.equal(foundByUs(text, name), theirs, `${name} in ${JSON.stringify(text)}`)
      }),
      { numRuns: cases(CASES) },
    ),
  )
  // A few cases say nothing of how often they meet.
  assert.ok(cases(CASES) < CASES || found > CASES / 3, `only ${found} lines were found: names and patterns hardly meet`)
})

test(`the same lines count after ssh-keygen -H has hashed the names${hasKeygen ? '' : ' (skipped: there is no ssh-keygen)'}`, () => {
  if (!hasKeygen) return
  inFile(file => {
    // It hashes no file that holds a line which it cannot read.
    writeFileSync(file, TEXT.replace(/^(.*broken|@new|short).*$/gm, '#'))
    keygen('-H', '-f', file)
    const text = readFileSync(file, 'latin1')
    assert.match(text, /^\|1\|/m)
    for (const name of ['node0', '10.0.0.1', '[node1]:2222', 'node1', 'a.lab', 'web1', 'cased', 'fe80::1', 'nobody'])
      assert.equal(foundByUs(text, name), foundBy(file, name), name)
    assert.ok(linesFor(text, '[node1]:2222').length > 1)
  })
})

test.run()
