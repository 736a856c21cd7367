import type { Event } from './event.ts'

/** The lines that a run has begun, by its events, and that did not come to a good end. */
export const unfinishedLines = (events: Event[]): Set<string> => {
  const begun = new Set<string>()
  for (const event of events) {
    if (event.type === 'running') begun.add(event.node)
    if (event.type === 'result' && event.status !== 'failed') begun.delete(event.node)
  }
  return begun
}
