import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../src/core/failure.ts'
import { parseSshArgs, splitWords } from '../../src/settings/ssh-args.ts'

const settingsOf = (text: string): string[] =>
  parseSshArgs(text).settings.map(({ keyword, words }) => `${keyword} ${words.join('|')}`)

test('words are split as a shell splits them', () => {
  assert.equal(splitWords(`a  'b c' "d \\"e\\" \\x" f\\ g h'i'"j" ''`), ['a', 'b c', 'd "e" \\x', 'f g', 'hij', ''])
  assert.equal(splitWords(''), [])
})

test('a setting is found in every way to write it', () => {
  for (const text of [
    '-o UserKnownHostsFile=/a',
    '-oUserKnownHostsFile=/a',
    '-o userknownhostsfile=/a',
    '-o "UserKnownHostsFile /a"',
    "-o 'UserKnownHostsFile = /a'",
  ])
    assert.equal(settingsOf(text), ['userknownhostsfile /a'], text)
  assert.equal(settingsOf(`-o 'UserKnownHostsFile="/a b" /c'`), ['userknownhostsfile /a b|/c'])
})

test('flags are joined, and have their values attached or behind them', () => {
  assert.equal(settingsOf('-qCp22 -v -T -l ada -Aiid -E /log -e none'), [
    'compression yes',
    'port 22',
    'user ada',
    'forwardagent yes',
    'identityfile id',
  ])
  assert.equal(parseSshArgs('-F a -F b').file, 'b')
  assert.equal(settingsOf('-6 -o AddressFamily=any -4 -b 1 -b 2'), ['addressfamily inet', 'bindaddress 2'])
})

test('a command is taken to its end as it stands', () => {
  assert.equal(settingsOf(`-o ProxyCommand='nc -x "a b" %h %p'`), ['proxycommand nc -x "a b" %h %p'])
})

test('what ssh does not take is refused', () => {
  for (const text of ['host', '-', '--', '-Z', '-o', '-o Port=', '-p', '-L', '-Q x', 'a -p 1', '-i "a', "-o 'Port=1"])
    assert.ok(attempt(() => parseSshArgs(text)).failures, text)
})

test.run()
