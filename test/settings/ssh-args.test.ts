import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseSshOptions, splitWords } from '../../src/settings/ssh-args.ts'

test('words are split as a shell splits them', () => {
  assert.equal(splitWords(`a  'b c' "d \\"e\\" \\x" f\\ g h'i'"j" ''`), ['a', 'b c', 'd "e" \\x', 'f g', 'hij', ''])
  assert.equal(splitWords(''), [])
})

test('the known hosts file is found in every way to write it', () => {
  for (const text of [
    '-o UserKnownHostsFile=/a',
    '-oUserKnownHostsFile=/a',
    '-o userknownhostsfile=/a',
    '-o "UserKnownHostsFile /a"',
    "-o 'UserKnownHostsFile = /a'",
    '-o UserKnownHostsFile=/a -o UserKnownHostsFile=/b',
  ])
    assert.equal(parseSshOptions(text), { knownHosts: '/a' }, text)
  assert.equal(parseSshOptions(`-o 'UserKnownHostsFile="/a b" /c'`), { knownHosts: '"/a b" /c' })
  assert.equal(parseSshOptions(''), {})
})

test('anything else is named', () => {
  assert.equal(parseSshOptions('-o UserKnownHostsFile=/a -o ProxyJump=bastion'), { unknown: 'ProxyJump' })
  assert.equal(parseSshOptions('-J bastion'), { unknown: '-J' })
  assert.equal(parseSshOptions('-o'), { unknown: '-o' })
  assert.equal(parseSshOptions('-o UserKnownHostsFile='), { unknown: 'UserKnownHostsFile' })
})

test.run()
