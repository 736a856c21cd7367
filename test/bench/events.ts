import type { Event } from '../../src/core/event.ts'
import { must, type Ran } from './timing.ts'

type Summary = Extract<Event, { type: 'summary' }>
export type Result = Extract<Event, { type: 'result' }>

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

export const resultsOf = ({ events }: Told): Result[] => events.filter(event => event.type === 'result')

/** The most round trips any host took. */
export const trips = ({ summary }: Told): number =>
  Math.max(...Object.values(summary.hosts).map(host => host.roundTrips))
export const steps = ({ summary }: Told): number =>
  Object.values(summary.hosts).reduce((sum, host) => sum + host.steps, 0)
