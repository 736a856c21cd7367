import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { FileFault } from '../core/controller-file.ts'
import { Refusal, refuse } from '../core/failure.ts'
import { isUsableAddress } from './address.ts'
import type { AbsentArchive, Archive, WantedArchive } from './archive.ts'
import { findByDigest, findCached } from './cache-lookup.ts'
import {
  archiveFile,
  archiveNames,
  type CacheEntry,
  fileStateOf,
  listEntries,
  sameFileState,
  writeIndex,
} from './entry.ts'
import { checkDigests, digestBeside, digestsKnownBefore, type ExpectedDigest } from './expected-digest.ts'
import { importArchive } from './import.ts'
import { fileDigests } from './inspect.ts'
import type { ArtifactLock } from './lock.ts'
import { isNotFound } from './not-found.ts'
import { suggestArchives } from './suggest.ts'
import type { Network } from './upstream.ts'

export type { AbsentArchive, Archive, WantedArchive } from './archive.ts'

/** The controller's program archives, found by the names that upstream gives them. */
export type ArchiveStore = { find(wanted: WantedArchive): Promise<Archive | AbsentArchive> }

/** Where archives come from, in this order: a folder of the user's, the cache, and the addresses of what is wanted. */
type ArchiveSources = { folder?: string; cache: string; lock: ArtifactLock; network: Network }

/** Where the cache of archives is for this user: `$XDG_CACHE_HOME/runbook/artifacts`, by default below `~/.cache`. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'runbook', 'artifacts')

const archiveOf = (entry: CacheEntry, name: string): Archive => {
  const { size, sha256, sha512, members } = entry.index
  return { name, file: archiveFile(entry), size, sha256, sha512, members }
}

/** The entry for a file outside, which is read only when it has not been seen in this state. */
const fromFolder = async (
  cache: string,
  path: string,
  name: string,
  expected: ExpectedDigest[],
): Promise<CacheEntry> => {
  const entry = await findByDigest(cache, expected)
  if (!entry) return importArchive(cache, { path, name, expected })
  const stamp = await fileStateOf(path)
  const known = entry.index.sources.find(other => other.path === path)
  if (stamp && known && sameFileState(stamp, known)) return entry
  checkDigests(name, path, expected, await fileDigests(path))
  const others = entry.index.sources.filter(other => other.path !== path)
  const sources = stamp ? [...others, { path, ...stamp }] : others
  const updated = { ...entry, index: { ...entry.index, sources } }
  await writeIndex(updated)
  return updated
}

const filesIn = async (folder: string): Promise<string[] | undefined> => {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Names that may have been meant, of what is in the folder and in the cache. */
const hintFor = async ({ folder, cache }: ArchiveSources, name: string): Promise<string | undefined> => {
  const there = folder === undefined ? [] : ((await filesIn(folder)) ?? [])
  return suggestArchives(name, [...there, ...(await listEntries(cache)).flatMap(archiveNames)])
}

const refuseMissing = async (
  sources: ArchiveSources,
  { name }: WantedArchive,
  why: string | undefined,
): Promise<never> => {
  const { folder } = sources
  const hint = await hintFor(sources, name)
  const fix = (text: string): string => (hint === undefined ? text : `${text}; ${hint}`)
  const cached = why ?? 'it is not in the cache'
  if (folder === undefined) {
    return refuse('usage-file', `there is no archive ${name}`, {
      why: `${cached}, and no folder of archives was given`,
      fix: fix(`give --artifacts DIR (or RUNBOOK_ARTIFACTS=DIR) with ${name} and ${name}.sha512 in it`),
    })
  }
  return refuse('usage-file', `there is no archive ${name}`, {
    why: `${(await filesIn(folder)) ? `it is not in ${folder}` : `the folder of archives ${folder} does not exist`}, and ${cached}`,
    fix: fix(`put ${name} and ${name}.sha512 there`),
  })
}

/** The entry for what is wanted, and whether more than the user's folder says that it is the right one. */
const findEntry = async (
  sources: ArchiveSources,
  wanted: WantedArchive,
): Promise<{ entry: CacheEntry; isConfirmed: boolean }> => {
  const { cache, folder, lock, network } = sources
  const { name } = wanted
  if (basename(name) !== name || name === '' || name.startsWith('.')) {
    return refuse('usage-file', `'${name}' is not the name of an archive`, {
      why: 'archives are looked for in one folder, by their file name alone',
      fix: `give the name without a folder, and the folder as --artifacts`,
    })
  }
  const bad = wanted.urls.find(url => !isUsableAddress(url))
  if (bad !== undefined)
    refuse('usage-file', `an address of ${name} is none`, {
      why: 'one of its mirrors cannot be asked',
      fix: 'mend `mirrors`',
    })
  const knownBefore = digestsKnownBefore(wanted, lock)
  const path = folder === undefined ? undefined : join(folder, name)
  if (path !== undefined && (await fileStateOf(path))) {
    const expected = knownBefore.length > 0 ? knownBefore : [await digestBeside(path, name)]
    return { entry: await fromFolder(cache, path, name, expected), isConfirmed: knownBefore.length > 0 }
  }
  const { entry, why } = await findCached(cache, wanted, knownBefore)
  if (entry) return { entry, isConfirmed: true }
  if (wanted.urls.length === 0) return refuseMissing(sources, wanted, why)
  const hints = [why, await hintFor(sources, name)].filter(text => text !== undefined)
  // Loaded when something is downloaded: it brings an HTTP client along.
  const { fetchArchive } = await import('./upstream.ts')
  return { entry: await fetchArchive(cache, wanted, knownBefore, network, hints), isConfirmed: true }
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error

/** An error that the user can mend becomes data; anything else is a bug and is thrown again. */
const absentBecause = (error: unknown, name: string): AbsentArchive => {
  if (error instanceof Refusal) {
    const { what, why, fix } = error.failures[0]!
    return { missing: why === undefined ? what : `${what}\n${why}`, fix: fix ?? '' }
  }
  if (error instanceof FileFault)
    return { missing: `${name} cannot be used: ${error.message}`, fix: 'name a plain file' }
  if (isSystemError(error)) {
    return {
      missing: `${name} cannot be used: ${error.message}`,
      fix: 'check the folders, their permissions and space',
    }
  }
  throw error
}

/**
 * The store of archives. What is asked for twice is looked for once; an absent archive is looked for again. What was
 * found is added to the lock, unless only a folder of the user's says that it is the right one. Nothing the user or
 * the network has done makes `find` reject; an interrupt does.
 */
export const createArchiveStore = (options: ArchiveSources): ArchiveStore => {
  const { folder } = options
  const sources = {
    ...options,
    cache: resolve(options.cache),
    ...(folder === undefined ? {} : { folder: resolve(folder) }),
  }
  const known = new Map<string, Promise<Archive | AbsentArchive>>()
  const look = async (wanted: WantedArchive, key: string): Promise<Archive | AbsentArchive> => {
    try {
      const { entry, isConfirmed } = await findEntry(sources, wanted)
      const found = archiveOf(entry, wanted.name)
      if (isConfirmed) sources.lock.add(found)
      return found
    } catch (error) {
      known.delete(key)
      return absentBecause(error, wanted.name)
    }
  }
  const find = (wanted: WantedArchive): Promise<Archive | AbsentArchive> => {
    const key = JSON.stringify(wanted)
    const found = known.get(key) ?? look(wanted, key)
    known.set(key, found)
    return found
  }
  return { find }
}
