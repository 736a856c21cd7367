import type { Event } from '../core/event.ts'
import { isRecord } from '../core/value.ts'
import { mapText } from './map-text.ts'
import { printable } from './printable.ts'

/** Members that may have several lines: who prints them puts something in front of each. */
const ofLines: ReadonlySet<string> = new Set(['why', 'fix', 'text', 'before', 'after', 'is'])

const inLine = (text: string): string => printable(text).replaceAll('\n', '\\n')

const shown = (name: string, part: unknown): unknown => {
  if (ofLines.has(name)) return mapText(part, printable)
  if (typeof part === 'string') return inLine(part)
  if (Array.isArray(part)) return part.map(one => shown(name, one))
  if (!isRecord(part)) return part
  return Object.fromEntries(Object.entries(part).map(([key, member]) => [inLine(key), shown(key, member)]))
}

/**
 * An event for people to read: nothing in it moves a cursor or is not seen, and what is a name stays in its line. A host or
 * a file that is called like one of our lines would otherwise write one.
 */
export const shownEvent = (event: Event): Event => shown('', event) as Event
