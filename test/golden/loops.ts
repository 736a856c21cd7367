// Asks Ansible what it registers of each task in loop-cases.ts, and writes it to loops.jsonl: a line for each, the task and what is
// registered. Where something lies on this machine, and when it was done, is left out. The Python that has Ansible, with its
// collections, is named by RUNBOOK_GOLDEN_PYTHON.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cases, variables } from './loop-cases.ts'

const python = process.env.RUNBOOK_GOLDEN_PYTHON
if (!python) throw new Error('RUNBOOK_GOLDEN_PYTHON is not set: see golden.ts.')

const folder = mkdtempSync(join(tmpdir(), 'golden-'))
cpSync(join(import.meta.dirname, 'loops'), folder, { recursive: true })
const tasks = cases.flatMap((task, at) => [
  { ...task, register: 'kept', ignore_errors: true },
  { copy: { dest: `${folder}/kept${at}`, content: '{{ kept | to_json }}' } },
])
writeFileSync(
  join(folder, 'playbook.yml'),
  JSON.stringify([{ hosts: 'all', gather_facts: false, vars: variables, tasks }]),
)
const inventory = ['-i', 'node0,', '-c', 'local', '-e', `ansible_python_interpreter=${python}`]
const { stdout } = spawnSync(join(dirname(python), 'ansible-playbook'), [...inventory, 'playbook.yml'], {
  cwd: folder,
  encoding: 'utf8',
})
if (!/failed=0/.test(stdout)) throw new Error(stdout)
const lines = cases.map((task, at) => {
  const kept = readFileSync(join(folder, `kept${at}`), 'utf8').replaceAll(folder, 'FOLDER')
  const registered = JSON.parse(kept, (name, value) =>
    name === 'invocation' ? undefined : ['start', 'end', 'delta'].includes(name) && value !== null ? 'TIME' : value,
  )
  return `${JSON.stringify({ task, registered })}\n`
})
writeFileSync(join(import.meta.dirname, 'loops.jsonl'), lines.join(''))
rmSync(folder, { recursive: true })
