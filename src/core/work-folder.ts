import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ignoreFile = '.gitignore'

/** Where runbook keeps what belongs to a folder that it is called in: labs, run records, the plan key. */
export const workFolder = (base: string): string => join(base, '.runbook')

/**
 * Makes the folder `path` inside `.runbook` below `base`; `mode` is for each folder that is new. A `.runbook`
 * without a `.gitignore` gets one that holds everything back: keys and what hosts printed belong into no repository.
 * Throws the system's error where it cannot be made.
 */
export const makeWorkFolder = (base: string, path: string, mode = 0o777): string => {
  const folder = join(workFolder(base), path)
  mkdirSync(folder, { recursive: true, mode })
  const ignore = join(workFolder(base), ignoreFile)
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n')
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
