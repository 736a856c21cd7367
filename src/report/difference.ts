import { createRequire } from 'node:module'
import type { Difference } from '../core/event.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'

/** Comparing two long texts that have nothing in common may take minutes; nobody would read the result. */
const LONGEST_MS = 1000

const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

const painted = (line: string, paint: Paint): string => {
  if (line.startsWith('+')) return paint.green(line)
  return line.startsWith('-') ? paint.red(line) : line
}

/** The position of a hunk; one without lines is named by the line before it. */
const span = (start: number, lines: number): string => `${lines === 0 ? start - 1 : start},${lines}`

/** Loaded when there is a difference: 5 ms. */
const library = () => createRequire(import.meta.url)('diff') as typeof import('diff')

/** What the two sides of a difference are. */
type Sides = readonly [before: string, after: string]

const textLines = (
  { subject, before, after }: Difference & { kind: 'text' },
  paint: Paint,
  [old, now]: Sides,
): string[] => {
  const { structuredPatch } = library()
  const patch = structuredPatch(subject, subject, before, after, '', '', { context: 3, timeout: LONGEST_MS })
  if (!patch) return [`${subject}: ${lineCount(before)} lines -> ${lineCount(after)} lines, too different to show`]
  if (patch.hunks.length === 0) return []
  const hunks = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    paint.cyan(`@@ -${span(oldStart, oldLines)} +${span(newStart, newLines)} @@`),
    ...lines.map(line => painted(line, paint)),
  ])
  return [paint.bold(`--- ${subject} (${old})`), paint.bold(`+++ ${subject} (${now})`), ...hunks]
}

/** One difference as lines: a unified diff of texts, one line for anything else, none where nothing differs. */
export const differenceLines = (difference: Difference, paint: Paint, sides: Sides = ['now', 'after']): string[] => {
  if (difference.kind === 'text') return textLines(difference, paint, sides)
  if (difference.kind === 'hidden') return [`${difference.subject}: <hidden: ${oneLine(difference.why)}>`]
  const { subject, before, after } = difference
  return [`${subject}: ${paint.red(oneLine(before))} -> ${paint.green(oneLine(after))}`]
}
