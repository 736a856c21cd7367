import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { runbook } from '../rig.ts'
import { checkRow, type Row, ratioRow } from '../row.ts'
import { byTurns, must, root } from '../timing.ts'
import type { Usage } from '../usage.ts'

const LOOK = `${root}/test/bench/usage.ts`
const [HOSTS, GROUPS, VARIABLES, TASKS] = [5000, 200, 10, 20]
const [MOST_S, MOST_MB, MOST_OF_LITERAL] = [1.5, 300, 3]

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const mappingOf = (entries: (readonly [string, unknown])[]): Record<string, unknown> => Object.fromEntries(entries)

/** A task that writes down some variables, and changes nothing. */
const showing = (name: string, text: string) => ({ name, debug: { msg: text } })

/** Many hosts with variables of their own, half of which are made of another. */
const largeInventory = (): unknown => {
  const vars = mappingOf(range(VARIABLES).map(i => [`v${i}`, i % 2 === 0 ? `value ${i}` : `{{ v${i - 1} }} and more`]))
  const group = (at: number) => range(HOSTS / GROUPS).map(i => [`h${at + i * GROUPS}`, vars] as const)
  return { all: { children: mappingOf(range(GROUPS).map(at => [`g${at}`, { hosts: mappingOf(group(at)) }])) } }
}

/** 200 variables of a play, each made of the one before, or each as it stands. */
const chainOf = (isChain: boolean): Record<string, unknown> =>
  mappingOf(
    range(200).map(i => [`c${i}`, isChain && i % 10 > 0 ? `{{ c${i - 1} }}.` : `value ${i} of ${'.'.repeat(i % 10)}`]),
  )

const limited = async (folder: string, local: string[]): Promise<Row[]> => {
  const [inventory, playbook, usage] = ['inventory.json', 'playbook.json', 'usage.json'].map(one => `${folder}/${one}`)
  writeFileSync(inventory!, JSON.stringify(largeInventory()))
  const tasks = range(TASKS).map(i => showing(`task ${i}`, `{{ v${i % VARIABLES} }}`))
  writeFileSync(playbook!, JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]))
  const [node, ...words] = runbook('plan', playbook!, '-i', inventory!, '--limit', 'h7', ...local) as [
    string,
    ...string[],
  ]
  await must({ argv: [node, '--import', LOOK, ...words], env: { BENCH_USAGE: usage! } })
  const { cpuMs, peakBytes } = JSON.parse(readFileSync(usage!, 'utf8')) as Usage
  const [seconds, size] = [cpuMs / 1000, peakBytes / 2 ** 20]
  const what = `${HOSTS} hosts, ${HOSTS * VARIABLES} variables, --limit one`
  return [
    checkRow(`${what}: CPU`, `${seconds.toFixed(2)} s`, `${MOST_S} s`, seconds <= MOST_S),
    checkRow(`${what}: memory`, `${size.toFixed(0)} MB`, `${MOST_MB} MB`, size <= MOST_MB),
  ]
}

const chained = async (folder: string, local: string[]): Promise<Row> => {
  const hosts = mappingOf(range(300).map(i => [`h${i}`, {}]))
  writeFileSync(`${folder}/many.json`, JSON.stringify({ all: { hosts } }))
  const planning = (name: string, isChain: boolean): { argv: string[] } => {
    const tasks = range(50).map(i =>
      showing(`task ${i}`, `{{ c${i * 4} }} {{ c${i * 4 + 3} }} on {{ inventory_hostname }}`),
    )
    writeFileSync(
      `${folder}/${name}.json`,
      JSON.stringify([{ hosts: 'all', gather_facts: false, vars: chainOf(isChain), tasks }]),
    )
    return { argv: runbook('plan', `${folder}/${name}.json`, '-i', `${folder}/many.json`, ...local) }
  }
  const times = await byTurns(planning('chain', true), planning('literal', false), 3)
  return ratioRow('200 variables of each other / as they stand, 300 hosts', times, MOST_OF_LITERAL)
}

/** What inventories and variables cost that are large, and hardly used. All hosts are names of this machine. */
export const inventories = async (): Promise<Row[]> => {
  const folder = mkdtempSync(`${tmpdir()}/bench-`)
  const local = ['-e', 'ansible_connection=local']
  try {
    return [...(await limited(folder, local)), await chained(folder, local)]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
