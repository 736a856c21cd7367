import { randomBytes } from 'node:crypto'
import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../core/event.ts'
import { Refusal, refuse } from '../core/failure.ts'
import { makeWorkFolder, requireOwnFolder, workFolder } from '../core/work-folder.ts'

// A run is remembered as its events, one per line, in a file that is only ever added to: whatever ends the run, what
// was told by then is kept. Events come here without the secrets that are known, and without what others may not read.

/** So many runs are remembered; older ones go when a new one begins. */
const most = 200
const ending = '.ndjson'

/** Where runs are remembered: beside the labs, below the folder that runbook is called in. */
export const journalFolder = (base: string): string => join(workFolder(base), 'runs')

/** Where a run is remembered as it goes. `write` throws the system's error where nothing can be kept any more. */
export type Journal = { id: string; write(line: string): void; close(): void }
/** A run as it was remembered. Without a summary it has not ended by itself. */
export type Run = { id: string; events: Event[]; summary?: Event & { type: 'summary' } }

/** How the ids of runs begin that begin at this time (UTC, with milliseconds): ids and these sort by time. */
export const runIdAt = (time: Date): string =>
  time.toISOString().slice(0, 23).replaceAll(/[-:]/g, '').replaceAll(/[T.]/g, '-')

/** `20261122-203000-512c`: two runs of one moment differ. */
const newId = (time: Date): string => `${runIdAt(time)}${randomBytes(1).toString('hex')[0]}`

const idShape = /^\d{8}-\d{6}-[0-9a-f]{4}$/

/** Reads what the system may refuse to. */
const reading = <T>(path: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal) throw error
    return refuse('usage-file', `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}.`, {
      why: 'Runs are remembered there.',
    })
  }
}

/** The ids of all runs that are remembered, the newest first. Throws a Refusal (`usage-file`) where they cannot be read. */
export const runIds = (folder: string): string[] =>
  reading(folder, () => namesIn(folder))
    .filter(name => name.endsWith(ending))
    .map(name => name.slice(0, -ending.length))
    .sort()
    .toReversed()

const namesIn = (folder: string): string[] => {
  requireOwnFolder(folder)
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Begins to remember a run in `journalFolder(base)`. Only its user may read it. */
export const openJournal = (base: string, time: Date): Journal => {
  const folder = makeWorkFolder(base, 'runs')
  // Nothing but what is a run record by its name: a file of somebody's own stays.
  const records = runIds(folder).filter(id => idShape.test(id))
  for (const old of records.slice(most - 1)) rmSync(join(folder, old + ending), { force: true })
  const id = newId(time)
  const file = openSync(join(folder, id + ending), 'ax', 0o600)
  return { id, write: line => appendFileSync(file, line), close: () => closeSync(file) }
}

const eventOf = (line: string, isLast: boolean, file: string): Event[] => {
  try {
    return [JSON.parse(line)]
  } catch {
    // A run that was killed while it wrote has half a line at its end.
    if (isLast) return []
    return refuse('usage-file', `The journal ${file} is damaged.`, {
      why: `It has a line "${line.slice(0, 60)}".`,
      fix: `Remove ${file}: hosts are as they are, and apply goes on from there.`,
    })
  }
}

/** When a run was written to last, as `runIdAt` has it; empty where it is there no more. */
export const lastWritten = (folder: string, id: string): string => {
  const found = statSync(join(folder, id + ending), { throwIfNoEntry: false })
  return found ? runIdAt(found.mtime) : ''
}

/** The first event of a run, without reading the others; undefined where it has none that can be read. */
export const startOfRun = (folder: string, id: string): Event | undefined => {
  try {
    const text = readFileSync(join(folder, id + ending), 'utf8')
    return JSON.parse(text.slice(0, text.indexOf('\n')))
  } catch {
    return undefined
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
  const file = join(folder, id + ending)
  const lines = reading(file, () => readFileSync(file, 'utf8')).split('\n')
  const events = lines.flatMap((line, i) => (line === '' ? [] : eventOf(line, i === lines.length - 1, file)))
  const last = events.at(-1)
  return { id, events, ...(last?.type === 'summary' ? { summary: last } : {}) }
}
