import type { RawFile } from '../module/probes/file.ts'
import { maxReads } from '../module/probes/file-content.ts'
import type { AnyQuery } from '../module/query.ts'

/** An answer as it came, when, and with which facets. */
export type Raw = { raw: unknown; facets: Set<string>; at: number }

export const isFile = (query: AnyQuery): boolean => query.probe.kind === 'file'

/** A file that was written to while it was read has no bytes yet: it is read again, but not for ever. */
export const counted = (before: Raw | undefined, now: Raw): Raw => {
  const raw = now.raw as RawFile
  if (raw.torn === undefined) return now
  const torn = (tornOf(before) % maxReads) + 1
  if (torn < maxReads) now.facets.delete('bytes')
  return { ...now, raw: { ...raw, torn } }
}

export const tornOf = (raw: Raw | undefined): number => (raw?.raw as RawFile | undefined)?.torn ?? 0

export const isLink = ({ raw }: Raw): boolean => {
  const { answer } = raw as RawFile
  return answer.exists && answer.kind === 'link'
}

/** What is absent, or no regular file, has no facets that could be missing. */
export const isComplete = (query: AnyQuery, { raw, facets }: Raw): boolean => {
  if (query.facets.every(f => facets.has(f))) return true
  const found = isFile(query) ? (raw as RawFile).answer : undefined
  return found !== undefined && (!found.exists || found.kind !== 'file')
}
