import type { LedgerEntry } from './ledger.ts'
import { taskLabel } from './order.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'
import { rowLines } from './wording.ts'

/** Up to so many tasks are named for each host. */
const MOST_TASKS = 5

const taskList = (word: string, entries: LedgerEntry[]): string[] => {
  const names = entries.slice(0, MOST_TASKS).map(entry => oneLine(taskLabel(entry)))
  const more = entries.length > MOST_TASKS ? ` and ${entries.length - MOST_TASKS} more` : ''
  return entries.length === 0 ? [] : [`${word}: ${names.join(', ')}${more}`]
}

/**
 * Where a run was cut off on a host: the tasks that were under way there, and those that had not begun. Of a host that was
 * lost before it was planned everything is lost; that is told with its cause.
 */
export const cutLines = (all: LedgerEntry[], hosts: string[], paint: Paint): string[] => {
  const byHost = Map.groupBy(all, entry => entry.host)
  const rows = [...byHost].flatMap(([host, entries]): [string, string][] => {
    const wasAtWork = entries.some(({ status }) => status === 'unverified' || status === 'changed')
    const isCut = (entry: LedgerEntry): boolean => entry.status === 'skipped' && entry.needs === host && wasAtWork
    const texts = [
      ...taskList(
        'not known',
        entries.filter(({ status }) => status === 'unverified'),
      ),
      ...taskList(
        'not begun',
        entries.filter(entry => entry.unbegun || isCut(entry)),
      ),
    ]
    return texts.map(text => [host, text])
  })
  return rows.length === 0 ? [] : [...rowLines(rows, hosts, paint), '']
}
