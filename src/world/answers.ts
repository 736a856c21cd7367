import { completeLabels, type Label } from '../module/label.ts'
import type { AnyQuery } from '../module/query.ts'
import type { BoundReach } from '../module/reach.ts'
import { canonicalLabels, type KnownLinks } from './canonical-path.ts'
import {
  countTornReads,
  hasAllFacets,
  isAbsentFile,
  isDenied,
  isFileQuery,
  storedFile,
  withDenials,
} from './file-answers.ts'
import { canonicalReach, isHit } from './prediction.ts'
import type { RawAnswer } from './raw-answer.ts'

/**
 * What was read of one machine, or of the controller: the one thing here that grows during a run. An answer holds until
 * a change that may touch what it looks at has happened.
 */
export type Answers = {
  raws: Map<string, RawAnswer>
  /** Everything that was ever asked, by the name it was asked by. */
  asked: Map<string, AnyQuery>
  happened: { labels: Label[]; reach?: BoundReach; at: number }[]
  /** Real folders, as file answers told them: `/var/run` is `/run`. */
  reals: Map<string, string>
  clock: number
}

export const createAnswers = (): Answers => ({
  raws: new Map(),
  asked: new Map(),
  happened: [],
  reals: new Map(),
  clock: 0,
})

/** Links as they are, with nothing predicted. */
const seenLinks = ({ reals }: Answers): KnownLinks => ({ reals, predicted: [] })

/** Who asks, by name; the session's own identity is ''. */
export const askerOf = ({ as }: AnyQuery): string => as?.user ?? ''

/** Records an answer. A file's answer teaches the real name of its folder, and is stored under its own. */
export const recordAnswer = (answers: Answers, query: AnyQuery, raw: unknown, facets: string[]): void => {
  const { raws, asked, reals, clock } = answers
  const name = `${query.probe.kind} ${query.item}`
  const before = asked.get(name)?.facets ?? []
  asked.set(name, { ...query, facets: [...new Set([...before, ...facets])] })
  const now = { raw, facets: new Set(facets), at: clock }
  if (!isFileQuery(query)) return void raws.set(name, now)
  const { key, folder, real } = storedFile(query, raw)
  reals.set(folder, real)
  raws.set(key, withDenials(raws.get(key), countTornReads(raws.get(key), now), askerOf(query)))
}

/** A change has happened: every older answer that it may have changed is to be read again, real folders too. */
export const invalidate = (answers: Answers, labels: Label[], reach?: BoundReach): void => {
  const links = seenLinks(answers)
  const changed = completeLabels(canonicalLabels(links, labels))
  const reached = reach && { reach: canonicalReach(links, reach) }
  answers.happened.push({ labels: changed, ...reached, at: ++answers.clock })
  const trees = { labels: changed.filter(isTree), ...reached }
  for (const [folder, real] of answers.reals)
    if (isHit(trees, [`children:${folder}`, `children:${real}`])) answers.reals.delete(folder)
}

/** Whether a label is of something that may be, or have been, a link or a whole folder. */
const isTree = (label: Label): boolean => label === 'any' || label.startsWith('tree:')

const hasChangedSince = ({ happened }: Answers, at: number, looks: () => Label[]): boolean => {
  const since = happened.filter(change => change.at > at)
  if (since.length === 0) return false
  const looked = looks()
  return since.some(change => isHit(change, looked))
}

/** Whether nothing has happened to what an answer looks at since. */
const isCurrent = (answers: Answers, { at }: RawAnswer, looks: () => Label[]): boolean =>
  !hasChangedSince(answers, at, looks)

/** Whether an answer has all that is asked, for who asks, and nothing has happened to what it looks at since. */
export const isFresh = (answers: Answers, query: AnyQuery, raw: RawAnswer, looks: () => Label[]): boolean =>
  hasAllFacets(query, raw) &&
  !(isFileQuery(query) && isDenied(raw) && !raw.deniedTo?.has(askerOf(query))) &&
  isCurrent(answers, raw, looks)

/** Whether it is known that who asks may not see it, where another could, but has not asked for as much. */
export const isKnownDenied = (answers: Answers, query: AnyQuery, raw: RawAnswer, looks: () => Label[]): boolean =>
  raw.deniedTo?.has(askerOf(query)) === true && isCurrent(answers, raw, looks)

/** Whether a folder above a (canonical) path is known to be absent: then so is all below it. */
export const isAbsentAbove = (answers: Answers, path: string): boolean => {
  for (let at = path; at.lastIndexOf('/') > 0; ) {
    at = at.slice(0, at.lastIndexOf('/'))
    const folder = at
    const raw = answers.raws.get(`file ${folder}`)
    if (raw && isAbsentFile(raw) && !hasChangedSince(answers, raw.at, () => [`path:${folder}`])) return true
  }
  return false
}
