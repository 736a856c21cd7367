import { readFileSync, writeFileSync } from 'node:fs'
import { allModules } from './docs/modules.ts'
import { referenceOf } from './docs/reference.ts'

// `npm run docs` writes docs/modules.md; with --check it only tells whether that is current, by its exit code.

const place = new URL('../docs/modules.md', import.meta.url)
const text = referenceOf(await allModules())
if (!process.argv.includes('--check')) writeFileSync(place, text)
else if (readFileSync(place, 'utf8') !== text) {
  process.stderr.write('docs/modules.md is not what the modules say: run `npm run docs`\n')
  process.exitCode = 1
}
