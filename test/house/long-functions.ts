import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// Biome counts: the lines of a function's body, comments included, a text of several lines as one.
const RULE = 'noExcessiveLinesPerFunction'
const MOST = 60

type Levels = { complexity?: Record<string, unknown> }
type Config = {
  linter: { rules: Levels }
  overrides?: { includes: string[]; linter?: { rules?: Levels } }[]
}

/** The files in which biome.json puts up with long functions; refuses a biome.json that puts up with them everywhere. */
export const longFunctionsLeft = (root: string): string[] => {
  const { linter, overrides = [] } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as Config
  const rule = linter.rules.complexity?.[RULE] as { level: string; options: { maxLines: number } } | undefined
  if (rule?.level !== 'error' || rule.options.maxLines !== MOST)
    throw new Error(`biome.json has to say ${RULE}: ${MOST}`)
  return overrides
    .filter(one => one.linter?.rules?.complexity?.[RULE] === 'off')
    .flatMap(one => one.includes)
    .sort()
}

/** The files below src, modules and test that have a longer function, whatever biome.json puts up with. */
export const longFunctions = (root: string): string[] => {
  const args = [
    'lint',
    `--only=complexity/${RULE}`,
    '--reporter=json',
    '--max-diagnostics=none',
    'src',
    'modules',
    'test',
  ]
  // It ends with an error where it finds something.
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/biome'), args, { cwd: root, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { location: { path: string } }[] }
  return [...new Set(diagnostics.map(({ location }) => location.path))].sort()
}
