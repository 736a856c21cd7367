import { constants } from 'node:fs'
import { copyFile, link, mkdir, mkdtemp, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { refuse } from '../core/failure.ts'
import {
  type CacheEntry,
  type CacheIndex,
  entryFolder,
  fileStateOf,
  INDEX_FILE,
  readEntry,
  sameFileState,
  verifiedEntry,
} from './entry.ts'
import { checkDigests, type ExpectedDigest } from './expected-digest.ts'
import { archiveMembers, fileDigests } from './inspect.ts'
import { isNotFound } from './not-found.ts'
import { PART_PREFIX } from './partial-download.ts'

/** A file outside of the cache that is to be imported, what its digest has to be, and where it was downloaded from. */
type ImportSource = { path: string; name: string; expected: ExpectedDigest[]; from?: string }

const FRESH = '.new-'
const ONE_DAY = 24 * 3600 * 1000

/** A hard link costs nothing; across file systems, or where links to others' files are forbidden, it is a copy. */
const linkOrCopy = async (from: string, to: string): Promise<void> => {
  const real = await realpath(from)
  await link(real, to).catch(() => copyFile(real, to, constants.COPYFILE_FICLONE))
}

/** What runs that were killed left behind. Those of the last day stay: a run may still use them, or continue them. */
const removeLeftovers = async (cache: string): Promise<void> => {
  const left = (await readdir(cache))
    .filter(name => name.startsWith(FRESH) || name.startsWith(PART_PREFIX))
    .map(name => join(cache, name))
  for (const folder of left) {
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > ONE_DAY) await rm(folder, { recursive: true, force: true })
  }
}

const createIndex = async (source: ImportSource, copy: string): Promise<CacheIndex> => {
  const before = await fileStateOf(source.path)
  await linkOrCopy(source.path, copy)
  const digests = await fileDigests(copy)
  checkDigests(source.name, source.from ?? source.path, source.expected, digests)
  const members = await archiveMembers(copy)
  const after = await fileStateOf(source.path)
  const stamp = await fileStateOf(copy)
  if (!before || !after || !stamp || !sameFileState(before, after)) {
    return refuse('usage-file', `${source.name} changed while it was read`, {
      why: `something is writing ${source.path}`,
      fix: 'wait until it is complete, then run again',
    })
  }
  const sources = source.from === undefined ? [{ path: source.path, ...before }] : []
  return { format: 1, name: source.name, size: stamp.size, ...digests, members, copy: stamp, sources }
}

/** Renames a finished folder into place. If another run was first, its entry is used, provided it is whole. */
const moveIntoPlace = async (fresh: string, entry: CacheEntry): Promise<CacheEntry> => {
  const isTaken = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOTEMPTY' || error.code === 'EEXIST'
  for (;;) {
    try {
      await rename(fresh, entry.folder)
      return entry
    } catch (error) {
      if (!isTaken(error as NodeJS.ErrnoException)) throw error
    }
    const other = await readEntry(entry.folder)
    const whole = other && (await verifiedEntry(other))
    if (whole) return whole
    // Renamed before it is removed: another run must never find it half removed.
    const replaced = `${fresh}-old`
    await rename(entry.folder, replaced).catch(error => isNotFound(error) || Promise.reject(error))
    await rm(replaced, { recursive: true, force: true })
  }
}

/**
 * Imports an archive into the cache: links or copies it, checks its digests and reads its members, all in a folder of
 * its own that is renamed into place at the end. Refuses (`usage-file`) an archive that is not good.
 */
export const importArchive = async (cache: string, source: ImportSource): Promise<CacheEntry> => {
  await mkdir(cache, { recursive: true })
  await removeLeftovers(cache)
  const fresh = await mkdtemp(join(cache, FRESH))
  try {
    const index = await createIndex(source, join(fresh, source.name))
    await writeFile(join(fresh, INDEX_FILE), `${JSON.stringify(index)}\n`)
    return await moveIntoPlace(fresh, { folder: entryFolder(cache, index.sha512), index })
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}
