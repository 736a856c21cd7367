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
    ['a.?b[?c].d', ['a.b.*.d@1', 'c@7']],
    ['has(a.b) ? c : d[-1]', ['a.b@5', 'c@12', 'd.*@16']],
    ['x.y.lower() + f.g', ['x.y@1', 'f.g@15']],
    ['{"a": b, c: [d]}', ['b@7', 'c@10', 'd@14']],
    ['int(x) + size(y) == 1 && type(z) == int', ['x@5', 'y@15', 'z@31']],
  ]
  for (const [text, wanted] of cases) assert.equal(referencesIn(text), wanted, text)
})

test('variables of comprehensions are free nowhere, their members neither', () => {
  const cases: [string, string[]][] = [
    ['groups.ipfs.map(h, hostvars[h].node.id)', ['groups.ipfs@1', 'hostvars.*.node.id@20']],
    ['a.filter(x, x.ok && y).map(x, x.b)', ['a@1', 'y@21']],
    ['a.exists(x, b.all(y, y == x)) && x', ['a@1', 'b@13', 'x@34']],
    ['a.exists_one(x, x == x1)', ['a@1', 'x1@22']],
    ['a.map(x, x > b, x + c)', ['a@1', 'b@14', 'c@21']],
    ['cel.bind(v, a.b, v.c + d)', ['a.b@13', 'd@24']],
    ['optional.of(a).orValue(b)', ['a@13', 'b@24']],
  ]
  for (const [text, wanted] of cases) assert.equal(referencesIn(text), wanted, text)
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
