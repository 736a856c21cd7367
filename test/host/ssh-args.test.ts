import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { splitWords, sshOptions } from '../../src/host/ssh-args.ts'

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
    assert.equal(sshOptions(text), { knownHosts: '/a' }, text)
  assert.equal(sshOptions(`-o 'UserKnownHostsFile="/a b" /c'`), { knownHosts: '"/a b" /c' })
  assert.equal(sshOptions(''), {})
})

test('anything else is named', () => {
  assert.equal(sshOptions('-o UserKnownHostsFile=/a -o ProxyJump=bastion'), { unknown: 'ProxyJump' })
  assert.equal(sshOptions('-J bastion'), { unknown: '-J' })
  assert.equal(sshOptions('-o'), { unknown: '-o' })
  assert.equal(sshOptions('-o UserKnownHostsFile='), { unknown: 'UserKnownHostsFile' })
})

test.run()
