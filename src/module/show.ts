import type { Difference } from '../core/event.ts'
import { isUnknown, Later, type Unknown } from '../core/unknown.ts'
import { type Content, isRecord, same } from '../core/value.ts'

const isText = (bytes: Buffer): boolean => !bytes.includes(0)
const size = ({ size: bytes }: Content): string => {
  if (bytes < 10_000) return `${bytes} bytes`
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
const whole = (c: Content): boolean => !isUnknown(c.bytes) && c.bytes.length === c.size

/**
 * The difference between two contents: text where both are small text, sizes where not, nothing of a secret. Of what
 * others may not read (`private`) no digest shows: the text could be found by trying.
 */
export const showContent = (
  subject: string,
  before: Content | undefined,
  after: unknown,
  reading: 'open' | 'private' = 'open',
): Difference[] => {
  if (after instanceof Later) return [{ kind: 'hidden', subject, why: `content known after ${after.node}` }]
  const now = after as Content
  if (before?.digest === now.digest) return []
  if (before?.secret || now.secret) return [{ kind: 'hidden', subject, why: 'a secret' }]
  const isPrivate = reading === 'private'
  if (!whole(now) || !isText(now.bytes) || (before && (!whole(before) || !isText(before.bytes))))
    return [
      {
        kind: 'value',
        subject: `${subject} content`,
        before: before ? `${size(before)}${isPrivate ? '' : ` ${before.digest.slice(0, 8)}`}` : '-',
        after: `${size(now)}${isPrivate ? ', others' : ` ${now.digest.slice(0, 8)}`}`,
        ...(isPrivate ? { private: true as const } : {}),
      },
    ]
  const texts = { before: before?.bytes.toString() ?? '', after: now.bytes.toString() }
  return [{ kind: 'text', subject, ...texts, ...(isPrivate ? { private: true as const } : {}) }]
}

/** What stands for a value that is not there. */
export const wordFor = (unknown: Unknown): string =>
  unknown instanceof Later ? `(known after ${unknown.node})` : '(not known)'

const word = (value: unknown): string => {
  if (isUnknown(value)) return wordFor(value)
  if (value === undefined || value === '') return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** One line per member that changes; the default way to show an answer. */
export const showMembers = (subject: string, before: unknown, after: unknown): Difference[] => {
  if (!isRecord(after))
    return same(before, after) ? [] : [{ kind: 'value', subject, before: word(before), after: word(after) }]
  const old = isRecord(before) ? before : {}
  return Object.entries(after).flatMap(([member, value]): Difference[] =>
    value === undefined || same(old[member], value) || member === 'since'
      ? []
      : [{ kind: 'value', subject: `${subject} ${member}`, before: word(old[member]), after: word(value) }],
  )
}
