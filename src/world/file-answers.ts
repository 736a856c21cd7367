import { posix } from 'node:path'
import type { RawFile } from '../module/probes/file.ts'
import { maxReads } from '../module/probes/file-content.ts'
import type { AnyQuery } from '../module/query.ts'
import { canonicalPath, followsLink, type KnownLinks } from './canonical-path.ts'
import type { RawAnswer } from './raw-answer.ts'

// Files are the one kind of answer whose name is not its own: links lead elsewhere, folders answer for what is in them.

export const isFileQuery = (query: AnyQuery): boolean => query.probe.kind === 'file'

/** The query under the one name that its path has after `upto` predictions: what is read there is what is meant. */
export const queryByRealName = (links: KnownLinks, query: AnyQuery, upto: number): AnyQuery => {
  if (!isFileQuery(query)) return query
  const at = canonicalPath(links, query.item, upto)
  return { ...query, item: followsLink(query.item) ? `${at === '/' ? '' : at}/.` : at }
}

/** The key that a file is predicted under: of its one name, whatever name it is asked by. */
export const predictedKey = (links: KnownLinks, { key }: AnyQuery, upto = links.predicted.length): string =>
  key.startsWith('file:') ? `file:${canonicalPath(links, key.slice('file:'.length), upto)}` : key

/** The key that an answer is stored under: of a file its one name. */
export const storedKey = (links: KnownLinks, query: AnyQuery, upto: number): string =>
  `${query.probe.kind} ${isFileQuery(query) ? canonicalPath(links, query.item, upto) : query.item}`

/** Where an answer about a file is stored, and what it tells of the folder that the file lies in. */
export const storedFile = ({ item }: AnyQuery, raw: unknown): { key: string; folder: string; real: string } => {
  const { answer, folder, real } = raw as RawFile
  // `/a/.` that is not there may be a file `/a`, of which nothing is known by that.
  const own = followsLink(item) && !answer.exists ? `${real}/.` : posix.join(real, posix.basename(item))
  return { key: `file ${own}`, folder, real }
}

/** The answer stored under a key. `/a/.` is the folder that a link leads to, where the link itself may be stored too. */
export const storedAnswer = (
  raws: ReadonlyMap<string, RawAnswer>,
  key: string,
  item: string,
): RawAnswer | undefined => {
  const own = raws.get(key)
  return followsLink(item) && (own === undefined || isLinkAnswer(own)) ? raws.get(`${key}/.`) : own
}

/** To ask the same again is no mistake where the last answer was torn: the key says so. */
export const askedAgain = (query: AnyQuery, last: RawAnswer | undefined): AnyQuery =>
  isFileQuery(query) && tornReads(last) > 0 ? { ...query, key: `${query.key} again ${tornReads(last)}` } : query

/** Whether an answer only says that whoever asked may not see it. */
export const isDenied = ({ raw }: RawAnswer): boolean => (raw as RawFile).denied === true

/**
 * An answer about a file with who may not see it. What another may see is not given up for that: of one that is as new it
 * is noted that `by` may not.
 */
export const withDenials = (before: RawAnswer | undefined, now: RawAnswer, by: string): RawAnswer => {
  const earlier = before?.at === now.at ? before : undefined
  if (!isDenied(now)) return earlier?.deniedTo ? { ...now, deniedTo: earlier.deniedTo } : now
  const deniedTo = new Set([...(earlier?.deniedTo ?? []), by])
  return { ...(earlier && !isDenied(earlier) ? earlier : now), deniedTo }
}

/** A file that was written to while it was read has no bytes yet: it is read again, but not for ever. */
export const countTornReads = (before: RawAnswer | undefined, now: RawAnswer): RawAnswer => {
  const raw = now.raw as RawFile
  if (raw.torn === undefined) return now
  const torn = (tornReads(before) % maxReads) + 1
  if (torn < maxReads) now.facets.delete('bytes')
  return { ...now, raw: { ...raw, torn } }
}

const tornReads = (raw: RawAnswer | undefined): number => (raw?.raw as RawFile | undefined)?.torn ?? 0

const isLinkAnswer = ({ raw }: RawAnswer): boolean => {
  const { answer } = raw as RawFile
  return answer.exists && answer.kind === 'link'
}

export const isAbsentFile = ({ raw }: RawAnswer): boolean => {
  const { answer, denied } = raw as RawFile
  return !answer.exists && denied !== true
}

/** What is absent, or no regular file, has no facets that could be missing; and some are never asked for alone. */
export const hasAllFacets = (query: AnyQuery, { raw, facets }: RawAnswer): boolean => {
  const { owned = [] } = query.probe
  if (query.facets.every(f => facets.has(f) || owned.includes(f))) return true
  const found = isFileQuery(query) ? (raw as RawFile).answer : undefined
  return found !== undefined && (!found.exists || found.kind !== 'file')
}
