import type { Event } from '../core/event.ts'
import { hostList, PROGRESS_EVERY_MS, plural } from './wording.ts'

/** How far planning has come: which hosts have answered, in how many round trips. */
export type Planning = {
  add(event: Event): void
  /** In one line; undefined before it begins and once it is over. */
  text(): string | undefined
}

export const createPlanning = (): Planning => {
  const waited = new Set<string>()
  const lost = new Set<string>()
  const trips = new Map<string, number>()
  let isUnderWay = false
  const text = (): string => {
    const all = [...waited, ...lost, ...trips.keys()]
    const sum = [...trips.values()].reduce((total, count) => total + count, 0)
    const gone = lost.size === 0 ? '' : `, ${lost.size} lost`
    const open = waited.size === 0 || trips.size + lost.size === 0 ? '' : `; waiting for ${hostList([...waited], all)}`
    return `planning: ${trips.size} of ${plural(all.length, 'host')} have answered in ${plural(sum, 'round trip')}${gone}${open}`
  }
  return {
    add: event => {
      if (event.type === 'started') {
        isUnderWay = true
        for (const host of event.hosts) waited.add(host)
      } else if (event.type === 'answered') {
        waited.delete(event.host)
        trips.set(event.host, event.roundTrips)
      } else if (event.type === 'host-lost') {
        waited.delete(event.host)
        trips.delete(event.host)
        lost.add(event.host)
      } else if (event.type === 'planned' || event.type === 'summary') isUnderWay = false
    },
    text: () => (isUnderWay ? text() : undefined),
  }
}

/** Says now and then how far planning has come, also while nothing happens. One that is soon over says nothing. */
export const createPlanningLines = (say: (text: string) => void): ((event: Event) => void) => {
  const planning = createPlanning()
  let timer: NodeJS.Timeout | undefined
  return event => {
    planning.add(event)
    const text = planning.text()
    if (text === undefined) clearInterval(timer)
    else timer ??= setInterval(() => say(planning.text()!), PROGRESS_EVERY_MS).unref()
  }
}
