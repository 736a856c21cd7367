import type { Event } from './event.ts'

/** Whether a result says nothing of what the steps of its line have done: then it is as if there were none. */
const isGoodEnd = ({ status }: Event & { type: 'result' }): boolean => status !== 'failed' && status !== 'unverified'

/** The lines that a run has begun or sent to a host, by its events, and that did not come to a good end. */
export const unfinishedLines = (events: Event[]): Set<string> => {
  const begun = new Set<string>()
  for (const event of events) {
    if (event.type === 'running') for (const node of [event.node, ...(event.behind ?? [])]) begun.add(node)
    if (event.type === 'result' && isGoodEnd(event)) begun.delete(event.node)
  }
  return begun
}
