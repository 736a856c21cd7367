import type { NodeRef } from '../core/event.ts'
import type { LedgerEntry } from './ledger.ts'

/** A node's id without its host: the same for one task on every host. */
export const taskKey = ({ host, node }: LedgerEntry): string =>
  node.startsWith(`${host}/`) ? node.slice(host.length + 1) : node

/** One task on all hosts that have it. */
export type TaskOnHosts = { key: string; label: string; entries: LedgerEntry[] }

/** The task's name; for one item of a loop with the item's key. */
export const taskLabel = ({ node, task }: NodeRef): string => {
  const item = /\[(.*)\]$/.exec(node)?.[1]
  return item === undefined ? task : `${task} [${item}]`
}

/**
 * The tasks of a run in written order, each with its entries in inventory order. Each host has its own row of tasks; a
 * task that an earlier host does not have is put behind the one that it follows on its own host.
 */
export const tasksInOrder = (entries: LedgerEntry[]): TaskOnHosts[] => {
  const byKey = Map.groupBy(entries, taskKey)
  const order: string[] = []
  const placed = new Set<string>()
  let before: LedgerEntry | undefined
  for (const entry of entries) {
    const key = taskKey(entry)
    if (!placed.has(key)) {
      const behind = before?.host === entry.host ? order.indexOf(taskKey(before)) + 1 : 0
      order.splice(behind, 0, key)
      placed.add(key)
    }
    before = entry
  }
  return order.map(key => ({ key, label: taskLabel(byKey.get(key)![0]!), entries: byKey.get(key)! }))
}
