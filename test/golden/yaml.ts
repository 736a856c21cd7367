// Asks Ansible what its loader makes of each document in yaml.jsonl, and writes its answers there: the value with its types,
// or the words in which it is refused. To ask something new, add a line with a document alone: {"yaml": "a: 0644"}; one that
// is not in UTF-8 is {"bytes": "YTog6Q=="}, in base64. The Python that has Ansible is named by RUNBOOK_GOLDEN_PYTHON.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Document = { yaml: string } | { bytes: string }

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const lines = readFileSync(at('yaml.jsonl'), 'utf8').trimEnd().split('\n')
const documentOf = (line: string): Document => {
  const found = JSON.parse(line)
  return 'yaml' in found ? { yaml: found.yaml } : { bytes: found.bytes }
}
const asked = [...new Set(lines.map(line => JSON.stringify(documentOf(line))))]
const inBase64 = (document: Document): string =>
  'yaml' in document ? Buffer.from(document.yaml).toString('base64') : document.bytes
const { stdout, stderr, status } = spawnSync(process.env.RUNBOOK_GOLDEN_PYTHON ?? 'python3', [at('load.py')], {
  input: asked.map(line => `${JSON.stringify(inBase64(JSON.parse(line)))}\n`).join(''),
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
  env: { ...process.env, LANG: 'C.UTF-8' },
})
const answers = stdout.trimEnd().split('\n')
if (status !== 0 || answers.length !== asked.length) {
  console.error(stderr.trim().split('\n').at(-1) ?? '')
  console.error('This needs ansible-core 2.19, see golden.ts.')
  process.exit(1)
}
const golden = asked.map((line, index) => `${line.slice(0, -1)},${answers[index]!.slice(1)}\n`)
writeFileSync(at('yaml.jsonl'), golden.join(''))
console.log(`${golden.length} documents, ${answers.filter(one => one.startsWith('{"refused"')).length} of them refused`)
