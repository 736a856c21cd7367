import type { RawFile } from '../module/probes/file.ts'
import { maxReads } from '../module/probes/file-content.ts'
import type { AnyQuery } from '../module/query.ts'

/** An answer as it came, when, and with which facets. */
export type RawAnswer = { raw: unknown; facets: Set<string>; at: number }

export const isFileQuery = (query: AnyQuery): boolean => query.probe.kind === 'file'

/** A file that was written to while it was read has no bytes yet: it is read again, but not for ever. */
export const countTornReads = (before: RawAnswer | undefined, now: RawAnswer): RawAnswer => {
  const raw = now.raw as RawFile
  if (raw.torn === undefined) return now
  const torn = (tornReads(before) % maxReads) + 1
  if (torn < maxReads) now.facets.delete('bytes')
  return { ...now, raw: { ...raw, torn } }
}

export const tornReads = (raw: RawAnswer | undefined): number => (raw?.raw as RawFile | undefined)?.torn ?? 0

export const isLinkAnswer = ({ raw }: RawAnswer): boolean => {
  const { answer } = raw as RawFile
  return answer.exists && answer.kind === 'link'
}

/** What is absent, or no regular file, has no facets that could be missing. */
export const hasAllFacets = (query: AnyQuery, { raw, facets }: RawAnswer): boolean => {
  if (query.facets.every(f => facets.has(f))) return true
  const found = isFileQuery(query) ? (raw as RawFile).answer : undefined
  return found !== undefined && (!found.exists || found.kind !== 'file')
}
