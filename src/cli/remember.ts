import type { Event, Asked as Remembered } from '../core/event.ts'
import { parseExtra } from '../load/variables.ts'
import { type Journal, journalFolder, openJournal } from '../run/journal.ts'
import { isFile } from './extra.ts'
import type { Asked } from './prepare.ts'

/** A run that another one goes on with: its id and what it had said. */
export type Resumed = { id: string; events: Event[] }

const warn = (what: string, error: unknown): void =>
  void process.stderr.write(`warning: this run is ${what}: ${(error as Error).message}\n`)

/** The same journal up to the first line that cannot be written: behind half a line none would be read back. */
const lenient = ({ id, write, close }: Journal): Journal => {
  let isWhole = true
  return {
    id,
    write: line => {
      if (!isWhole) return
      try {
        write(line)
      } catch (error) {
        isWhole = false
        warn('remembered no further', error)
      }
    },
    close,
  }
}

/** Begins the journal of a run in this folder. Where none can be kept the run is none the worse for it. */
export const remember = (): Journal | undefined => {
  try {
    return lenient(openJournal(journalFolder(process.cwd()), new Date()))
  } catch (error) {
    warn('not remembered', error)
    return undefined
  }
}

/** The command line in a form that may be kept: a variable given by hand may be a secret, so only its name is. */
export const askedFor = (
  playbook: string,
  { inventory, limit, tags, extraVars, artifacts, lock }: Asked,
): Remembered => ({
  playbook,
  inventory,
  ...(limit === undefined ? {} : { limit }),
  tags,
  variableFiles: extraVars.filter(isFile),
  variableNames: Object.keys(parseExtra(extraVars.filter(option => !isFile(option)))),
  ...(artifacts === undefined ? {} : { artifacts }),
  ...(lock === undefined ? {} : { lock }),
})
