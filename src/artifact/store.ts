import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Refusal, refuse } from '../core/failure.ts'
import type { Absent, Archive } from './archive.ts'
import { claimedDigest } from './checksum.ts'
import {
  type Entry,
  fileOf,
  folderOf,
  isMissing,
  listEntries,
  namesOf,
  readEntry,
  sameStamp,
  stampOf,
  wholeEntry,
  writeIndex,
} from './entry.ts'
import { didYouMean } from './offer.ts'
import { digestsOf } from './survey.ts'
import { checkDigest, type Source, takeIn } from './take.ts'

export type { Absent, Archive, Member } from './archive.ts'

/** The controller's program archives, found by the names that upstream gives them. */
export type Store = { find(name: string): Promise<Archive | Absent> }

/** Where the cache of archives is for this user: `$XDG_CACHE_HOME/runbook/artifacts`, by default below `~/.cache`. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'runbook', 'artifacts')

const archiveOf = (entry: Entry, name: string): Archive => {
  const { size, sha256, sha512, members } = entry.index
  return { name, file: fileOf(entry), size, sha256, sha512, members }
}

const wholeAt = async (folder: string): Promise<Entry | undefined> => {
  const entry = await readEntry(folder)
  return entry && wholeEntry(entry)
}

/** The entry for a file outside, which is read only when it has not been seen in this state. */
const fromSource = async (cache: string, source: Source): Promise<Entry> => {
  const entry = await wholeAt(folderOf(cache, source.claimed))
  if (entry?.index.sha512 !== source.claimed) return takeIn(cache, source)
  const stamp = await stampOf(source.path)
  const known = entry.index.sources.find(other => other.path === source.path)
  if (stamp && known && sameStamp(stamp, known)) return entry
  checkDigest(source, (await digestsOf(source.path)).sha512)
  const others = entry.index.sources.filter(other => other.path !== source.path)
  const sources = stamp ? [...others, { path: source.path, ...stamp }] : others
  const wider = { ...entry, index: { ...entry.index, sources } }
  await writeIndex(wider)
  return wider
}

const filesIn = async (folder: string): Promise<string[] | undefined> => {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const refuseMissing = async (name: string, folder: string | undefined, cached: string[]): Promise<never> => {
  const there = folder === undefined ? [] : await filesIn(folder)
  const meant = didYouMean(name, [...(there ?? []), ...cached])
  const fix = (text: string): string => (meant === undefined ? text : `${text}; ${meant}`)
  if (folder === undefined) {
    return refuse('usage-file', `there is no archive ${name}`, {
      why: 'it is not in the cache, and no folder of archives was given',
      fix: fix(`give --artifacts DIR (or RUNBOOK_ARTIFACTS=DIR) with ${name} and ${name}.sha512 in it`),
    })
  }
  if (!there) {
    return refuse('usage-file', `there is no archive ${name}`, {
      why: `the folder of archives ${folder} does not exist, and it is not in the cache`,
      fix: fix('check --artifacts (or RUNBOOK_ARTIFACTS)'),
    })
  }
  return refuse('usage-file', `there is no archive ${name}`, {
    why: `it is neither in ${folder} nor in the cache`,
    fix: fix(`put ${name} and ${name}.sha512 there`),
  })
}

/** The cache alone is enough when it has the name: upstream never changes what is behind one. */
const fromCache = async (cache: string, folder: string | undefined, name: string): Promise<Entry> => {
  const entries = await listEntries(cache)
  const named = entries.filter(entry => namesOf(entry).includes(name))
  if (named.length === 0) return refuseMissing(name, folder, entries.flatMap(namesOf))
  const whole = (await Promise.all(named.map(wholeEntry))).filter(entry => entry !== undefined)
  if (whole.length === 1) return whole[0]!
  if (whole.length === 0) {
    return refuse('usage-file', `the cached ${name} is damaged`, {
      why: `${fileOf(named[0]!)} is no longer the file that was checked when it was taken into the cache`,
      fix: `give --artifacts DIR with ${name} and ${name}.sha512 in it: it is then taken in again`,
    })
  }
  return refuse('usage-file', `the cache has ${whole.length} different archives called ${name}`, {
    why: whole.map(entry => `${fileOf(entry)} (SHA-512 ${entry.index.sha512.slice(0, 16)}…)`).join('\n'),
    fix: "give --artifacts DIR with the right one, or remove the wrong one's folder",
  })
}

const locate = async (cache: string, folder: string | undefined, name: string): Promise<Archive> => {
  if (basename(name) !== name || name === '' || name.startsWith('.')) {
    return refuse('usage-file', `'${name}' is not the name of an archive`, {
      why: 'archives are looked for in one folder, by their file name alone',
      fix: `give the name without a folder, and the folder as --artifacts`,
    })
  }
  const path = folder === undefined ? undefined : join(folder, name)
  if (path === undefined || !(await stampOf(path))) return archiveOf(await fromCache(cache, folder, name), name)
  const claimed = await claimedDigest(path, name)
  return archiveOf(await fromSource(cache, { path, name, claimed }), name)
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error

/** What the user can do something about becomes data; anything else is a bug and goes on. */
const absence = (error: unknown, name: string): Absent => {
  if (error instanceof Refusal) {
    const { what, why, fix } = error.failures[0]!
    return { missing: why === undefined ? what : `${what}: ${why}`, fix: fix ?? '' }
  }
  if (isSystemError(error)) {
    return {
      missing: `${name} cannot be used: ${error.message}`,
      fix: 'check the folders, their permissions and space',
    }
  }
  throw error
}

/**
 * The store of archives: from `folder` (where given) by way of `cache`, both of them folders. What is asked for twice
 * is looked for once; an absent archive is looked for again. Nothing the user has done makes `find` reject.
 */
export const createStore = (options: { folder?: string; cache: string }): Store => {
  const cache = resolve(options.cache)
  const folder = options.folder === undefined ? undefined : resolve(options.folder)
  const known = new Map<string, Promise<Archive | Absent>>()
  const look = async (name: string): Promise<Archive | Absent> => {
    try {
      return await locate(cache, folder, name)
    } catch (error) {
      known.delete(name)
      return absence(error, name)
    }
  }
  const find = (name: string): Promise<Archive | Absent> => {
    const found = known.get(name) ?? look(name)
    known.set(name, found)
    return found
  }
  return { find }
}
