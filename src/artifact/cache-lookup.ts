import { dirname } from 'node:path'
import { refuse } from '../core/failure.ts'
import { withoutCredentials } from './address.ts'
import type { WantedArchive } from './archive.ts'
import { archiveFile, archiveNames, type CacheEntry, listEntries, verifiedEntry, writeIndex } from './entry.ts'
import { type ExpectedDigest, matchesDigest } from './expected-digest.ts'

const verifiedEntries = async (entries: CacheEntry[]): Promise<CacheEntry[]> =>
  (await Promise.all(entries.map(verifiedEntry))).filter(entry => entry !== undefined)

/** The entry of the cache, under whatever name, that has the expected digests. */
export const findByDigest = async (cache: string, expected: ExpectedDigest[]): Promise<CacheEntry | undefined> => {
  const fitting = (await listEntries(cache)).filter(({ index }) => expected.every(one => matchesDigest(one, index)))
  return (await verifiedEntries(fitting))[0]
}

/** Notes in the index that an address publishes this digest: next time the address need not be asked. */
export const rememberAddress = async (entry: CacheEntry, url: string): Promise<CacheEntry> => {
  const published = entry.index.published ?? []
  if (published.includes(url)) return entry
  const updated = { ...entry, index: { ...entry.index, published: [...published, url] } }
  await writeIndex(updated)
  return updated
}

/** What the cache has for a name: the archive, or why what it has is not to be used. */
type CacheLookup = { entry: CacheEntry; why?: undefined } | { entry?: undefined; why?: string }

/**
 * Where nothing is known of an archive's bytes, a name in the cache is enough only when it came with that name from an
 * address that is to be asked. What came from somebody's folder may be anything, such as a stand-in for tests.
 */
export const findCached = async (
  cache: string,
  wanted: WantedArchive,
  expected: ExpectedDigest[],
): Promise<CacheLookup> => {
  if (expected.length > 0) {
    const entry = await findByDigest(cache, expected)
    if (entry) return { entry }
  }
  const named = (await listEntries(cache)).filter(entry => archiveNames(entry).includes(wanted.name))
  const first = named[0]
  if (first === undefined) return {}
  if (expected[0] !== undefined)
    return { why: `the one in the cache, ${archiveFile(first)}, is not what ${expected[0].by} says` }
  const addresses = wanted.urls.map(withoutCredentials)
  const published = named.filter(({ index }) => index.published?.some(url => addresses.includes(url)))
  const [entry, ...others] = await verifiedEntries(published)
  if (others.length > 0)
    return refuse('usage-file', `the cache has ${others.length + 1} different archives called ${wanted.name}`, {
      why: published.map(one => `${archiveFile(one)} (SHA-512 ${one.index.sha512.slice(0, 16)}…)`).join('\n'),
      fix: "pin the right one's digest in the playbook, or remove the wrong one's folder",
    })
  if (entry) return { entry }
  if (published[0])
    return { why: `the one in the cache, ${archiveFile(published[0])}, is damaged: no longer what was checked` }
  const from = [...new Set(first.index.sources.map(source => dirname(source.path)))].join(' and ')
  return { why: `the one in the cache came from ${from || 'elsewhere'}, and nothing says that it is the right one` }
}
