import type { Difference, Event, EventBody } from '../core/event.ts'
import type { Failure } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import type { Redactor } from './redact.ts'

/**
 * Members that programs read and that hold nothing of what users give: a secret that happens to be the word `change` may
 * not make another event of it. What names a line holds no secret either: a loop item that does is named by its number.
 */
const fixed: ReadonlySet<string> = new Set(
  'type seq time status verdict command host hosts node needs hidden run resumes keyPrint asked asks playbook ms steps exit wallMs peakRssMb roundTrips module origin since follow edited undone done total size due notifies behind stream code connection user identity'.split(
    ' ',
  ),
)

const difference = (one: Difference, redact: Redactor): Difference =>
  ({ ...redact.value(one), kind: one.kind, ...(one.private ? { private: true } : {}) }) as Difference

const failure = (one: Failure, redact: Redactor): Failure => ({
  ...redact.value(one),
  reason: one.reason,
  ...(one.origin ? { origin: one.origin } : {}),
})

/** What each member of an event is made of, where that is more than data. */
const ways: Record<string, (part: never, redact: Redactor) => unknown> = {
  diff: (all: Difference[], redact) => all.map(one => difference(one, redact)),
  failure,
  failures: (all: Failure[], redact) => all.map(one => failure(one, redact)),
  steps: (steps: string[] | number, redact) => (typeof steps === 'number' ? steps : redact.value(steps)),
  waitsFor: part => part,
  waitedForBy: part => part,
  reads: (all: { use: string; after: string[]; open: string[] }[], redact) =>
    all.map(one => ({ ...redact.value(one), use: one.use, after: one.after, open: one.open })),
  traces: (all: { of: string; at: number }[], redact) =>
    all.map(one => ({ ...redact.value(one), of: one.of, at: one.at })),
}

/** An event without any secret that is known by now. */
export const redactEvent = (event: EventBody, redact: Redactor): EventBody =>
  Object.fromEntries(
    Object.entries(event).map(([name, part]) => {
      const way = ways[name]
      if (way) return [name, way(part as never, redact)]
      return [name, fixed.has(name) ? part : redact.value(part)]
    }),
  ) as EventBody

type Sides = Difference & { kind: 'text' }
const isPrivate = (one: Difference): one is Sides => one.kind === 'text' && one.private === true

/** An event without the content of files that others may not read; `why` says what becomes of it. */
export const withoutPrivate = (event: Event, why: string): Event =>
  'diff' in event && isRecord(event) && event.diff.some(isPrivate)
    ? {
        ...event,
        diff: event.diff.map(one =>
          isPrivate(one) ? { kind: 'hidden', subject: one.subject, why, private: true } : one,
        ),
      }
    : event
