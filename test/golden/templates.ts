import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { files, templates, variables } from './template-cases.ts'

// Writes what Ansible itself makes of the templates: `RUNBOOK_GOLDEN_PYTHON=…/bin/python npm run golden`.

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const python = process.env.RUNBOOK_GOLDEN_PYTHON ?? 'python3'
const lines = [{ variables, files }, ...templates].map(one => JSON.stringify(one))
const { stdout, status, stderr } = spawnSync(python, [at('render.py')], {
  input: `${lines.join('\n')}\n`,
  encoding: 'utf8',
  maxBuffer: 1 << 28,
})
const answers = stdout.trim().split('\n')
if (status !== 0 || answers.length !== templates.length) {
  console.error(stderr.trim().split('\n').at(-1) ?? '')
  console.error(
    'This needs ansible-core 2.19: pip install "ansible-core>=2.19,<2.20", and its python in RUNBOOK_GOLDEN_PYTHON.',
  )
  process.exit(1)
}
const golden = templates.map((template, index) => JSON.stringify({ template, ...JSON.parse(answers[index]!) }))
writeFileSync(at('templates.jsonl'), `${golden.join('\n')}\n`)
console.log(`${golden.length} templates`)
