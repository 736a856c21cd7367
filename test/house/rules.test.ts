import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { circlesIn } from './circles.ts'
import { importsOf, strayPackages, strayRooms } from './imports.ts'
import { longFunctions, longFunctionsLeft } from './long-functions.ts'
import { exportedNames, isKebabCase, namesTwice, oldNames } from './names.ts'
import { strayReaders } from './readers.ts'
import { moduleNames, namesIpfs, strayTest, strayWords } from './words.ts'

// A rule that never finds anything is no rule: each is shown what it must find.

const found = (file: string, text: string) => {
  const imports = importsOf(file, text)
  return [...strayRooms(imports), ...strayPackages(imports)]
}

test('imports are read in every form', () => {
  const text = `import a from 'a'\nimport type { B } from 'b'\nimport {\n  c,\n} from './c.ts'\nexport * from '../d/d.ts'\nimport 'e'\nawait import('f')`
  assert.equal(
    importsOf('src/x/x.ts', text).map(({ what, isType }) => [what, isType]),
    [
      ['a', false],
      ['b', true],
      ['src/x/c.ts', false],
      ['src/d/d.ts', false],
      ['e', false],
      ['f', false],
    ],
  )
})

test('rooms are kept apart', () => {
  assert.equal(found('src/plan/walk.ts', "import { a } from '../core/value.ts'"), [])
  assert.is(found('src/core/value.ts', "import { a } from '../load/load.ts'").length, 1)
  assert.is(found('src/plan/walk.ts', "import type { A } from '../host/ssh.ts'").length, 1)
  assert.equal(found('modules/builtin/copy.ts', "import { T } from '../../src/module/module.ts'"), [])
  assert.is(found('modules/builtin/copy.ts', "import { a } from '../../src/core/value.ts'").length, 1)
  assert.is(found('modules/ipfs/lib/shared-key.ts', "import bootstrap from '../bootstrap.ts'").length, 1)
})

test('packages have their doors', () => {
  assert.equal(found('src/connection/ssh-library.ts', "import ssh2 from 'ssh2'"), [])
  assert.is(found('src/run/run.ts', "import ssh2 from 'ssh2'").length, 1)
  assert.is(found('src/run/run.ts', "const a = await import('listr2')").length, 1)
  assert.equal(found('src/load/check.ts', "import type { TSchema } from 'typebox'"), [])
  assert.is(found('src/load/check.ts', "import { Type } from 'typebox'").length, 1)
  assert.is(found('src/run/run.ts', "import { test } from 'uvu'").length, 1)
})

test('circles are found, however long, those of types too; a chain is none', () => {
  const circles = (files: Record<string, string>) =>
    circlesIn(Object.entries(files).flatMap(([file, text]) => importsOf(file, text)))
  const from = (name: string) => `import { a } from './${name}.ts'\n`
  assert.equal(circles({ 'src/a.ts': from('b'), 'src/b.ts': from('c'), 'src/c.ts': '' }), [])
  assert.equal(circles({ 'src/a.ts': from('b'), 'src/b.ts': "import type { A } from './a.ts'" }), [
    'src/a.ts <-> src/b.ts',
  ])
  assert.equal(
    circles({ 'src/a.ts': from('b'), 'src/b.ts': from('c') + from('d'), 'src/c.ts': from('a'), 'src/d.ts': from('d') }),
    ['src/a.ts <-> src/b.ts <-> src/c.ts', 'src/d.ts'],
  )
})

test('exported names are read in every form, and found where they stand twice', () => {
  const text = [
    'export const a = 1',
    'export type B = 1',
    'export async function* c() {}',
    'export abstract class D {}',
    'export interface E {}',
    'const f = 1',
    "export { g } from './g.ts'",
  ].join('\n')
  assert.equal(exportedNames(text), ['a', 'B', 'c', 'D', 'E'])
  assert.equal(
    namesTwice([
      ['b.ts', text],
      ['c.ts', 'export const c = 2\nexport const C = 3'],
      ['a.ts', 'const a = 1\nexport const c = 4'],
    ]),
    ['c: a.ts, b.ts, c.ts'],
  )
})

test('old words are found in names, as words', () => {
  assert.equal(oldNames('a.ts', 'export const takeHosts = 1\nexport type Held = 1\nexport const MAY_HOLD = 1'), [
    'a.ts: takeHosts',
    'a.ts: Held',
    'a.ts: MAY_HOLD',
  ])
  assert.equal(oldNames('a.ts', 'export const layer = 1\nexport const delay = 1\nexport const closest = 1'), [])
})

test('names of files are kebab-case; modules are called as in playbooks', () => {
  const good = [
    'src/plan/walk.ts',
    'test/connection/known-hosts.test.ts',
    'modules/builtin/wait_for.ts',
    'test/modules/README.md',
  ]
  const bad = ['src/plan/predict_line.ts', 'src/Plan/walk.ts', 'modules/builtin/lib/unitLog.ts', 'docs/Plans.md']
  assert.equal([...good, ...bad].filter(isKebabCase), good)
})

