import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compileExpression, compileTemplate } from '../../src/load/expression.ts'
import { locatedMember } from '../../src/load/located.ts'
import { parseYaml } from '../../src/load/yaml.ts'

const referencesIn = (text: string): string[] =>
  compileExpression(text, { file: 'f', line: 1, column: 1, length: text.length }).references.map(
    ({ path, origin }) => `${path.map(step => step ?? '*').join('.')}@${origin.column}`,
  )

test('a reference is a free name and the members behind it', () => {
  const cases: [string, string[]][] = [
    ['1 + 2', []],
    ['x', ['x@1']],
    ['hostvars.node0.key.id', ['hostvars.node0.key.id@1']],
    ["hostvars['web-1'].key", ['hostvars.web-1.key@1']],
    ["groups['ipfs'][0]", ['groups.ipfs.0@1']],
    ['hostvars[h].node.peer_id', ['hostvars.*.node.peer_id@1', 'h@10']],
    ['hostvars[groups.ipfs[0]].a', ['hostvars.*.a@1', 'groups.ipfs.0@10']],
    ['a.b[c].d', ['a.b.*.d@1', 'c@5']],
    ['a.b is defined and c', ['a.b@1', 'c@20']],
    ['x.y.lower() ~ f.g', ['x.y@1', 'f.g@15']],
    ['{"a": b, c: [d]}', ['b@7', 'c@10', 'd@14']],
    ['x | int + y | length == 1', ['x@1', 'y@11']],
    ['range(n)', ['n@7']],
  ]
  for (const [text, wanted] of cases) assert.equal(referencesIn(text), wanted, text)
})

test('what a list over hosts takes of each is a reference of its own', () => {
  const cases: [string, string[]][] = [
    ["groups.ipfs | map('extract', hostvars, 'id')", ['hostvars.*.id@30', 'groups.ipfs@1']],
    ["groups.ipfs | map('extract', hostvars, ['node', 'id'])", ['hostvars.*.node.id@30', 'groups.ipfs@1']],
    ["groups.ipfs | map('extract', hostvars) | map(attribute='node.id')", ['hostvars.*.node.id@30', 'groups.ipfs@1']],
    [
      "groups.ipfs | map('extract', hostvars) | selectattr('up') | map(attribute='id') | list",
      ['hostvars.*.id@30', 'groups.ipfs@1', 'hostvars.*.up@30'],
    ],
    ["x | extract(hostvars, 'id')", ['hostvars.*.id@13', 'x@1']],
    ["groups.ipfs | map('extract', hostvars)", ['hostvars.*@30', 'groups.ipfs@1']],
  ]
  for (const [text, wanted] of cases) assert.equal(referencesIn(text), wanted, text)
})

test('what a statement gives a name to is free nowhere', () => {
  const at = locatedMember(parseYaml('k: "{% for x in a %}{{ x.b }}{% endfor %}{% set y = c %}{{ y }}"', 'f'), 'k')
  const found = compileTemplate(at.value, at).references
  assert.equal(
    found.map(({ path }) => path.map(step => step ?? '*').join('.')),
    ['a', 'a.*.b', 'c', 'c'],
  )
})

test('references of a tree come in written order with their places', () => {
  const at = locatedMember(parseYaml('k:\n  a: "x {{ one }} {{ two.b }}"\n  b: ["{{ three }}", plain]', 'f'), 'k')
  const found = compileTemplate(at.value, at).references
  assert.equal(
    found.map(({ path, origin }) => `${path.join('.')} ${origin.line}:${origin.column}`),
    ['one 2:12', 'two.b 2:22', 'three 3:11'],
  )
})

test.run()
