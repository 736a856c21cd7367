import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inventoryCases } from './inventory-cases.ts'

// Writes what Ansible itself reads in inventories, and which hosts it finds by patterns:
// `RUNBOOK_GOLDEN_PYTHON=…/bin/python npm run golden`.

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const python = process.env.RUNBOOK_GOLDEN_PYTHON ?? 'python3'
const cases = inventoryCases()
const { stdout, status, stderr } = spawnSync(python, [at('inventories.py')], {
  input: `${cases.map(one => JSON.stringify(one)).join('\n')}\n`,
  encoding: 'utf8',
  maxBuffer: 1 << 28,
})
const answers = stdout.trim().split('\n')
if (status !== 0 || answers.length !== cases.length) {
  console.error(stderr.trim())
  console.error(
    'This needs ansible-core 2.19: pip install "ansible-core>=2.19,<2.20", and its python in RUNBOOK_GOLDEN_PYTHON.',
  )
  process.exit(1)
}
const lines = cases.map((one, index) => JSON.stringify({ ...one, answer: JSON.parse(answers[index]!) }))
writeFileSync(at('inventories.jsonl'), `${lines.join('\n')}\n`)
console.log(`${lines.length} inventories`)
