import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Which of two places that set a variable wins: what Ansible itself says, for every pair of them. To make the list again:
// RUNBOOK_GOLDEN_PYTHON=PYTHON npm run golden:levels

/** The places, in no particular order. */
export const places = [
  'role_defaults',
  'inventory_all',
  'group_vars_all',
  'inventory_group',
  'group_vars_group',
  'inventory_host',
  'host_vars_host',
  'play_vars',
  'vars_prompt',
  'vars_files',
  'role_vars',
  'role_given',
  'block_vars',
  'task_vars',
  'role_params',
  'extra',
] as const
type Place = (typeof places)[number]

const nameOf = (one: Place, other: Place): string => `v_${one}__${other}`
export const pairs: [Place, Place][] = places.flatMap((one, at) =>
  places.slice(at + 1).map((other): [Place, Place] => [one, other]),
)

/** The variables that a place sets: of each pair that it is in. */
const varsAt = (place: Place): Record<string, string> =>
  Object.fromEntries(pairs.filter(pair => pair.includes(place)).map(([one, other]) => [nameOf(one, other), place]))

/** A playbook, its inventory and all that they read, in which each pair sets one variable. */
export const files = (): Record<string, string> => {
  const text = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`
  const inventory = {
    all: {
      vars: { ...varsAt('inventory_all'), ansible_connection: 'local' },
      children: { web: { vars: varsAt('inventory_group'), hosts: { host1: varsAt('inventory_host') } } },
    },
  }
  const prompts = Object.entries(varsAt('vars_prompt')).map(([name, value]) => ({
    name,
    prompt: name,
    private: false,
    default: value,
  }))
  const play = {
    hosts: 'web',
    gather_facts: false,
    vars: varsAt('play_vars'),
    vars_prompt: prompts,
    vars_files: ['more.json'],
    roles: [{ role: 'r', vars: varsAt('role_given'), ...varsAt('role_params') }],
  }
  const told = pairs.map(([one, other]) => `${one} ${other} {{ ${nameOf(one, other)} }};`).join('')
  const show = { name: 'show', debug: { msg: told }, vars: varsAt('task_vars') }
  return {
    'site.yml': text([play]),
    'inventory.yml': text(inventory),
    'group_vars/all.json': text(varsAt('group_vars_all')),
    'group_vars/web.json': text(varsAt('group_vars_group')),
    'host_vars/host1.json': text(varsAt('host_vars_host')),
    'more.json': text(varsAt('vars_files')),
    'extra.json': text(varsAt('extra')),
    'roles/r/defaults/main.json': text(varsAt('role_defaults')),
    'roles/r/vars/main.json': text(varsAt('role_vars')),
    'roles/r/tasks/main.json': text([{ vars: varsAt('block_vars'), block: [show] }]),
  }
}

export const goldenFile = fileURLToPath(new URL('levels.json', import.meta.url))

/** Asks Ansible, and writes down the winner of each pair. */
const write = (python: string): void => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-levels-'))
  try {
    for (const [path, text] of Object.entries(files())) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const { stdout, stderr, status } = spawnSync(
      join(dirname(python), 'ansible-playbook'),
      ['-i', 'inventory.yml', 'site.yml', '-e', '@extra.json'],
      { cwd: folder, encoding: 'utf8', input: '' },
    )
    if (status !== 0) throw new Error(stdout + stderr)
    const winners = [...stdout.matchAll(/(\w+) (\w+) (\w+);/g)].map(([, one, other, winner]) => [one, other, winner])
    if (winners.length !== pairs.length) throw new Error(stdout)
    writeFileSync(goldenFile, `[\n${winners.map(one => `  ${JSON.stringify(one)}`).join(',\n')}\n]\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const python = process.env.RUNBOOK_GOLDEN_PYTHON
  if (!python) throw new Error('RUNBOOK_GOLDEN_PYTHON has to name a Python that has Ansible.')
  write(python)
}
