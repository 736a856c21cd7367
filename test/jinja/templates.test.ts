import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../src/core/failure.ts'
import { compileJinja } from '../../src/load/jinja-template.ts'
import { files, templates, variables } from '../golden/template-cases.ts'

// What Ansible 2.19 makes of each template: written by test/golden/templates.ts.

type Golden = { template: string; rendered?: string; refused?: string }
const golden = readFileSync(new URL('../golden/templates.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Golden)

const find = (name: string) => {
  const text = (files as Record<string, string>)[name]
  return text === undefined ? undefined : { text, file: name }
}
const rendered = (text: string) =>
  attempt(() => compileJinja({ text, file: 'a.j2' }, find).render(Object.assign(Object.create(null), variables)))

test('the golden file is that of the templates', () => {
  assert.equal(
    golden.map(({ template }) => template),
    [...templates],
  )
  assert.ok(golden.length >= 300)
})

for (const { template, rendered: wanted, refused } of golden)
  test(`as Ansible: ${JSON.stringify(template).slice(0, 70)}`, () => {
    const { value, failures } = rendered(template)
    if (wanted !== undefined) return assert.is(value ?? failures![0]!.what, wanted)
    assert.ok(failures, `${JSON.stringify(value)}, but Ansible: ${refused}`)
    assert.ok(failures[0]!.origin!.line >= 1)
  })

test.run()
