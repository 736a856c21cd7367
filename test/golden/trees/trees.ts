// Holds the trees of our reader against those of jinja2, over the templates and conditions of public repositories. Their list is
// committed, their texts never: RUNBOOK_CORPUS names a folder, into which they are cloned where they are not there yet.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ansibleDelimiters } from '../../../src/jinja/delimiters.ts'
import { parseTemplate } from '../../../src/jinja/parser.ts'
import { SyntaxFault } from '../../../src/jinja/syntax-fault.ts'
import { writtenBody } from './written-tree.ts'

const { RUNBOOK_GOLDEN_PYTHON: python, RUNBOOK_CORPUS: corpus } = process.env
if (!python || !corpus) {
  console.error(
    `Name a Python that has Ansible in RUNBOOK_GOLDEN_PYTHON, and a folder for the repositories in RUNBOOK_CORPUS.`,
  )
  process.exit(1)
}

const at = (name: string): string => join(import.meta.dirname, name)
const run = (program: string, args: string[], input = ''): string => {
  const { stdout, stderr, status } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 2 ** 31 - 1 })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return stdout
}

const repositories = readFileSync(at('repositories.txt'), 'utf8').trim().split('\n')
const folders = repositories.map(name => {
  const folder = join(corpus, name.replace('/', '+'))
  if (!existsSync(folder))
    run('git', ['clone', '--quiet', '--bare', '--depth', '1', `https://github.com/${name}`, folder])
  return folder
})
const texts = run(python, [at('extract.py'), ...folders])
const trees = run(python, [at('dump.py')], texts)
  .trim()
  .split('\n')
const [, theirTime] = JSON.parse(trees.pop()!) as [string, number]

const treeOf = (text: string): unknown => {
  try {
    return parseTemplate(text, ansibleDelimiters)
  } catch (error) {
    if (error instanceof SyntaxFault) return error
    throw error
  }
}

const counts = { repositories: folders.length, texts: 0, same: 0, bothRefuse: 0, onlyOursRefuses: 0, different: 0 }
const others: string[] = []
let ourTime = 0
for (const [index, line] of texts.trim().split('\n').entries()) {
  const text = JSON.parse(line) as string
  const begin = process.cpuUsage()
  const tree = treeOf(text)
  const { user, system } = process.cpuUsage(begin)
  ourTime += (user + system) / 1000
  const isRefused = tree instanceof SyntaxFault
  const ours = JSON.stringify(isRefused ? 'refused' : ['ok', writtenBody(tree as never)])
  const theirs = trees[index]!.startsWith('["fault"') ? '"refused"' : JSON.stringify(JSON.parse(trees[index]!))
  counts.texts++
  if (ours === theirs && isRefused) counts.bothRefuse++
  else if (ours === theirs) counts.same++
  else {
    counts[isRefused ? 'onlyOursRefuses' : 'different']++
    const why = isRefused ? tree.message : ours.slice(0, 300)
    others.push(`${JSON.stringify(text.slice(0, 300))}\n  ${why}\n  ${trees[index]!.slice(0, 300)}`)
  }
}
console.log(counts)
console.log(
  `${Math.round(ourTime)} ms, jinja2 ${Math.round(theirTime)} ms: ${(ourTime / theirTime).toFixed(2)} of its time`,
)
console.log(others.slice(0, 40).join('\n'))
