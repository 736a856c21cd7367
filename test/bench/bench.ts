import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { benchmarksPage } from './benchmarks-page.ts'
import { bastion } from './figures/bastion.ts'
import { chain } from './figures/chain.ts'
import { copies } from './figures/copies.ts'
import { farHosts } from './figures/far-hosts.ts'
import { fourthNode } from './figures/fourth-node.ts'
import { fresh } from './figures/fresh.ts'
import { inventories } from './figures/inventories.ts'
import { manyHosts } from './figures/many-hosts.ts'
import { ordinary } from './figures/ordinary.ts'
import { rivals } from './figures/rivals.ts'
import { secondApply } from './figures/second-apply.ts'
import { start } from './figures/start.ts'
import { artifacts, install, type Rig, raise, takeDown } from './rig.ts'
import { heads, line, lineOf, type Row } from './row.ts'
import { endAll, root } from './timing.ts'

// `node test/bench/bench.ts [--artifacts DIR] [--write] [FIGURE...]`: how fast runbook is, as ratios to what one would do without
// it, on hosts of its own. Times are medians, by turns. It measures and does not judge: the exit code is 0 also when a
// bound is missed, 1 when something could not be measured, 4 when it cannot run here.

/** In this order: a fresh apply needs hosts that have nothing yet, a fourth node comes last of those that share theirs. */
const onHosts: Record<string, (rig: Rig) => Promise<Row[]>> = {
  fresh,
  'second-apply': secondApply,
  'far-hosts': farHosts,
  rivals,
  ordinary,
  copies,
  'fourth-node': fourthNode,
  bastion,
  chain,
}
const alone: Record<string, () => Promise<Row[]>> = { start, inventories, 'many-hosts': () => manyHosts() }
const names = [...Object.keys(alone), ...Object.keys(onHosts)]

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

const { values: options, positionals: wanted } = parseArgs({
  options: { artifacts: { type: 'string' }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = wanted.find(name => !names.includes(name))
const chosen = names.filter(name => wanted.length === 0 || wanted.includes(name))
const needsHosts = chosen.some(name => name in onHosts)

let stopped = false
const rows: Row[] = []
const stop = (): void => {
  stopped = true
  endAll()
}

/** Ratios bear a machine that is a little busy, not one where everything waits. */
const noteLoad = (): void => {
  const [load] = loadavg()
  if (load! > 2 * availableParallelism())
    say(`The machine is busy with more than this (load ${load!.toFixed(1)}): run it again when it is not.`)
}

/** A figure that cannot be measured is said and does not keep the others from being so. */
const show = async (name: string, measure: () => Promise<Row[]>): Promise<void> => {
  if (stopped) return
  try {
    for (const row of await measure()) {
      rows.push(row)
      say(lineOf(row))
    }
  } catch (error) {
    process.exitCode = 1
    if (!stopped) complain(`${name} could not be measured: ${(error as Error).message}`)
  }
}

const onRig = async (): Promise<void> => {
  try {
    const rig = await raise(await artifacts(options.artifacts ?? process.env.RUNBOOK_ARTIFACTS, say))
    say(line(heads))
    for (const name of chosen) {
      const measure = onHosts[name]
      await show(name, measure ? () => measure(rig) : alone[name]!)
    }
    if (!stopped) noteLoad()
  } finally {
    await takeDown()
  }
}

if (unknown !== undefined) {
  complain(`There is no figure ${unknown}: there are ${names.join(', ')}.`)
  process.exitCode = 4
} else if (needsHosts && process.getuid?.() !== 0) {
  complain('The bench brings up hosts of its own, for which it must be root: run it with sudo.')
  process.exitCode = 4
} else {
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop)
  await install()
  if (needsHosts) await onRig()
  else {
    say(line(heads))
    for (const name of chosen) await show(name, alone[name]!)
  }
  if (options.write && rows.length > 0) writeFileSync(`${root}/docs/benchmarks.md`, benchmarksPage(rows, loadavg()[0]!))
  if (stopped) process.exitCode = 130
}
