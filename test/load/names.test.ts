import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isForeignTaskWord, nameFault, slugOf, taskWords } from '../../src/load/names.ts'

test("Python's keywords are no names, as in Ansible", () => {
  for (const name of ['in', 'is', 'not', 'class', 'None', 'lambda', 'True']) assert.ok(nameFault(name), name)
  for (const name of ['null', 'true', 'list', 'map', 'loop', 'package', 'string'])
    assert.is(nameFault(name), undefined, name)
})

test('ordinary names are free', () => {
  for (const name of ['port', '_x', 'ansible_host', 'node0', 'Type']) assert.is(nameFault(name), undefined, name)
  for (const name of ['', 'a.b', 'ä', '0a', 'a b']) assert.ok(nameFault(name), name)
})

test('no word of a task is foreign', () => {
  assert.equal(taskWords.filter(isForeignTaskWord), [])
})

test('a slug has letters, digits and single underscores', () => {
  assert.is(slugOf('  Install: IPFS 0.30 (amd64)! '), 'install_ipfs_0_30_amd64')
})

test.run()
