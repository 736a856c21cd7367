import type { Difference, EventBody, Status } from '../core/event.ts'
import { hiddenWords } from '../core/hidden.ts'

/** Why it was left out, or what is not known of it, says nothing of what the line is made of. */
const isOfTheRun = (status: Status): boolean => status === 'skipped' || status === 'unverified' || status === 'refused'

/** An event of a line that may not be told, with what became of it and nothing of what it is made of. */
export const censored = (event: EventBody): EventBody => {
  if (!('hidden' in event) || event.hidden === undefined) return event
  const words = hiddenWords[event.hidden]
  const diff = (all: Difference[]): Difference[] =>
    all.length === 0 ? [] : [{ kind: 'hidden', subject: event.task, why: words.slice(1, -1).replace(/^hidden:? /, '') }]
  // A failure is made with that in mind where it comes from: some say how to mend what was refused.
  if (event.type === 'planned')
    return {
      ...event,
      ...(event.why === undefined || event.verdict === 'skipped' ? {} : { why: event.failure?.what ?? words }),
      steps: event.steps.map(() => words),
      diff: diff(event.diff),
    }
  if (event.type === 'result')
    return {
      ...event,
      ...(event.why === undefined || isOfTheRun(event.status) ? {} : { why: event.failure?.what ?? words }),
      diff: diff(event.diff),
    }
  if (event.type === 'progress') return { ...event, what: words }
  if (event.type === 'message') return { ...event, text: words }
  if (event.type === 'drifted') return { ...event, why: words, diff: diff(event.diff), traces: [] }
  return event
}
