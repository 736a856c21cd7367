import { attempt, Refusal, type Result, refuse } from '../core/failure.ts'
import { kindOfPath, readText } from './files.ts'
import { type Inventory, loadInventory } from './inventory.ts'
import type { Located } from './located.ts'
import { type Playbook, parsePlaybook } from './playbook.ts'
import { parseExtra } from './variables.ts'

/** Everything a run is made of, read and parsed. */
export type Loaded = { playbook: Playbook; inventory: Inventory; extra: Record<string, Located> }

const loadPlaybook = (file: string): Playbook => {
  if (kindOfPath(file) === 'folder') refuse('usage-file', `${file} is a folder, a playbook is wanted.`)
  const text = readText(file, 'playbook', 'usage-file')
  if (text.trim() === '') refuse('usage-file', `The playbook ${file} is empty.`)
  return parsePlaybook(text, file)
}

/** Reads the playbook, every inventory and the extra variables. The failures of all three come together. */
export const load = (input: { playbook: string; inventories: string[]; extra: string[] }): Result<Loaded> => {
  const playbook = attempt(() => loadPlaybook(input.playbook))
  const inventory = attempt(() => loadInventory(input.inventories))
  const extra = attempt(() => parseExtra(input.extra))
  return attempt(() => {
    const failures = [playbook, inventory, extra].flatMap(result => result.failures ?? [])
    if (failures.length > 0) throw new Refusal(...failures)
    return { playbook: playbook.value!, inventory: inventory.value!, extra: extra.value! }
  })
}
