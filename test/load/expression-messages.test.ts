import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compileExpression, compileTemplate } from '../../src/load/expression.ts'
import { locatedMember } from '../../src/load/located.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import { refusedOnce, spot } from './refused.ts'

const scope = {
  port: 8080,
  none: null,
  mixed: [1, 'a'],
  groups: { ipfs: ['node0'] },
  hostvars: { node0: {} },
  node: { peer_id: 'p', log: 'l' },
}
const value = (text: string): unknown =>
  compileExpression(text, { file: 'f', line: 1, column: 1, length: text.length }).evaluate(scope)
const inYaml = (yaml: string): unknown => {
  const at = locatedMember(parseYaml(`k: ${yaml}`, 'f'), 'k')
  return compileTemplate(at.value, at).evaluate(scope)
}

test('names that are not there say what was meant', () => {
  const cases: [text: string, what: RegExp, fix: RegExp, place: string][] = [
    ['prot + 1', /no variable "prot"/, /"port"/, '1:1'],
    ['1 + node.peer_idd', /"node" has no member "peer_idd"/, /"peer_id"/, '1:10'],
    ['hostvars.node9.x', /no host "node9"/, /"node0"/, '1:10'],
    ['node.zzz', /"node" has no member "zzz"/, /It has peer_id, log/, '1:6'],
  ]
  for (const [text, what, fix, place] of cases) {
    const failure = refusedOnce(() => value(text))
    assert.is(failure.reason, 'playbook-value')
    assert.match(failure.what, what)
    assert.match(failure.fix ?? '', fix)
    assert.is(spot(failure), place, text)
  }
  for (const text of ['constructor', 'toString', '__proto__x']) {
    assert.match(refusedOnce(() => value(text)).what, /no variable/, 'nothing is inherited')
  }
})

test('values that do not go together', () => {
  const cases: [text: string, what: RegExp, fix?: RegExp][] = [
    ['"a" + port', /between a string and a number/, /string\(/],
    ['!port', /"!" does not work with a number/],
    ['none.x', /x/],
    ['mixed[7]', /out of bounds/],
    ['bool("ture")', /^"ture" is neither true nor false\.$/],
    ['9007199254740993', /too large/],
    ['node.?peer_id', /optional/],
  ]
  for (const [text, what, fix] of cases) {
    const failure = refusedOnce(() => value(text))
    assert.is(failure.reason, 'playbook-value', text)
    assert.match(failure.what, what)
    if (fix) assert.match(failure.fix ?? '', fix)
  }
  assert.match(refusedOnce(() => inYaml('"x {{ groups.ipfs }}"')).what, /a list.*inside text/)
  assert.is(spot(refusedOnce(() => inYaml('"x {{ groups }}"'))), '1:9')
  assert.match(refusedOnce(() => inYaml('"x {{ none }}"')).what, /null/)
})

test('faults of grammar say where, and what Jinja2 habits become', () => {
  const cases: [yaml: string, place: string, fix: RegExp][] = [
    ['"{{ a and b }}"', '1:10', /&& for and/],
    ['"{{ not a }}"', '1:12', /! for not/],
    ['"{{ a not in b }}"', '1:10', /! for not/],
    ['"{{ a | lower }}"', '1:10', /no filters/],
    ['"{{ a is defined }}"', '1:10', /has\(/],
    ['"{{ 1 if a else 2 }}"', '1:10', /\? a : b/],
    ['"{{ a ~ b }}"', '1:10', /joined with \+/],
    ['"{{ a = b }}"', '1:10', /==/],
    ['|\n  first\n  x {{ a or b }}', '3:10', /\|\| for or/],
    ["'it''s {{ a or b }}'", '1:5', /\|\| for or/],
    ['"{{ a"', '1:5', /Close it/],
  ]
  for (const [yaml, place, fix] of cases) {
    const failure = refusedOnce(() => inYaml(yaml))
    assert.is(failure.reason, 'playbook-expression')
    assert.is(spot(failure), place, yaml)
    assert.match(failure.fix ?? '', fix)
  }
  for (const text of ['(a', 'a ==', 'loop', 'has(x)', 'nope(1)', '1 + "a"', '"a']) {
    assert.is(refusedOnce(() => value(text)).reason, 'playbook-expression', text)
  }
})

test.run()
