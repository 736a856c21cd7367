import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkHostKey, knownHostsLine, knownKeyTypes, parseKnownHosts } from '../../src/host/known-hosts.ts'

const TYPE = 'ssh-ed25519'
// Real keys, since ssh-keygen leaves lines out whose key it cannot read.
const key = (fill: number): string => {
  const name = Buffer.from(TYPE)
  const length = (of: Buffer) => Buffer.from([0, 0, 0, of.length])
  const bytes = Buffer.alloc(32, fill)
  return Buffer.concat([length(name), name, length(bytes), bytes]).toString('base64')
}
const [A, B, C] = [key(1), key(2), key(3)]

const TEXT = `# a comment
node0,10.0.0.1 ${TYPE} ${A}
  [node1]:2222,[10.0.0.2]:2222 ${TYPE} ${A} a comment with words
*.lab,!bad.lab ${TYPE} ${B}
web? ${TYPE} ${A}
web? ${TYPE} ${B}
CaseD ${TYPE} ${A}
@revoked * ${TYPE} ${C}
@cert-authority *.corp ${TYPE} ${A}
\tbroken-line
@new-marker x ${TYPE} ${A}
fe80::1 ${TYPE} ${A}\r
other.lab ecdsa-sha2-nistp256 AAAA
`
const { entries, notes } = parseKnownHosts(TEXT, '/k')

const verdict = (host: string, port: number, base64: string) => checkHostKey(entries, host, port, TYPE, base64).verdict

test('names, several names, ports, patterns, negation, case', () => {
  assert.is(verdict('node0', 22, A), 'known')
  assert.is(verdict('10.0.0.1', 22, A), 'known')
  assert.is(verdict('node0', 2222, A), 'unknown', 'a port is another host')
  assert.is(verdict('node1', 2222, A), 'known')
  assert.is(verdict('node1', 22, A), 'unknown')
  assert.is(verdict('a.lab', 22, B), 'known')
  assert.is(verdict('bad.lab', 22, B), 'unknown')
  assert.is(verdict('lab', 22, B), 'unknown')
  assert.is(verdict('a.lab.evil', 22, B), 'unknown')
  assert.is(verdict('axlab', 22, B), 'unknown', 'a dot is a dot')
  assert.is(verdict('web1', 22, A), 'known')
  assert.is(verdict('web1', 22, B), 'known', 'a host may have several keys of a type')
  assert.is(verdict('web12', 22, A), 'unknown')
  assert.is(verdict('cased', 22, A), 'known')
  assert.is(verdict('CASED', 22, A), 'known')
  assert.is(verdict('fe80::1', 22, A), 'known')
})

test('another key of the same type is a change, with its place; of another type it is unknown', () => {
  assert.equal(checkHostKey(entries, 'node0', 22, TYPE, B), { verdict: 'changed', file: '/k', line: 2 })
  assert.equal(checkHostKey(entries, 'node0', 22, 'ssh-rsa', B), { verdict: 'unknown' })
})

test('a revoked key is revoked everywhere, also where it is known', () => {
  assert.equal(checkHostKey(entries, 'anything', 22, TYPE, C), { verdict: 'revoked', file: '/k', line: 8 })
  const both = parseKnownHosts(`h ${TYPE} ${A}\n@revoked h ${TYPE} ${A}`, '/k').entries
  assert.is(checkHostKey(both, 'h', 22, TYPE, A).verdict, 'revoked')
})

test('certificate authorities vouch for nobody, and that is noted; lines that cannot be read are noted', () => {
  assert.is(verdict('a.corp', 22, A), 'unknown')
  assert.equal(
    notes.map(note => /^\/k:(\d+)/.exec(note)?.[1]),
    ['10', '11', '9'],
  )
})

test('key types of a host, in file order, once each', () => {
  assert.equal(knownKeyTypes(entries, 'other.lab', 22), [TYPE, 'ecdsa-sha2-nistp256'])
  assert.equal(knownKeyTypes(entries, 'web1', 22), [TYPE])
  assert.equal(knownKeyTypes(entries, 'nobody', 22), [])
})

test('the line to add makes the host known, with and without a port', () => {
  for (const [host, port] of [
    ['Node9', 22],
    ['10.0.0.9', 2200],
  ] as const) {
    const added = parseKnownHosts(knownHostsLine(host, port, TYPE, A), '/k').entries
    assert.equal(checkHostKey(added, host, port, TYPE, A), { verdict: 'known' })
  }
  assert.is(knownHostsLine('h', 2200, TYPE, A), `[h]:2200 ${TYPE} ${A}`)
})

const keygen = (...args: string[]) => spawnSync('ssh-keygen', args, { encoding: 'utf8' })
const hasKeygen = keygen('-F', 'x', '-f', '/dev/null').error === undefined

const HOSTS: [string, number][] = [
  ['node0', 22],
  ['node0', 2222],
  ['10.0.0.1', 22],
  ['node1', 22],
  ['node1', 2222],
  ['a.lab', 22],
  ['bad.lab', 22],
  ['lab', 22],
  ['axlab', 22],
  ['web1', 22],
  ['web12', 22],
  ['CASED', 22],
  ['cased', 22],
  ['fe80::1', 22],
  ['nobody', 22],
  ['a.lab', 2222],
]

/** The lines that ssh-keygen finds for a host, by number. */
const foundBy = (file: string, host: string, port: number): number[] => {
  const name = port === 22 ? host : `[${host}]:${port}`
  const { stdout } = keygen('-F', name, '-f', file)
  return [...stdout.matchAll(/found: line (\d+)/g)].map(([, line]) => Number(line))
}

/** The lines that are ours for a host: those whose key, shown by the host, would be known or revoked. */
const foundByUs = (text: string, host: string, port: number): number[] =>
  parseKnownHosts(text, '/k').entries.flatMap(entry =>
    checkHostKey([entry], host, port, entry.type, entry.key).verdict === 'unknown' ? [] : [entry.line],
  )

if (hasKeygen) {
  // The last line's key is no key, and authorities are found by ssh-keygen but followed by neither.
  const text = TEXT.split('\n')
    .filter(line => !/AAAA$|cert-authority|broken|new-marker/.test(line))
    .join('\n')

  test('the same lines are found as by ssh-keygen -F', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-known-'))
    const file = join(folder, 'known_hosts')
    writeFileSync(file, text)
    for (const [host, port] of HOSTS)
      assert.equal(foundByUs(text, host, port), foundBy(file, host, port), `${host} ${port}`)
    rmSync(folder, { recursive: true })
  })

  test('the same lines are found after ssh-keygen -H has hashed the names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-known-'))
    const file = join(folder, 'known_hosts')
    writeFileSync(file, text)
    keygen('-H', '-f', file)
    const hashed = readFileSync(file, 'utf8')
    assert.match(hashed, /^\|1\|/m)
    // ssh asks in small letters, as we do; ssh-keygen -F hashes what it was given.
    for (const [host, port] of HOSTS.filter(([name]) => name === name.toLowerCase()))
      assert.equal(foundByUs(hashed, host, port), foundBy(file, host, port), `${host} ${port}`)
    assert.ok(foundByUs(hashed, 'node1', 2222).length > 0)
    rmSync(folder, { recursive: true })
  })
}

test.run()
