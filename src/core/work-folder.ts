import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, type Stats, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { refuse } from './failure.ts'
import { quote } from './quote.ts'

const ignoreFile = '.gitignore'
const folderName = '.runbook'

/** Where runbook keeps what belongs to a folder that it is called in: labs, run records, the plan key. */
export const workFolder = (base: string): string => join(base, folderName)

const why = 'runbook keeps run records and the key of saved plans there, and believes what it finds.'

/** Root, this user, and under sudo whoever called it: he has root's rights already. */
const isBelieved = (uid: number): boolean => {
  const own = process.geteuid?.()
  return own === undefined || uid === own || uid === 0 || (own === 0 && String(uid) === process.env.SUDO_UID)
}

/** Why what stands at a path is not our folder, and what to do; undefined where it is. */
const faultOf = (path: string, found: Stats): { what: string; fix: string } | undefined => {
  const here = quote(path)
  if (found.isSymbolicLink())
    return { what: `${path} is a link.`, fix: `Remove it: rm ${here}; or move to its place what it leads to.` }
  // What is a file there harms nobody: the system says that nothing can be made in it.
  if (!found.isDirectory()) return undefined
  if (!isBelieved(found.uid))
    return {
      what: `${path} belongs to another user (number ${found.uid}).`,
      fix: `Look at what is in it, then move it away: mv ${here} ${here}.old; or call runbook in a folder of your own.`,
    }
  if ((found.mode & 0o022) !== 0)
    return {
      what: `${path} may be written to by others: its mode is ${(found.mode & 0o7777).toString(8).padStart(4, '0')}.`,
      fix: `Look at what is in it, then close it: chmod go-w ${here}`,
    }
  return undefined
}

/** The folders from `.runbook` down to one that is in it, the outermost first. */
const fromWorkFolder = (folder: string): string[] => {
  const above = dirname(folder)
  return basename(folder) === folderName || above === folder ? [folder] : [...fromWorkFolder(above), folder]
}

/**
 * Refuses (`usage-file`) a folder in `.runbook`, or one on the way to it there, that is a link, of another user, or open to
 * others: who can write there would have foreign files pruned, or a run of his own making resumed.
 */
export const requireOwnFolder = (folder: string): void => {
  for (const path of fromWorkFolder(folder)) {
    const found = lstatSync(path, { throwIfNoEntry: false })
    const fault = found && faultOf(path, found)
    if (fault) refuse('usage-file', fault.what, { why, fix: fault.fix })
  }
}

/**
 * Makes the folder `path` inside `.runbook` below `base`, closed to others as each folder that is new there. A `.runbook`
 * without a `.gitignore` gets one that holds everything back: keys and what hosts printed belong into no repository.
 * Throws the system's error where it cannot be made, and refuses as `requireOwnFolder` does.
 */
export const makeWorkFolder = (base: string, path: string): string => {
  const folder = join(workFolder(base), path)
  requireOwnFolder(folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ignore = join(workFolder(base), ignoreFile)
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n', { flag: 'wx' })
  return folder
}

/** Removes `.runbook` below `base` where it holds nothing but its `.gitignore`. */
export const dropEmptyWorkFolder = (base: string): void => {
  try {
    if (readdirSync(workFolder(base)).some(name => name !== ignoreFile)) return
    rmSync(workFolder(base), { recursive: true })
  } catch {
    // It is not there, or belongs to somebody else.
  }
}
