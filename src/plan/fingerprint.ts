import { isUnknown, Later } from '../core/unknown.ts'
import { isRecord, keyedDigest, sha256 } from '../core/value.ts'
import type { Line } from './line.ts'

/** The places in a value that are not known yet, as paths: `/steps/0/content`. */
type OpenPlaces = readonly string[]

const membersOf = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, member]) => member !== undefined)

/** What has a digest is named by it: neither its bytes nor where they lie with the controller are a part of that. */
const isElsewhere = (value: Record<string, unknown>, key: string): boolean =>
  typeof value.digest === 'string' && (key === 'bytes' || key === 'file')

const wordFor = (value: unknown): string | undefined => {
  if (isUnknown(value)) return value instanceof Later ? `<later ${JSON.stringify(value.node)}>` : `<${value.message}>`
  if (ArrayBuffer.isView(value)) return `<bytes ${sha256(value as Uint8Array)}>`
  if (value !== null && typeof value === 'object') return undefined
  return typeof value === 'bigint' ? `<${value}>` : (JSON.stringify(value) ?? '<undefined>')
}

/**
 * Data as one text, the same for what is the same: the order of keys does not count, contents stand by digest, what a
 * node will make known by that node. Two values that differ have different texts, but for what stands in `open`.
 */
export const canonicalText = (value: unknown, open: OpenPlaces = [], at = ''): string => {
  if (open.includes(at)) return '<open>'
  const word = wordFor(value)
  if (word !== undefined) return word
  const inside = (key: string | number, member: unknown): string => canonicalText(member, open, `${at}/${key}`)
  if (Array.isArray(value)) return `[${value.map((member, i) => inside(i, member)).join(',')}]`
  const members = membersOf(value as object)
    .filter(([key]) => !(isRecord(value) && isElsewhere(value, key)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${inside(key, member)}`).join(',')}}`
}

/**
 * A keyed digest of a value: equal for what is the same. Without the key nobody can tell from it, or try out, a secret
 * in the value.
 */
export const fingerprint = (key: Buffer, value: unknown, open: OpenPlaces = []): string =>
  keyedDigest(key, canonicalText(value, open))

const unknownPlaces = (value: unknown, at: string): string[] => {
  if (isUnknown(value)) return [at]
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return []
  return membersOf(value).flatMap(([key, member]) => unknownPlaces(member, `${at}/${key}`))
}

/** All that a line would do, and how that shows. */
const deed = ({ verdict, steps, will, diff }: Line) => ({
  verdict,
  steps,
  will: will.map(([query, patch]) => [query.key, patch]),
  diff,
})

/**
 * What of a line is still to be made known by a node before it. The differences of such a line go with it: they tell in
 * words what is not known.
 */
export const openPlaces = (line: Line): OpenPlaces => {
  // Only that it will change was known: it may come to anything, and be undecided until its details are there.
  if (line.details) return ['/verdict', '/steps', '/will', '/diff']
  const { diff, ...known } = deed(line)
  const found = unknownPlaces(known, '')
  const isTold = JSON.stringify(diff).includes('known after ')
  return found.length > 0 || isTold ? [...found, '/diff'] : []
}

/** The fingerprint of what a line would do: with the same one it does, and shows, the same but for the open places. */
export const lineFingerprint = (key: Buffer, line: Line, open: OpenPlaces = openPlaces(line)): string =>
  fingerprint(key, deed(line), open)
