import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt, type Failure } from '../../src/core/failure.ts'
import { type Keyring, makeVault, openVault } from '../../src/vault/keyring.ts'

type Golden = { name: string; plain: string; password: string; id?: string; salt: string; vault: string }

/** What Ansible's own code has made: see test/golden/vaults.ts. */
const golden: Golden[] = readFileSync(join(import.meta.dirname, '../golden/vaults.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))

const origin = { file: 'secrets.yml', line: 1, column: 1 }
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const ring = (passwords: [id: string, password: string][], tried: Keyring['tried'] = 'all'): Keyring => ({
  passwords: passwords.map(([id, password]) => ({ id, password: Buffer.from(password) })),
  tried,
})
const mine = ring([['default', 'made-up']])
const refusal = (text: string, keyring: Keyring = mine): Failure => {
  const { failures } = attempt(() => openVault(text, keyring, origin))
  if (!failures) throw new Error('it was opened')
  assert.is(failures.length, 1)
  return failures[0]!
}

test('what Ansible has encrypted is opened, and made again byte for byte', () => {
  assert.ok(golden.length >= 20)
  for (const { name, plain, password, id = 'default', salt, vault } of golden) {
    const by = { id, password: bytes(password) }
    const opened = openVault(vault, { passwords: [by], tried: 'all' }, origin)
    assert.is(opened.plain.toString('hex'), plain, name)
    assert.is(opened.id, id, name)
    assert.is(makeVault(bytes(plain), by, bytes(salt)), vault, name)
  }
})

test('each vault has a salt of its own', () => {
  const [by] = mine.passwords
  const two = [makeVault(Buffer.from('x'), by!), makeVault(Buffer.from('x'), by!)]
  assert.is.not(two[0], two[1])
  for (const one of two) assert.is(openVault(one, mine, origin).plain.toString(), 'x')
})

test('lines may end as on any system', () => {
  const { vault, plain } = golden.find(one => one.name === 'variables')!
  for (const end of ['\r\n', '\r', '\n\n'])
    assert.is(openVault(vault.replaceAll('\n', end), mine, origin).plain.toString('hex'), plain)
  assert.is(openVault(vault.trimEnd(), mine, origin).plain.toString('hex'), plain)
  assert.is(openVault(vault.replace(';', ' ; '), mine, origin).plain.toString('hex'), plain)
})

test('a password opens vaults of other labels too, unless only the matching one is tried', () => {
  const vault = makeVault(Buffer.from('x'), { id: 'prod', password: Buffer.from('p') })
  const opened = openVault(
    vault,
    ring([
      ['dev', 'd'],
      ['other', 'p'],
    ]),
    origin,
  )
  assert.is(opened.by.id, 'other')
  assert.is(opened.id, 'prod')
  const refused = refusal(vault, ring([['other', 'p']], 'matching'))
  assert.match(refused.what, 'No vault password is labelled "prod"')
  assert.match(refused.why!, 'There is one for: other.')
  assert.is(
    openVault(
      vault,
      ring(
        [
          ['other', 'x'],
          ['prod', 'p'],
        ],
        'matching',
      ),
      origin,
    ).by.id,
    'prod',
  )
})

test('of two passwords that open it the first in their order does', () => {
  const vault = makeVault(Buffer.from('x'), { id: 'prod', password: Buffer.from('p') })
  assert.is(
    openVault(
      vault,
      ring([
        ['a', 'p'],
        ['prod', 'p'],
      ]),
      origin,
    ).by.id,
    'a',
  )
})

test('a wrong password is told with what was tried and what to give', () => {
  const vault = makeVault(Buffer.from('x'), { id: 'prod', password: Buffer.from('p') })
  const wrong = refusal(
    vault,
    ring([
      ['dev', 'd'],
      ['prod', 'q'],
    ]),
  )
  assert.is(wrong.reason, 'usage-vault')
  assert.equal(wrong.origin, origin)
  assert.match(wrong.why!, 'It is labelled "prod". Tried: dev, prod.')
  assert.match(wrong.fix!, '--vault-id prod@FILE')
})

/** A vault with its inner digits changed, written out as a vault again. */
const changed = (change: (inner: string) => string): string => {
  const [header, ...lines] = golden.find(one => one.name === 'variables')!.vault.split('\n')
  const inner = Buffer.from(lines.join(''), 'hex').toString()
  return `${header}\n${Buffer.from(change(inner)).toString('hex')}\n`
}

test('whatever is damaged in a vault is refused with what is wrong with it', () => {
  const { vault } = golden.find(one => one.name === 'variables')!
  const second = vault.split('\n')[1]!
  const cases: [why: RegExp, text: string, line?: number][] = [
    [/header/, '$ANSIBLE_VAULT'],
    [/header/, '$ANSIBLE_VAULT;1.1\n33'],
    [/header/, '$ANSIBLE_VAULTS;1.1;AES256\n33'],
    [/Nothing stands/, '$ANSIBLE_VAULT;1.1;AES256\n'],
    [/Nothing stands/, '$ANSIBLE_VAULT;1.1;AES256'],
    [/hex digits/, vault.replace(second, `${second.slice(0, 40)}g${second.slice(41)}`), 2],
    [/hex digits/, vault.replace(second, ` ${second}`), 2],
    [/cut off/, vault.trimEnd().slice(0, -1)],
    [/A part of it is missing/, `${vault.split('\n').slice(0, 2).join('\n')}\n`],
    [/Its salt/, changed(inner => inner.replace(/^./, ''))],
    [/Its digest/, changed(inner => inner.replace(/\n./, '\n'))],
    [/What it holds/, changed(inner => `${inner}0`)],
    [/What it holds/, changed(inner => `${inner}\n00`)],
    [/it has been changed/, changed(inner => `${inner}00`)],
    [/it has been changed/, changed(inner => inner.replace(/\n../, '\n'))],
    [/it has been changed/, changed(inner => inner.replace(/.$/, last => (last === '0' ? '1' : '0')))],
  ]
  for (const [why, text, line = 1] of cases) {
    const failure = refusal(text)
    assert.is(failure.reason, 'usage-vault')
    assert.match(failure.why!, why)
    assert.is(failure.origin!.line, line)
    assert.ok(failure.fix)
  }
})

test('another cipher is named as such', () => {
  const failure = refusal('$ANSIBLE_VAULT;1.0;AES\n33')
  assert.match(failure.what, 'another cipher')
})

test.run()
