import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createSshConfigReader } from '../../src/settings/ssh-config-reader.ts'
import { cases, fc, seed } from '../chance.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-ssh-reader-'))
test.after(() => rmSync(folder, { recursive: true }))
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const saidBy = (text: string, address: string, user?: string): string[] => {
  const said = user === undefined ? [] : [{ keyword: 'user', value: user, words: [user] }]
  return createSshConfigReader(written('config', text))!({ address, said }).map(
    ({ keyword, words, origin }) => `${origin.line} ${keyword} ${words.join('|')}`,
  )
}

test('lines that hold for an address, in their order', () => {
  const text = `# all
Port 1 # not this
Host web db !web2
  User = "a b"
Host *.org
  IdentityFile "/x y" 
Match host web user carol
  Port 3
Match all
  ProxyCommand nc "%h" # %p
`
  assert.equal(saidBy(text, 'web'), ['2 port 1', '4 user a b', '10 proxycommand nc "%h" # %p'])
  assert.equal(saidBy(text, 'web', 'carol'), ['2 port 1', '4 user a b', '8 port 3', '10 proxycommand nc "%h" # %p'])
  assert.equal(saidBy(text, 'x.org')[1], '6 identityfile /x y')
})

test('names of hosts are written in any case in Match, and not in Host', () => {
  assert.equal(saidBy('Host A\n  Port 1\nMatch originalhost A host A\n  Port 2\nMatch user A\n  Port 3\n', 'a', 'a'), [
    '4 port 2',
  ])
})

test('what only ssh can follow is left to it', () => {
  for (const text of [
    'Match exec true',
    'Match final',
    'CanonicalizeHostname yes',
    'Include /x/%h',
    'Host a\nInclude ~/*/x',
  ])
    assert.is(createSshConfigReader(written('config', text)), undefined, text)
  written('round', `Include ${folder}/round\n`)
  assert.is(createSshConfigReader(join(folder, 'round')), undefined)
})

const hasSsh = spawnSync('ssh', ['-V']).status === 0

/** The settings in which an address finds itself, by ssh itself. */
const judged = (file: string, address: string, user: string | undefined): Record<string, string> => {
  const args = ['-G', '-F', file, ...(user === undefined ? [] : ['-l', user]), '--', address]
  const printed = execFileSync('ssh', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return Object.fromEntries(
    printed.split('\n').flatMap(line => {
      const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? []
      return keyword === undefined ? [] : [[keyword, value!]]
    }),
  )
}

const name = 'generated files hold for the addresses that they hold for by ssh -G'
const compare = (numRuns: number): void => {
  const pattern = fc.constantFrom('a', 'b', 'a.x', '*', '*.x', '?', '!a', '!*.x', 'A', '10.0.?.1')
  const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 })
  const quoted = fc.constantFrom(
    (word: string) => word,
    (word: string) => `"${word}"`,
  )
  const criterion = fc
    .tuple(
      fc.constantFrom('', '!'),
      fc.constantFrom('host', 'originalhost', 'user', 'localuser'),
      fc.array(fc.oneof(pattern, fc.constantFrom(userInfo().username, 'u1', 'h1')), { minLength: 1, maxLength: 2 }),
    )
    .map(([not, word, list]) => `${not}${word} ${list.join(',')}`)
  const setting = fc.oneof(
    fc.constantFrom(
      'Port 1',
      'Port=2',
      'port 3 # x',
      'User u1',
      'User u2',
      'HostName h1',
      'HostName %h.y',
      'HostName 10.0.0.1',
      'HostKeyAlias k1',
      '  hostkeyalias = "k2"',
      '# no',
      '',
    ),
  )
  const header = fc.oneof(
    fc.tuple(patterns, quoted).map(([list, quote]) => `Host ${list.map(quote).join(' ')}`),
    fc.array(criterion, { minLength: 1, maxLength: 2 }).map(list => `Match ${list.join(' ')}`),
    fc.constant('Match all'),
  )
  const lines = fc.array(fc.oneof({ weight: 3, arbitrary: setting }, { weight: 2, arbitrary: header }), {
    maxLength: 9,
  })
  const all = fc.sample(
    fc.tuple(
      lines,
      lines,
      fc.nat(9),
      fc.constantFrom('a', 'b', 'a.x', 'c', '10.0.5.1'),
      fc.option(fc.constantFrom('u1', 'root'), { nil: undefined }),
    ),
    { numRuns, seed },
  )
  for (const [first, second, at, address, user] of all) {
    written('more', second.join('\n'))
    const text = [...first.slice(0, at), `Include ${folder}/mor*`, ...first.slice(at)].join('\n')
    const file = written('config', text)
    const mine = createSshConfigReader(file)!({
      address,
      said: user === undefined ? [] : [{ keyword: 'user', value: user, words: [user] }],
    })
    const saidOf = (keyword: string, usual: string): string =>
      mine.find(one => one.keyword === keyword)?.words.join(' ') ?? usual
    const theirs = judged(file, address, user)
    const shown = `${text}\n--- more\n${second.join('\n')}\n--- ${user}@${address}`
    assert.is(saidOf('port', '22'), theirs.port, shown)
    assert.is(user ?? saidOf('user', userInfo().username), theirs.user, shown)
    assert.is(saidOf('hostname', address).replace('%h', address), theirs.hostname, shown)
    assert.is(saidOf('hostkeyalias', 'none'), theirs.hostkeyalias ?? 'none', shown)
  }
}
if (hasSsh) test(name, () => compare(Number(process.env.RUNBOOK_RUNS ?? cases(150))))
else test.skip(`${name} (this machine has no ssh program)`)

test.run()
