// Asks Ansible what it makes of each expression in the files of the folder expressions, and writes its answers there: the value with
// its type, or the words in which it is refused. To ask something new, add a line with an expression alone:
// {"expression": "'a' | upper"}. The Python that has Ansible, with its collections, is named by RUNBOOK_GOLDEN_PYTHON.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, 'expressions')
const python = process.env.RUNBOOK_GOLDEN_PYTHON
if (!python) {
  console.error(`RUNBOOK_GOLDEN_PYTHON is not set: name a Python that has Ansible, e.g.
  python3 -m venv golden && golden/bin/pip install "ansible>=12,<13" passlib netaddr jmespath
  RUNBOOK_GOLDEN_PYTHON=$PWD/golden/bin/python npm run golden [FAMILY...]`)
  process.exit(1)
}

const variables = JSON.parse(readFileSync(join(folder, 'variables.json'), 'utf8'))

/** One answer a line; all are asked of one process, since Ansible takes a second to begin. */
const answersTo = (asked: string[]): string[] => {
  const input = [variables, ...asked].map(one => JSON.stringify(one)).join('\n')
  const env = { ...process.env, LANG: 'C.UTF-8', PYTHONHASHSEED: '0', GOLDEN_WORD: 'a word' }
  const { stdout, stderr, status } = spawnSync(python, [join(import.meta.dirname, 'evaluate.py')], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env,
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.trimEnd().split('\n')
}

const wanted = process.argv.slice(2)
for (const file of readdirSync(folder).filter(name => name.endsWith('.jsonl'))) {
  const family = file.replace('.jsonl', '')
  if (wanted.length > 0 && !wanted.includes(family)) continue
  const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')
  const asked = [...new Set(lines.map(line => JSON.parse(line).expression as string))]
  const answers = answersTo(asked)
  const written = asked.map((one, at) => `{"expression":${JSON.stringify(one)},${answers[at]!.slice(1)}\n`)
  writeFileSync(join(folder, file), written.join(''))
  const refused = answers.filter(one => one.startsWith('{"refused"')).length
  console.log(`${family}: ${asked.length} expressions, ${refused} of them refused`)
}
