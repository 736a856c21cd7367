import type { Difference, Event, Explained } from '../core/event.ts'
import { isRecord, same } from '../core/value.ts'
import type { SavedLine } from './saved-plan.ts'

type Announced = Event & { type: 'planned' }

/** One line as it was saved: what was said of it, and what it was decided from. */
export type SavedSide = { said: Announced; line: SavedLine }

/** Moments always differ, and say nothing of what a line would do. */
const moments = ['changed', 'since']

const word = (value: unknown): string => {
  const text = typeof value === 'string' && value !== '' ? value : (JSON.stringify(value) ?? '-')
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

/** What was to be known later is no other side of anything. */
const isOpen = (was: unknown): boolean => typeof was === 'string' && was.startsWith('(known after ')

/** What of an answer differs, on both sides: of one that was known in part, that part. */
const sides = ({ is: was, open }: Explained['reads'][number], is: unknown): [string, string] | undefined => {
  if (isOpen(was)) return undefined
  if (!isRecord(was) || !isRecord(is)) return same(was, is) ? undefined : [word(was), word(is)]
  const known = open.length > 0 ? Object.keys(was) : [...Object.keys(was), ...Object.keys(is)]
  const names = [...new Set(known)].filter(
    name => !moments.includes(name) && !isOpen(was[name]) && !same(was[name], is[name]),
  )
  const membersOf = (of: Record<string, unknown>): string =>
    names.flatMap(name => (name in of ? [`${name} ${word(of[name])}`] : [])).join(', ') || '-'
  return names.length === 0 ? undefined : [membersOf(was), membersOf(is)]
}

const differenceWord = (difference: Difference): string => {
  if (difference.kind === 'hidden') return `${difference.subject}: ${difference.why}`
  if (difference.kind === 'text') return `${difference.subject}: its content`
  return `${difference.subject}: ${word(difference.before)} -> ${word(difference.after)}`
}

const verdictWord = ({ verdict, why }: Pick<Explained, 'verdict' | 'why'>): string =>
  [verdict, why].filter(Boolean).join(', ')

/** So many lines are read; of more their number is. */
const most = 10

const shortened = (lines: string[]): string => {
  const each = [...new Set(lines)]
  const rest = each.length - most
  return [...each.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')
}

/** Whether all that no other node has to do with is as it was: what was there when the plan was made. */
export const readsTheSame = ({ line }: SavedSide, now: Explained): boolean =>
  line.reads
    .filter(({ after }) => after.length === 0)
    .every(read => {
      const found = now.reads.find(({ name, subject }) => name === read.name && subject === read.subject)
      return found === undefined || sides(read, found.is) === undefined
    })

/** Both sides of a line that has moved: what it was to do and over what, and what it would do now. */
export const describeMismatch = (saved: SavedSide | undefined, now: Explained, diff: Difference[]): string => {
  const is = verdictWord(now)
  if (saved === undefined) return `planned: nothing\nnow: ${is}`
  const was = verdictWord(saved.said)
  const reads = now.reads.flatMap(({ name, subject, is: found }) => {
    const old = saved.line.reads.find(read => read.name === name && read.subject === subject)
    const [a, b] = (old && sides(old, found)) ?? []
    return a === undefined ? [] : [`planned over: ${subject} ${a}; now: ${b}`]
  })
  const shown = (of: Difference[]): string => of.map(differenceWord).join('; ') || 'nothing'
  const diffs = same(saved.said.diff, diff) ? [] : [`planned: ${shown(saved.said.diff)}`, `now: ${shown(diff)}`]
  const verdicts = was === is ? [] : [`planned: ${was}`, `now: ${is}`]
  const differing = [...verdicts, ...(reads.length > 0 ? reads : diffs)]
  return differing.length > 0
    ? shortened(differing)
    : 'It would do something else, with a secret or a file of the controller.'
}
