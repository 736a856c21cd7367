import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { keyOrigin, locatedAt, locatedMember, placeIn, step } from '../../src/load/located.ts'
import { parseYaml } from '../../src/load/yaml.ts'

test('a member carries its own place and those below it', () => {
  const inner = locatedMember(locatedMember(parseYaml('a:\n  b: [1, {c: x}]', 'f'), 'a'), 'b')
  assert.equal(inner.value, [1, { c: 'x' }])
  assert.equal(inner.origin, { file: 'f', line: 2, column: 6 })
  assert.equal(inner.at('/1/c'), { file: 'f', line: 2, column: 14, length: 1 })
  assert.is(locatedMember(inner, 0).value, 1)
})

test('a member that is not there has no value and the place of its owner', () => {
  const found = locatedMember(parseYaml('a: 1', 'f'), 'toString')
  assert.is(found.value, undefined)
  assert.equal(found.origin, { file: 'f', line: 1, column: 1 })
})

test('pointers escape what JSON pointers escape', () => {
  assert.is(step('a/b~c'), '/a~1b~0c')
  const tree = parseYaml('{"a/b": {"~k": 1}}', 'f')
  assert.is(locatedMember(locatedMember(tree, 'a/b'), '~k').value, 1)
  assert.is(locatedMember(tree, 'a/b').at('/~0k').column, 16)
})

test('a key has a place of its own', () => {
  assert.is(keyOrigin(parseYaml('  key: value', 'f'), 'key').column, 3)
  assert.is(keyOrigin(locatedAt({ key: 1 }, { file: '-e', line: 1, column: 1 }), 'key').file, '-e')
})

test('an offset is exact where the text is as written, else it is the beginning', () => {
  const at = (yaml: string, offset: number) => {
    const { value, origin } = locatedMember(parseYaml(yaml, 'f'), 'k')
    const place = placeIn(origin, value as string, offset)
    return `${place.line}:${place.column}`
  }
  assert.is(at('k: abcdef', 3), '1:7')
  assert.is(at('k: "abcdef"', 3), '1:8')
  assert.is(at('k: |\n   abc\n   def', 5), '3:5')
  assert.is(at('k: "a\\tbcdef"', 3), '1:5', 'an escape moves what is behind it')
  assert.is(at('k: >\n  abc\n  def', 5), '2:3', 'a fold joins lines')
})

test.run()
