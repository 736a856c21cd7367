import { isUtf8 } from 'node:buffer'
import { type Content, isRecord } from '../core/value.ts'
import { explain } from '../plan/explain.ts'
import { lineFingerprint, openPlaces } from '../plan/fingerprint.ts'
import type { Line } from '../plan/line.ts'
import type { Walk } from '../plan/walk-state.ts'
import type { SavedLine } from './saved-plan.ts'

/** Contents up to so many bytes stand in a plan; larger ones by their digest, and are rendered again. */
const largest = 64 * 1024

const contentsIn = (value: unknown): Content[] => {
  if (Array.isArray(value)) return value.flatMap(contentsIn)
  if (!isRecord(value)) return []
  if (typeof value.digest === 'string') return Buffer.isBuffer(value.bytes) ? [value as Content] : []
  return Object.values(value).flatMap(contentsIn)
}

/** Whether what a line writes may not be kept, nor a digest that it could be found by. */
const isClosed = ({ hidden, diff }: Line): boolean => hidden !== undefined || diff.some(one => one.private === true)

/** What of a plan is written down so that another can be matched with it: its lines, and texts by their digest. */
type SavedLines = { lines: SavedLine[]; contents: Record<string, string> }

/**
 * The lines of a plan as they are saved.
 * @param isOpen whether a text holds no secret: only then it, and its digest, are saved
 */
export const savedLinesOf = (walk: Walk, lines: Line[], key: Buffer, isOpen: (text: string) => boolean): SavedLines => {
  const contents: Record<string, string> = {}
  const own = new Map(lines.map(line => [line.id, line]))
  const textsOf = ({ secret, digest, size, bytes }: Content): string[] => {
    if (secret || !isUtf8(bytes) || !isOpen(bytes.toString())) return []
    if (size <= largest && bytes.length === size) contents[digest] = bytes.toString()
    return [digest]
  }
  const saved = explain(walk, line => own.has(line.id), key).map(
    ({ node, arguments: given, reads, will }): SavedLine => {
      const line = own.get(node)!
      const open = openPlaces(line)
      return {
        node,
        fingerprint: lineFingerprint(key, line, open),
        openPlaces: open,
        arguments: given,
        reads,
        will,
        contents: isClosed(line) ? [] : contentsIn(line.steps).flatMap(textsOf),
      }
    },
  )
  return { lines: saved, contents }
}
