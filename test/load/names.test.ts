import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compileExpression } from '../../src/load/expression.ts'
import { isForeignTaskWord, nameFault, slugOf, taskWords } from '../../src/load/names.ts'
import { celNames } from '../../src/load/references.ts'

test('every name that CEL takes for its own is known as such', () => {
  const candidates = `${celNames.join(' ')} timestamp duration null true in as break const continue else for function if import let loop package namespace return var void while __proto__ prototype`
  for (const name of candidates.split(' ')) {
    const readable = (): boolean => {
      try {
        return compileExpression(name, { file: 'f', line: 1, column: 1 }).evaluate({ [name]: 7 }) === 7
      } catch {
        return false
      }
    }
    const usable = readable() && !celNames.includes(name)
    assert.is(nameFault(name) === undefined, usable, name)
  }
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
