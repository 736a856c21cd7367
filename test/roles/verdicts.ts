import type { Event, PlanVerdict, Status } from '../../src/core/event.ts'

/** How a plan and the run behind it compare. `wrong`: each decided line that came otherwise, in words. */
export type Kept = { lines: number; decided: number; changes: number; skipped: number; wrong: string[] }

const MEANS: Record<Exclude<PlanVerdict, 'undecided'>, Status[]> = {
  ok: ['ok'],
  change: ['changed'],
  skipped: ['skipped'],
  standby: ['skipped'],
  fail: ['failed', 'ignored', 'rescued', 'skipped'],
}

/**
 * The lines of the plan of an apply beside what became of them. A line that is skipped by its condition counts in no share; one
 * that a failure before it kept from running is no broken promise.
 */
export const keptIn = (events: Event[]): Kept => {
  const results = new Map(events.flatMap(event => (event.type === 'result' ? [[event.node, event] as const] : [])))
  // What an include brings is planned when it is read: the last word before it began counts.
  const planned = new Map(events.flatMap(event => (event.type === 'planned' ? [[event.node, event] as const] : [])))
  const kept: Kept = { lines: 0, decided: 0, changes: 0, skipped: 0, wrong: [] }
  for (const [node, { verdict, why }] of planned) {
    const result = results.get(node)
    if (verdict === 'skipped' || verdict === 'standby') kept.skipped++
    else {
      kept.lines++
      if (verdict !== 'undecided') kept.decided++
      if (verdict === 'change') kept.changes++
    }
    if (verdict === 'undecided' || result === undefined || result.needs !== undefined || result.unbegun) continue
    if (!MEANS[verdict].includes(result.status))
      kept.wrong.push(
        `${node}: ${verdict} (${why ?? ''}) and then ${result.status} (${result.why ?? result.failure?.what ?? ''})`,
      )
  }
  return kept
}
