import { mkdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
mkdirSync(`${place.folder}/modules`)
mkdirSync(`${place.folder}/damaged/modules`, { recursive: true })
place.write(
  'modules/greet.ts',
  `import { defineModule, T } from 'runbook/module'
export default defineModule({
  name: 'greet',
  about: 'Says who is greeted. Changes nothing.',
  args: T.Object({
    whom: T.String({ description: 'Who.' }),
    loud: T.Boolean({ default: false, description: 'Whether it is heard.' }),
  }),
  outputs: T.Object({ said: T.String({ description: 'What was said.' }) }),
  examples: ['- greet: { whom: ann }'],
  reads: () => ({}),
  plan: ({ whom }, _, { say }) => say(whom),
})
`,
)
place.write('damaged/modules/odd.ts', 'export default 1\n')

test('module list has those of runbook and those of the folder, each with where it is from', () => {
  const { code, out, err } = place.run(['module', 'list'])
  assert.equal([code, err], [0, ''])
  const lines = out.trimEnd().split('\n')
  assert.match(lines.find(line => line.startsWith('greet '))!, /^greet +Says who is greeted\. \(.*greet\.ts\)$/)
  assert.match(lines.find(line => line.startsWith('file '))!, /\(builtin\)$/)
  const told = JSON.parse(place.run(['module', 'list', '--format', 'json']).out) as { name: string; from: string }[]
  assert.equal(
    told.map(({ name }) => name),
    lines.map(line => line.split(' ')[0]),
  )
})

test('module show tells arguments with defaults, outputs and examples', () => {
  const { code, out } = place.run(['module', 'show', 'greet'])
  assert.is(code, 0)
  assert.match(out, '| `whom` | text | **required** | Who. |')
  assert.match(out, '| `loud` | true or false | `false` | Whether it is heard. |')
  assert.match(out, '| `said` | text | What was said. |')
  assert.match(out, '- greet: { whom: ann }')
  const told = JSON.parse(place.run(['module', 'show', 'greet', '--format', 'json']).out)
  assert.equal([told.name, told.args.properties.loud.default, told.examples.length], ['greet', false, 1])
})

test('a module is shown by the long names that tasks have for it', () => {
  for (const name of ['ansible.builtin.stat', 'runbook.builtin.stat', 'ansible.legacy.stat'])
    assert.match(place.run(['module', 'show', name]).out, /^### stat\n/)
})

test('a name that is near is said, and a file that is no module is told beside all others', () => {
  const { code, err } = place.run(['module', 'show', 'gret'])
  assert.is(code, 4)
  assert.match(err, 'Did you mean "greet"?')
  const damaged = place.run(['module', 'list', '--playbook-dir', 'damaged'])
  assert.is(damaged.code, 4)
  assert.match(damaged.err, 'odd.ts exports is no module')
  assert.match(damaged.out, /^file /m)
})

test.run()
