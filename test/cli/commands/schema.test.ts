import { mkdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { blockWords, playWords, taskWords } from '../../../src/load/names.ts'
import { parseYaml } from '../../../src/load/yaml.ts'
import { allModules } from '../../docs/modules.ts'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
mkdirSync(`${place.folder}/modules`)
place.write(
  'modules/greet.mjs',
  `import { defineModule, T } from 'runbook/module'
export default defineModule({ name: 'greet', about: 'Greets.', args: T.Object({ whom: T.String() }), examples: [],
  reads: () => ({}), plan: (_, __, { ok }) => ok() })\n`,
)

const shown = (...words: string[]) => {
  const { code, out, err } = place.run(['schema', ...words])
  assert.is(code, 0, err)
  return JSON.parse(out)
}
const [ofPlaybook, ofTasks, ofInventory] = [shown(), shown('tasks'), shown('inventory')]
// With the check of the schema itself, by draft-07.
const ajv = new Ajv({ strict: false })
const fits = Object.fromEntries(
  Object.entries({ playbook: ofPlaybook, tasks: ofTasks, inventory: ofInventory }).map(([name, one]) => {
    const validate = ajv.compile(one)
    return [
      name,
      (yaml: string): string => (validate(parseYaml(yaml, name).value) ? '' : ajv.errorsText(validate.errors)),
    ]
  }),
) as Record<'playbook' | 'tasks' | 'inventory', (yaml: string) => string>

test('it is JSON Schema, draft-07', () => {
  for (const one of [ofPlaybook, ofTasks, ofInventory])
    assert.is(one.$schema, 'http://json-schema.org/draft-07/schema#')
})

test('every keyword that the reader knows is in it, and each with the member that editors show', () => {
  const of = (definition: string): string[] => Object.keys(ofPlaybook.definitions[definition].properties)
  for (const word of taskWords) assert.ok(of('task').includes(word), word)
  for (const word of blockWords) assert.ok(of('block').includes(word), word)
  for (const word of playWords) assert.ok(JSON.stringify(ofPlaybook.items).includes(`"${word}":`), word)
  assert.ok(of('handler').includes('listen'))
  assert.not.ok(of('task').includes('listen'))
})

test('the playbooks and inventories that come with runbook, and the examples of all modules, fit', async () => {
  for (const name of ['private-cluster', 'adopt']) {
    const read = (folder: string): string =>
      readFileSync(new URL(`../../../${folder}/${name}.yml`, import.meta.url), 'utf8')
    assert.is(fits.playbook(read('playbooks')), '', name)
    assert.is(fits.inventory(read('inventory')), '', name)
  }
  for (const { module } of await allModules())
    for (const example of module.examples) assert.is(fits.tasks(example), '', `${module.name}: ${example}`)
})

const legal = {
  'text in place of arguments': '- file: path=/x state=directory\n- command: echo a',
  'names as Ansible has them': '- ansible.builtin.stat: { path: /x }\n- runbook.builtin.debug: {}',
  'an expression for a flag': '- stat: { path: /x, get_checksum: "{{ f }}" }',
  'what editors read as text': '- stat: { path: /x, get_checksum: yes }\n  become: yes',
  'arguments beside the module': '- stat:\n  args: { path: /x }',
  "the user's own module": '- greet: { whom: ann }',
  'a block in a block': '- block:\n    - block: [{ debug: { msg: a } }]\n      when: x\n  become: true',
  imports: '- import_tasks: a.yml\n- ansible.builtin.import_role: { name: r }\n  tags: a',
  meta: '- meta: flush_handlers',
  action: '- action: debug msg=a',
}
for (const [what, text] of Object.entries(legal)) test(`fits: ${what}`, () => assert.is(fits.tasks(text), ''))

const wrong = {
  'an argument that there is not': '- stat: { paht: /x }',
  'a required one that is missing': '- stat: {}',
  "the same of the user's own module": '- greet: { who: ann }',
  'a value of another type': '- stat: { path: /x, get_checksum: often }',
  'no module': '- name: a',
  'two modules': '- stat: { path: /x }\n  debug: { msg: a }',
  'a keyword that there is not': '- stat: { path: /x }\n  wen: x',
  'one within a block': '- block: [{ stat: { path: /x }, wen: x }]',
  'listen of a task': '- debug: { msg: a }\n  listen: x',
  'no list': 'debug: { msg: a }',
}
for (const [what, text] of Object.entries(wrong))
  test(`does not fit: ${what}`, () => assert.not.equal(fits.tasks(text), ''))

test('plays and inventories', () => {
  assert.is(
    fits.playbook('- import_playbook: a.yml\n- hosts: all\n  roles: [a, { role: b, x: 1 }]\n  handlers: []'),
    '',
  )
  assert.is(fits.playbook('- hosts: all\n  handlers: [{ debug: { msg: a }, listen: t }]'), '')
  for (const text of ['- tasks: []', '- hosts: all\n  task: []', '[]', '- hosts: all\n  tasks: [{ stat: {} }]'])
    assert.not.equal(fits.playbook(text), '', text)
  assert.is(fits.inventory('all:\n  hosts: { a: , b: { ansible_host: c } }\n  children: { web: { hosts: a } }'), '')
  assert.is(fits.inventory('plugin: constructed\nstrict: false'), '')
  assert.not.equal(fits.inventory('all:\n  host: { a: }'), '')
})

test('what is asked for and is not there', () => {
  const { code, err } = place.run(['schema', 'role'])
  assert.is(code, 4)
  assert.match(err, 'playbook, inventory, tasks')
})

test.run()
