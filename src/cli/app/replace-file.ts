import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { refuse } from '../../core/failure.ts'

/**
 * Puts a file in place of what is there: as a whole or not at all, readable for its user alone from the first byte on. `like`:
 * the file that it takes the place of, whose owner and mode it gets when it is whole.
 *
 * @throws Refusal `usage-file` where it cannot be written; what was there is there still.
 */
export const replaceFile = (path: string, bytes: Buffer, like?: Stats): void => {
  const fresh = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(fresh, bytes, { mode: 0o600, flag: 'wx', flush: true })
    if (like) {
      if (like.uid !== process.geteuid?.() || like.gid !== process.getegid?.()) chownSync(fresh, like.uid, like.gid)
      chmodSync(fresh, like.mode & 0o7777)
    }
    renameSync(fresh, path)
  } catch (error) {
    rmSync(fresh, { force: true })
    refuse('usage-file', `${path} could not be written: ${(error as NodeJS.ErrnoException).code}.`, {
      why: 'Nothing was changed: what stood there stands there still.',
      fix: `Look at who may write into ${dirname(path)}, and whether its disk is full.`,
    })
  }
}
