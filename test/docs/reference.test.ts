import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { typeInWords } from '../../src/cli/app/module-reference.ts'
import { parsePlaybook } from '../../src/load/playbook.ts'
import { allModules } from './modules.ts'
import { referenceOf } from './reference.ts'

const all = await allModules()

test('docs/modules.md is what the modules say; `npm run docs` makes it so', () => {
  const written = readFileSync(new URL('../../docs/modules.md', import.meta.url), 'utf8')
  assert.ok(written === referenceOf(all), 'run `npm run docs`')
})

for (const { file, module } of all) {
  test(`${file}: named as its file, and every argument and output is described`, () => {
    assert.is(module.name, file)
    assert.match(module.about, /\w.*\.$/s)
    for (const schema of [module.args, module.outputs])
      for (const [name, { description }] of Object.entries(schema?.properties ?? {}))
        assert.ok(description, `${name} has no description`)
  })

  test(`${file}: has examples, each a task of a playbook that uses it`, () => {
    assert.ok(module.examples.length > 0)
    for (const example of module.examples) {
      const text = `- hosts: all\n  tasks:\n${example.replace(/^/gm, '    ')}\n`
      const used = parsePlaybook(text, 'example').plays.flatMap(play => play.tasks.map(task => task.module))
      assert.ok(used.includes(file), `it uses ${used.join(', ')}`)
    }
  })
}

test('types are told in words', () => {
  assert.is(typeInWords({ type: 'array', items: { type: 'string' } }), 'list of text')
  assert.is(typeInWords({ anyOf: [{ const: 'a' }, { const: 'b' }] }), '`a` or `b`')
  assert.is(typeInWords({ enum: ['a', 'b'] }), '`a`, `b`')
  assert.is(typeInWords({ type: ['string', 'integer'] }), 'text or whole number')
  assert.is(typeInWords({ type: 'object', properties: { id: {} } }), 'mapping with `id`')
  assert.is(typeInWords({}), 'any value')
})

test.run()
