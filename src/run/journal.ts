import { randomBytes } from 'node:crypto'
import { appendFileSync, closeSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FileFault } from '../core/controller-file.ts'
import { Refusal, refuse } from '../core/failure.ts'
import { makeWorkFolder, requireOwnFolder, workFolder } from '../core/work-folder.ts'

// A run is remembered as its events, one per line, in a file that is only ever added to: whatever ends the run, what
// was told by then is kept. Events come here without the secrets that are known, and without what others may not read.

/** So many runs are remembered; older ones go when a new one begins. */
const most = 200
/** How the files of runs end. */
export const recordEnding = '.ndjson'

/** Where runs are remembered: beside the labs, below the folder that runbook is called in. */
export const journalFolder = (base: string): string => join(workFolder(base), 'runs')

/** Where a run is remembered as it goes. `write` throws the system's error where nothing can be kept any more. */
export type Journal = { id: string; write(line: string): void; close(): void }

/** How the ids of runs begin that begin at this time (UTC, with milliseconds): ids and these sort by time. */
export const runIdAt = (time: Date): string =>
  time.toISOString().slice(0, 23).replaceAll(/[-:]/g, '').replaceAll(/[T.]/g, '-')

/** `20261122-203000-512c`: two runs of one moment differ. */
const newId = (time: Date): string => `${runIdAt(time)}${randomBytes(1).toString('hex')[0]}`

const idShape = /^\d{8}-\d{6}-[0-9a-f]{4}$/

/** Reads what the system may refuse to. */
export const readingRuns = <T>(path: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal) throw error
    const told =
      error instanceof FileFault ? error.told : `cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`
    return refuse('usage-file', `${path} ${told}.`, {
      why: 'Runs are remembered there.',
    })
  }
}

/** The ids of all runs that are remembered, the newest first. Throws a Refusal (`usage-file`) where they cannot be read. */
export const runIds = (folder: string): string[] =>
  readingRuns(folder, () => namesIn(folder))
    .filter(name => name.endsWith(recordEnding))
    .map(name => name.slice(0, -recordEnding.length))
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
  for (const old of records.slice(most - 1)) rmSync(join(folder, old + recordEnding), { force: true })
  const id = newId(time)
  const file = openSync(join(folder, id + recordEnding), 'ax', 0o600)
  return { id, write: line => appendFileSync(file, line), close: () => closeSync(file) }
}

/** When a run was written to last, as `runIdAt` has it; empty where it is there no more. */
export const lastWritten = (folder: string, id: string): string => {
  const found = statSync(join(folder, id + recordEnding), { throwIfNoEntry: false })
  return found ? runIdAt(found.mtime) : ''
}
