import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { variables } from '../golden/loop-cases.ts'
import { withRig } from './rig.ts'

// What Ansible registers of tasks, with loops and without. `npm run golden` asks it.

const golden = join(import.meta.dirname, '../golden')
const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(golden, 'loops', folder), { withFileTypes: true }).flatMap(one => {
      const path = `${folder}/${one.name}`
      return one.isFile() ? [[path, readFileSync(join(golden, 'loops', path), 'utf8')]] : Object.entries(filesIn(path))
    }),
  )
const cases: { task: object; registered: unknown }[] = readFileSync(join(golden, 'loops.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))

/** When something was done is not the same twice. */
const isTime = (name: string, value: unknown): boolean =>
  ['start', 'end', 'delta'].includes(name) && typeof value === 'string' && /^[-\d]* ?\d+:\d\d:\d\d\.\d{6}$/.test(value)

test('tasks register what Ansible registers, key for key', () => {
  const tasks = cases.map(({ task }, at) => ({ name: `case ${at}`, ...task, register: `kept${at}` }))
  const all = cases.map((_, at) => `kept${at}`).join(', ')
  const last = { copy: { dest: '{{ root }}/all', content: `{{ [${all}] | to_json }}` } }
  const play = { hosts: 'all', vars: variables, tasks: [...tasks, last] }
  return withRig(JSON.stringify([play]), { files: filesIn('files') }, async rig => {
    const { known } = await rig.apply()
    const kept = readFileSync(join(rig.hosts.root('node0'), 'all'), 'utf8')
    const found: unknown[] = JSON.parse(kept.replaceAll(known.loaded.playbook.folder, 'FOLDER'), (name, value) =>
      isTime(name, value) ? 'TIME' : value,
    )
    for (const [at, { task, registered }] of cases.entries()) assert.equal(found[at], registered, JSON.stringify(task))
  })
})

test.run()
