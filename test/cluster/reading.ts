import type { Event } from '../../src/core/event.ts'
import type { Told } from './rig.ts'

// What tests want to know of a run's events.

export type Planned = Extract<Event, { type: 'planned' }>
export type Result = Extract<Event, { type: 'result' }>

export const plannedOf = ({ events }: Told): Planned[] => events.filter(event => event.type === 'planned')
export const resultsOf = ({ events }: Told): Result[] => events.filter(event => event.type === 'result')

/** One number of each host's counts. */
export const counts = ({ summary }: Told, of: 'roundTrips' | 'steps' | 'changed'): Record<string, number> =>
  Object.fromEntries(Object.entries(summary.hosts).map(([host, counted]) => [host, counted[of]]))

/** The ids of the nodes that a plan wants to touch or cannot tell of. */
export const pending = (told: Told): string[] =>
  plannedOf(told)
    .filter(({ verdict }) => verdict !== 'ok' && verdict !== 'skipped')
    .map(({ node, verdict }) => `${node} ${verdict}`)

/** What a decided verdict promised and its result did not keep. A wait that came true meanwhile is none. */
export const broken = (told: Told): string[] => {
  const results = new Map(resultsOf(told).map(result => [result.node, result.status]))
  const kept = { ok: ['ok'], skipped: ['skipped'], standby: ['skipped'], fail: ['failed', 'rescued'] }
  return plannedOf(told).flatMap(({ node, verdict, waits }) => {
    if (verdict === 'undecided') return []
    const good = verdict === 'change' ? (waits ? ['ok', 'changed'] : ['changed']) : kept[verdict]
    const status = results.get(node) ?? 'never told'
    return good.includes(status) ? [] : [`${node}: planned ${verdict}, was ${status}`]
  })
}

/** All failures of a run in words, for the message of an assertion. */
export const failures = (told: Told): string[] => [
  ...told.summary.failures.map(({ what, why = '' }) => `${what} ${why}`.trim()),
  ...resultsOf(told).flatMap(({ node, failure }) => (failure ? [`${node}: ${failure.what} ${failure.why ?? ''}`] : [])),
]
