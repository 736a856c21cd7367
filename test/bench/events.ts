import type { Event } from '../../src/core/event.ts'
import { must, type Ran } from './timing.ts'

type Summary = Extract<Event, { type: 'summary' }>
type Result = Extract<Event, { type: 'result' }>

/** What a run with `--format json` said. */
export type Told = { events: Event[]; summary: Summary; ran: Ran }

export const tell = async (argv: string[]): Promise<Told> => {
  const ran = await must({ argv: [...argv, '--format', 'json'], keep: true })
  const events = ran.stdout
    .trim()
    .split('\n')
    .map((line): Event => JSON.parse(line))
  return { events, summary: events.at(-1) as Summary, ran }
}

/** The most round trips any host took. */
export const trips = ({ summary }: Told): number =>
  Math.max(...Object.values(summary.hosts).map(host => host.roundTrips))
export const steps = ({ summary }: Told): number =>
  Object.values(summary.hosts).reduce((sum, host) => sum + host.steps, 0)

/**
 * What the run's end had to wait for, backwards from its last result: each time the task, on whatever host, that ended
 * last before the later one began. Tasks that travelled in one frame began together; of them only the last is named.
 */
export const longestChain = ({ events }: Told): string[] => {
  const began = events[0]!.time
  const results = events.filter((event): event is Result & Event => event.type === 'result' && event.ms > 0)
  const chain: string[] = []
  for (let until = Number.POSITIVE_INFINITY; ; ) {
    const last = results.filter(({ time }) => time <= until).reduce((a, b) => (b.time > a.time ? b : a), results[0]!)
    if (last === undefined || last.time > until) break
    chain.unshift(`${((last.time - last.ms - began) / 1000).toFixed(1)}+${(last.ms / 1000).toFixed(1)} s ${last.node}`)
    until = Math.min(last.time - last.ms, until - 1)
  }
  return chain
}
