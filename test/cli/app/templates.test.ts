import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createTemplates } from '../../../src/cli/app/templates.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-templates-'))
const write = (path: string, text: string): string => {
  const at = join(folder, path)
  mkdirSync(join(at, '..'), { recursive: true })
  writeFileSync(at, text)
  return at
}
test.after(() => rmSync(folder, { recursive: true, force: true }))

const task = (src: string) => ({ templates: ['src'], args: { value: { src } } }) as never

test('a name that ends in .hbs is Handlebars, any other Jinja; what is included is found and told', async () => {
  const page = write('templates/page.j2', '{% include "part.j2" %}{{ x }}|{% include "own.j2" ignore missing %}\n')
  const part = write('templates/part.j2', '{{ x + 1 }};')
  const bars = write('templates/page.hbs', '{{#if x}}{{x}}{{/if}}')
  const templates = createTemplates(folder)
  await templates.ready([task('{{ name_of_it }}')])
  assert.is(templates.at(page).render({ x: 1 }), '2;1|\n')
  assert.is(templates.at(bars).render({ x: 1 }), '1')
  assert.equal(templates.files().sort(), [bars, page, part])
})

test('a name that leads out of the folders is no template', async () => {
  write('outside.j2', 'secret')
  const page = write('play/templates/page.j2', '{% include "../../outside.j2" ignore missing %}x\n')
  const templates = createTemplates(join(folder, 'play'))
  await templates.ready([task('page.j2')])
  assert.is(templates.at(page).render({}), 'x\n')
})

test.run()
