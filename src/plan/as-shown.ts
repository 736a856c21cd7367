import { type Content, isRecord, same } from '../core/value.ts'
import { describe, placesFile } from '../module/step.ts'
import { canonicalText } from './fingerprint.ts'
import type { Line } from './line.ts'

/** The lines of a text, each with how often it is there; a line's end at the end of the text does not count. */
const linesIn = (text: string): Map<string, number> => {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  return new Map([...Map.groupBy(lines, line => line)].map(([line, all]) => [line, all.length]))
}

const without = (lines: Map<string, number>, others: Map<string, number>): Map<string, number> =>
  new Map([...lines].map(([line, n]) => [line, n - (others.get(line) ?? 0)] as const).filter(([, n]) => n > 0))

/** What an edit takes from a text and what it puts in, wherever that stands. */
const editOf = (before: string, after: string): { gone: Record<string, number>; come: Record<string, number> } => {
  const [old, now] = [linesIn(before), linesIn(after)]
  return { gone: Object.fromEntries(without(old, now)), come: Object.fromEntries(without(now, old)) }
}

const contentIn = (value: unknown): Content | undefined =>
  isRecord(value) && isRecord(value.content) ? (value.content as Content) : undefined

/** A text that is known; undefined of what is known by its digest alone. Nothing is an empty one. */
const textOf = (of: Content | undefined): string | undefined =>
  of === undefined
    ? ''
    : Buffer.isBuffer(of.bytes) && of.bytes.length === of.size
      ? of.bytes.toString('latin1')
      : undefined

type Part = { seen: unknown; patch: unknown }

/** Whether contents are changed alike: of texts the same lines go and come, of all else both sides are the same. */
const sameContents = (a: Part, b: Part): boolean => {
  const [was, is] = [a, b].map(({ seen, patch }) => ({ before: contentIn(seen), after: contentIn(patch) }))
  if (is!.after === undefined && was!.after === undefined) return true
  if (same(was!, is!)) return true
  const texts = [was!.before, was!.after, is!.before, is!.after].map(textOf)
  if (texts.includes(undefined)) return false
  const [oldBefore, oldAfter, before, after] = texts as [string, string, string, string]
  return same(editOf(oldBefore, oldAfter), editOf(before, after))
}

const attributesIn = ({ patch }: Part): string => {
  if (!isRecord(patch)) return canonicalText(patch)
  const { content: _, size: __, ...rest } = patch
  return canonicalText(rest)
}

/** Where a link leads that is replaced: a plan says so in its reason. */
const targetIn = ({ seen }: Part): unknown => (isRecord(seen) && seen.kind === 'link' ? seen.target : undefined)

const isSamePart = (a: Part, b: Part): boolean =>
  attributesIn(a) === attributesIn(b) && same(targetIn(a), targetIn(b)) && sameContents(a, b)

const partsOf = ({ will, before }: Line): Map<string, Part> =>
  new Map(will.map(([query, patch], i) => [query.key, { patch, seen: before[i] }]))

/** What is shown besides contents: these are compared as edits. */
const plainDifferences = ({ diff, will }: Line): unknown[] => {
  const contents = will.flatMap(([{ subject }, patch]) =>
    isRecord(patch) && patch.content !== undefined ? [subject, `${subject} content`] : [],
  )
  return diff.filter(one => (one.kind === 'value' ? !contents.includes(one.subject) || one.before === 'absent' : false))
}

const otherSteps = ({ steps }: Line): string[] => steps.filter(step => !placesFile(step)).map(describe)

/** Whether something of what was shown waits for another line; what the line itself leaves open is the same each time. */
const isOpen = ({ needs, diff }: Line): boolean => needs !== undefined || JSON.stringify(diff).includes('known after ')

const allIn = (some: unknown[], all: unknown[]): boolean => some.every(one => all.some(other => same(one, other)))

/**
 * Whether a line that is planned over something newer would do what was shown of it, or less, where a part has come about
 * since (a folder that a line before it needed too): the same attributes of the same things by the same steps, and of each
 * text the same lines go and come, wherever they stand by now. What was undecided has shown nothing; of what was open when
 * it was shown only the things that it is about are compared.
 */
export const doesAsShown = (shown: Line, now: Line): boolean => {
  if (shown.verdict === 'undecided') return true
  if (shown.verdict !== 'change') return false
  const [before, after] = [partsOf(shown), partsOf(now)]
  if (isOpen(shown)) return [...after.keys()].every(key => before.has(key))
  return (
    allIn(plainDifferences(now), plainDifferences(shown)) &&
    allIn(otherSteps(now), otherSteps(shown)) &&
    [...after].every(([key, part]) => before.has(key) && isSamePart(before.get(key)!, part))
  )
}

/** How a line's change is counted in a message: without a word of any content. */
export const countedChange = ({ diff }: Line): string => {
  const words = diff.map(one => {
    if (one.kind === 'value') return `${one.subject} ${one.before} -> ${one.after}`
    if (one.kind === 'hidden') return `${one.subject}: ${one.why}`
    const { gone, come } = editOf(one.before, one.after)
    const count = (lines: Record<string, number>): number => Object.values(lines).reduce((sum, n) => sum + n, 0)
    return `${one.subject}: ${count(gone)} lines go, ${count(come)} come`
  })
  return words.join('; ') || 'nothing'
}
