import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { moduleWord, namesOfOurs, ownName, withoutCollection } from '../../src/load/collections.ts'

test('a module of a collection of Ansible that comes with runbook is runbook’s own', () => {
  assert.is(moduleWord('ansible.builtin.copy'), 'runbook.builtin.copy')
  assert.is(moduleWord('ansible.posix.sysctl'), 'runbook.builtin.sysctl')
  assert.is(moduleWord('community.general.ini_file'), 'runbook.builtin.ini_file')
})

test('of the legacy collection it is the first that is found, and of others it is as it was', () => {
  assert.is(moduleWord('ansible.legacy.copy'), 'copy')
  for (const word of ['copy', 'community.general.copy', 'acme.tools.copy', 'ansible.posix.constructor'])
    assert.is(moduleWord(word), word)
})

test('a module has the names that Ansible has for it besides', () => {
  assert.is(ownName('systemd_service'), 'systemd')
  assert.is(ownName('copy'), 'copy')
  assert.ok(namesOfOurs('systemd').includes('ansible.builtin.systemd_service'))
  assert.ok(namesOfOurs('sysctl').includes('ansible.posix.sysctl'))
  assert.is(withoutCollection('runbook.builtin.copy'), 'copy')
})

test.run()
