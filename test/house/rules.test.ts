import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { importsOf, strayPackages, strayRooms } from './imports.ts'
import { strayTest, strayWords } from './words.ts'

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
  assert.equal(found('src/host/ssh.ts', "import ssh2 from 'ssh2'"), [])
  assert.is(found('src/run/run.ts', "import ssh2 from 'ssh2'").length, 1)
  assert.is(found('src/run/run.ts', "const a = await import('listr2')").length, 1)
  assert.equal(found('src/load/check.ts', "import type { TSchema } from 'typebox'"), [])
  assert.is(found('src/load/check.ts', "import { Type } from 'typebox'").length, 1)
  assert.is(found('src/run/run.ts', "import { test } from 'uvu'").length, 1)
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

test('tests that would never run are found', () => {
  assert.is(strayTest('test/a.test.ts', "import { test } from 'uvu'\ntest('a', () => {})\n").length, 1)
  assert.is(strayTest('test/a.ts', "import { test } from 'uvu'\ntest('a', () => {})\ntest.run()\n").length, 1)
  assert.equal(strayTest('test/a.test.ts', "import { suite } from 'uvu'\nconst a = suite('a')\na.run()\n"), [])
  assert.equal(strayTest('test/rig.ts', "import * as assert from 'uvu/assert'\n"), [])
})

test.run()