test('words of IPFS are found', () => {
  assert.ok(namesIpfs("/** Kubo's own. */"))
  assert.ok(namesIpfs('const peers = clusterPeers()'))
  assert.not(namesIpfs('const copies = 3'))
})

test('long functions are found, also in files of which biome.json says so; that may be said of single files only', () => {
  const root = mkdtempSync(join(tmpdir(), 'runbook-long-'))
  const body = (lines: number) => `export const f = () => {\n${'  g()\n'.repeat(lines)}}\n`
  const config = (level: string, maxLines: number) => ({
    linter: { rules: { complexity: { noExcessiveLinesPerFunction: { level, options: { maxLines } } } } },
    overrides: [
      { includes: ['src/b.ts'], linter: { rules: { complexity: { noExcessiveLinesPerFunction: 'off' } } } },
      { includes: ['src/c.ts'], linter: { rules: { style: { useConst: 'off' } } } },
    ],
  })
  const write = (level: string, maxLines: number) =>
    writeFileSync(join(root, 'biome.json'), JSON.stringify(config(level, maxLines)))
  try {
    for (const folder of ['src', 'modules', 'test']) mkdirSync(join(root, folder))
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'))
    for (const [file, lines] of Object.entries({ 'src/a.ts': 60, 'src/b.ts': 61, 'test/c.ts': 80 }))
      writeFileSync(join(root, file), body(lines))
    write('error', 60)
    assert.equal(longFunctions(root), ['src/b.ts', 'test/c.ts'])
    assert.equal(longFunctionsLeft(root), ['src/b.ts'])
    write('warn', 60)
    assert.throws(() => longFunctionsLeft(root), /biome\.json/)
    write('error', 100)
    assert.throws(() => longFunctionsLeft(root), /biome\.json/)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

test('words are found where they must not stand', () => {
  const stray = (file: string, text: string) => strayWords(file, text).length
  assert.is(stray('src/run/run.ts', 'const run = (isCheck: boolean) => {}'), 1)
  assert.is(stray('src/cli/main.ts', 'const run = (isCheck: boolean) => {}'), 0)
  assert.is(stray('src/core/exit.ts', `export ${'enum'} Exit { a }`), 1)
  assert.is(stray('modules/a.ts', 'try { f() } catch { g() }'), 1)
  assert.is(stray('src/plan/a.ts', 'try { f() } catch { g() }'), 0)
  assert.is(stray('modules/a.ts', 'if (JSON.stringify(a) === text) f()'), 1)
  assert.is(stray('modules/a.ts', 'set(name, JSON.stringify(value))'), 0)
  assert.is(stray('README.md', `${'TO'}DO: write`), 1)
  assert.is(stray('README.md', `${'TO'}DO #12: write`), 0)
  assert.is(stray('README.md', `see registry${'.'}example${'.'}org`), 1)
  assert.is(stray('README.md', `in /${'home'}/someone/checkout`), 1)
  assert.is(stray('test/a.test.ts', `test${'.'}only('a', () => {})`), 1)
})

test('modules are not known by name', () => {
  const stray = (text: string, file = 'src/plan/a.ts') => strayWords(file, text, [moduleNames(['copy', 'file'])]).length
  assert.is(stray("if (task.module === 'file') f()"), 1)
  assert.is(stray("const main = { 'copy': 'src' }"), 1)
  assert.is(stray("if (found.kind === 'file') f()"), 0)
  assert.is(stray("run('copy')", 'src/lab/a.ts'), 0)
})

test('ways of reading a file beside the door are found', () => {
  const fs = (names: string, rest = ''): string => `import { ${names} } from 'node:fs'\n${rest}`
  assert.equal(strayReaders('src/load/a.ts', fs('statSync, readFileSync, type Stats')), ['readFileSync'])
  assert.equal(strayReaders('src/load/a.ts', "import { readFile } from 'node:fs/promises'"), ['readFile'])
  assert.equal(strayReaders('src/load/a.ts', fs('createReadStream', 'createReadStream(path)')), ['createReadStream'])
  assert.equal(strayReaders('src/load/a.ts', fs('createReadStream', "createReadStream('', { fd })")), [])
  assert.equal(strayReaders('src/lab/a.ts', fs('readFileSync')), [])
})

test('tests that would never run are found', () => {
  assert.is(strayTest('test/a.test.ts', "import { test } from 'uvu'\ntest('a', () => {})\n").length, 1)
  assert.is(strayTest('test/a.ts', "import { test } from 'uvu'\ntest('a', () => {})\ntest.run()\n").length, 1)
  assert.equal(strayTest('test/a.test.ts', "import { suite } from 'uvu'\nconst a = suite('a')\na.run()\n"), [])
  assert.equal(strayTest('test/rig.ts', "import * as assert from 'uvu/assert'\n"), [])
})

test.run()
