import { mkdirSync, writeFileSync } from 'node:fs'
import { seed } from '../chance.ts'
import { sweepInProcess } from './sweep-in-process.ts'
import { sweepOnCommandLine } from './sweep-on-command-line.ts'

// `npm run sweep`: RUNBOOK_RUNS mutated inputs (100,000) from RUNBOOK_SEED, and a hundred by command line. What does what no
// input may do is told, once for each way, and written to a folder to be tried again. RUNBOOK_KINDS=a,b tries these alone.

const runs = Number(process.env.RUNBOOK_RUNS ?? 100_000)
const kinds = process.env.RUNBOOK_KINDS?.split(',')
const folder = `${process.env.TMPDIR ?? '/tmp'}/runbook-found-${seed}`
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const likeness = ({ kind, what, why }: { kind: string; what: string; why: string }): string =>
  `${kind} ${what}: ${why.split('\n').slice(0, 3).join(' | ')}`
const told = new Map<string, number>()

const began = Date.now()
say(`seed ${seed}, ${runs} inputs`)
const found = await sweepInProcess({ seed, runs, ...(kinds ? { kinds } : {}) }, one => {
  const like = likeness(one).replaceAll(/\d+/g, 'N').slice(0, 160)
  const count = (told.get(like) ?? 0) + 1
  told.set(like, count)
  if (count > 3) return
  mkdirSync(folder, { recursive: true })
  const file = `${folder}/${one.kind}-${one.index}`
  writeFileSync(file, one.input)
  say(`${one.kind} ${one.index} ${one.what} (${file}, ${one.input.length} bytes): ${one.why}`)
})
const onCommandLine = kinds ? [] : await sweepOnCommandLine({ seed, runs: Math.min(100, runs) })
for (const { what, why } of onCommandLine) say(`${what}: ${why}`)
for (const [like, count] of [...told].sort((a, b) => b[1] - a[1])) say(`${count} times  ${like}`)
const all = found.length + onCommandLine.length
say(`${runs} inputs in ${((Date.now() - began) / 1000).toFixed(0)} s: ${all} did what none may do`)
process.exitCode = all > 0 ? 1 : 0
