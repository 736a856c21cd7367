import { isUtf8 } from 'node:buffer'
import { join } from 'node:path'
import { FileFault, readBeginning, readControllerFile } from '../core/controller-file.ts'
import type { Event } from '../core/event.ts'
import { isEvent, isLaterEvent } from '../core/event-schema.ts'
import { refuse } from '../core/failure.ts'
import { readingRuns, recordEnding, runIds } from './journal.ts'

// What runs have left in their journals, read again: each line is held against the form of its event.

/** A run as it was remembered. Without a summary it has not ended by itself. */
export type Run = { id: string; events: Event[]; summary?: Event & { type: 'summary' } }

/** A record of thousands of hosts, and an event with all that a command has printed, are not longer. */
const MOST_OF_RECORD = 400 * 1024 * 1024
const LONGEST_LINE = 32 * 1024 * 1024
/** What a run says first is mostly not longer. */
const FIRST_BYTES = 64 * 1024

const NEWLINE = 0x0a

/** Refuses a record of which a line is no event. What stands there is not shown: nobody knows where it comes from. */
const refuseDamaged = (file: string, line: number, why: string): never =>
  refuse('usage-file', `The journal ${file} is damaged.`, {
    why: `Line ${line} ${why}.`,
    fix: `Remove ${file}: hosts are as they are, and apply goes on from there.`,
    origin: { file, line, column: 1, unquoted: true },
  })

/** The event of a line. Of a kind that a later version has added nothing is known. */
const eventOf = (bytes: Buffer, file: string, line: number): Event[] => {
  if (bytes.length > LONGEST_LINE) return refuseDamaged(file, line, `has more than ${LONGEST_LINE / 1024 / 1024} MB`)
  if (!isUtf8(bytes)) return refuseDamaged(file, line, 'is no UTF-8')
  const text = bytes.toString()
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    return refuseDamaged(file, line, `is no JSON: "${text.slice(0, 60)}"`)
  }
  if (isEvent(tree)) return [tree]
  return isLaterEvent(tree) ? [] : refuseDamaged(file, line, `is no event: "${text.slice(0, 60)}"`)
}

/** The events of whole lines. A run that was killed while it wrote has half a line at its end. */
const eventsIn = (bytes: Buffer, file: string): Event[] => {
  const events: Event[] = []
  let from = 0
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(NEWLINE, from)
    if (end < 0) return events
    if (end > from) events.push(...eventOf(bytes.subarray(from, end), file, line))
    from = end + 1
  }
}

/**
 * The first event of a run, without reading the others; undefined where it has said nothing, or is there no more.
 *
 * @throws Refusal `usage-file` where what it has said first is damaged, or cannot be read.
 */
export const startOfRun = (folder: string, id: string): Event | undefined => {
  const file = join(folder, id + recordEnding)
  return readingRuns(file, () => {
    for (let bytes = FIRST_BYTES; ; bytes = LONGEST_LINE + 1) {
      const beginning = beginningOf(file, bytes)
      const end = beginning.indexOf(NEWLINE)
      if (end >= 0 || beginning.length > LONGEST_LINE)
        return eventOf(beginning.subarray(0, end < 0 ? beginning.length : end), file, 1)[0]
      if (beginning.length < bytes) return undefined
    }
  })
}

const beginningOf = (file: string, bytes: number): Buffer => {
  try {
    return readBeginning(file, bytes)
  } catch (error) {
    if (error instanceof FileFault && error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** One run by its id, or by as much of it as no other has. */
export const readRun = (folder: string, name: string): Run => {
  const ids = runIds(folder)
  const found = ids.includes(name) ? [name] : ids.filter(id => id.startsWith(name) || id.endsWith(name))
  if (found.length !== 1)
    return refuse('usage-option', found.length === 0 ? `There is no run "${name}".` : `"${name}" is several runs.`, {
      why: found.length === 0 ? `Runs are remembered in ${folder}.` : found.slice(0, 5).join(', '),
      fix: '`runbook runs` lists them.',
    })
  const [id] = found as [string]
  const file = join(folder, id + recordEnding)
  const events = eventsIn(
    readingRuns(file, () => readControllerFile(file, MOST_OF_RECORD)),
    file,
  )
  const last = events.at(-1)
  return { id, events, ...(last?.type === 'summary' ? { summary: last } : {}) }
}
