import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Refusal, refuse } from '../core/failure.ts'
import { isAddress } from './address.ts'
import type { Absent, Archive, Wanted } from './archive.ts'
import { entryWith, findCached } from './cache-lookup.ts'
import { type Entry, fileOf, listEntries, namesOf, sameStamp, stampOf, writeIndex } from './entry.ts'
import { type Claim, checkClaims, claimBeside, standingClaims } from './expected-digest.ts'
import { takeIn } from './import.ts'
import { digestsOf } from './inspect.ts'
import type { Lock } from './lock.ts'
import { isMissing } from './missing.ts'
import { didYouMean } from './suggest.ts'
import type { Network } from './upstream.ts'

export type { Absent, Archive, Wanted } from './archive.ts'

/** The controller's program archives, found by the names that upstream gives them. */
export type Store = { find(wanted: Wanted): Promise<Archive | Absent> }

/** Where archives come from, in this order: a folder of the user's, the cache, and the addresses of what is wanted. */
export type Places = { folder?: string; cache: string; lock: Lock; network: Network }

/** Where the cache of archives is for this user: `$XDG_CACHE_HOME/runbook/artifacts`, by default below `~/.cache`. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'runbook', 'artifacts')

const archiveOf = (entry: Entry, name: string): Archive => {
  const { size, sha256, sha512, members } = entry.index
  return { name, file: fileOf(entry), size, sha256, sha512, members }
}

/** The entry for a file outside, which is read only when it has not been seen in this state. */
const fromFolder = async (cache: string, path: string, name: string, claims: Claim[]): Promise<Entry> => {
  const entry = await entryWith(cache, claims)
  if (!entry) return takeIn(cache, { path, name, claims })
  const stamp = await stampOf(path)
  const known = entry.index.sources.find(other => other.path === path)
  if (stamp && known && sameStamp(stamp, known)) return entry
  checkClaims(name, path, claims, await digestsOf(path))
  const others = entry.index.sources.filter(other => other.path !== path)
  const sources = stamp ? [...others, { path, ...stamp }] : others
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

/** Names that may have been meant, of what is in the folder and in the cache. */
const hintFor = async ({ folder, cache }: Places, name: string): Promise<string | undefined> => {
  const there = folder === undefined ? [] : ((await filesIn(folder)) ?? [])
  return didYouMean(name, [...there, ...(await listEntries(cache)).flatMap(namesOf)])
}

const refuseMissing = async (places: Places, { name }: Wanted, why: string | undefined): Promise<never> => {
  const { folder } = places
  const hint = await hintFor(places, name)
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

/** The entry for what is wanted, and whether more than somebody's folder says that it is the right one. */
const locate = async (places: Places, wanted: Wanted): Promise<{ entry: Entry; vouched: boolean }> => {
  const { cache, folder, lock, network } = places
  const { name } = wanted
  if (basename(name) !== name || name === '' || name.startsWith('.')) {
    return refuse('usage-file', `'${name}' is not the name of an archive`, {
      why: 'archives are looked for in one folder, by their file name alone',
      fix: `give the name without a folder, and the folder as --artifacts`,
    })
  }
  const bad = wanted.urls.find(url => !isAddress(url))
  if (bad !== undefined)
    refuse('usage-file', `an address of ${name} is none`, {
      why: 'one of its mirrors cannot be asked',
      fix: 'mend `mirrors`',
    })
  const standing = standingClaims(wanted, lock)
  const path = folder === undefined ? undefined : join(folder, name)
  if (path !== undefined && (await stampOf(path))) {
    const claims = standing.length > 0 ? standing : [await claimBeside(path, name)]
    return { entry: await fromFolder(cache, path, name, claims), vouched: standing.length > 0 }
  }
  const { entry, why } = await findCached(cache, wanted, standing)
  if (entry) return { entry, vouched: true }
  if (wanted.urls.length === 0) return refuseMissing(places, wanted, why)
  const hints = [why, await hintFor(places, name)].filter(text => text !== undefined)
  // Loaded when something is downloaded: it brings an HTTP client along.
  const { fetchArchive } = await import('./upstream.ts')
  return { entry: await fetchArchive(cache, wanted, standing, network, hints), vouched: true }
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error

/** What the user can do something about becomes data; anything else is a bug and goes on. */
const absence = (error: unknown, name: string): Absent => {
  if (error instanceof Refusal) {
    const { what, why, fix } = error.failures[0]!
    return { missing: why === undefined ? what : `${what}\n${why}`, fix: fix ?? '' }
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
 * The store of archives. What is asked for twice is looked for once; an absent archive is looked for again. What was
 * found is taught to the lock, unless only a folder of the user's says that it is the right one. Nothing the user or
 * the network has done makes `find` reject; an interrupt does.
 */
export const createStore = (options: Places): Store => {
  const { folder } = options
  const places = {
    ...options,
    cache: resolve(options.cache),
    ...(folder === undefined ? {} : { folder: resolve(folder) }),
  }
  const known = new Map<string, Promise<Archive | Absent>>()
  const look = async (wanted: Wanted, key: string): Promise<Archive | Absent> => {
    try {
      const { entry, vouched } = await locate(places, wanted)
      const found = archiveOf(entry, wanted.name)
      if (vouched) places.lock.learn(found)
      return found
    } catch (error) {
      known.delete(key)
      return absence(error, wanted.name)
    }
  }
  const find = (wanted: Wanted): Promise<Archive | Absent> => {
    const key = JSON.stringify(wanted)
    const found = known.get(key) ?? look(wanted, key)
    known.set(key, found)
    return found
  }
  return { find }
}
