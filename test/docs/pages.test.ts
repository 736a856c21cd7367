import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtIn, playWords, taskWords } from '../../src/load/names.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['README.md', 'SECURITY.md', ...globSync('docs/**/*.md', { cwd: root })]
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Headings as the places that links name them. */
const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

for (const page of pages)
  test(`${page}: every link leads somewhere`, () => {
    for (const [, link] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (link!.startsWith('https:')) continue
      const [path, anchor] = link!.split('#') as [string, string?]
      const file = path === '' ? page : join(dirname(page), path)
      assert.ok(existsSync(join(root, file)), link)
      if (anchor !== undefined) assert.ok(anchorsIn(textOf(file)).includes(anchor), link)
    }
  })

for (const page of pages.filter(page => /`test\//.test(textOf(page))))
  test(`${page}: each test that it names is there`, () => {
    for (const [, path] of textOf(page).matchAll(/`(test\/[\w./-]+)`/g)) assert.ok(existsSync(join(root, path!)), path)
  })

test('docs/security.md: each promise names the test that holds it', () => {
  const tables = textOf('docs/security.md').split(/\n(?!\|)/)
  const promises = tables
    .map(table => table.split('\n').filter(line => line.startsWith('|')))
    .filter(([head]) => head?.includes('| held by |'))
    .flatMap(([, , ...rows]) => rows)
  assert.ok(promises.length > 20, `${promises.length}`)
  for (const row of promises) assert.match(row, /`test\/[^`]+`/)
})

test('README.md: its npm scripts and options exist', () => {
  const { scripts } = JSON.parse(textOf('package.json'))
  for (const [, script] of textOf('README.md').matchAll(/npm run (\w+)/g)) assert.ok(scripts[script!], script)
  const help = ['plan', 'apply', 'artifacts fetch', 'lab', 'inventory'].map(
    command =>
      `${spawnSync(process.execPath, [join(root, 'src/runbook.mjs'), ...command.split(' '), '--help']).stdout}`,
  )
  for (const [option] of textOf('README.md').matchAll(/(?<=[\s`])--[a-z][a-z-]*/g))
    assert.ok(help.join('\n').includes(option), option)
})

test('docs/playbook.md tells of every word of the language', () => {
  const text = textOf('docs/playbook.md')
  for (const word of [...playWords, ...taskWords, ...builtIn]) assert.ok(text.includes(`\`${word}\``), word)
})

test.run()
