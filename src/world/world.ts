import { isUnknown, Later, Missing, strict } from '../core/unknown.ts'
import { canonicalLabel, type Label, overlapping } from '../module/label.ts'
import type { AnyQuery } from '../module/query.ts'
import { type Answers, isAbsentAbove, isFresh, isKnownDenied } from './answers.ts'
import { canonicalLabels, canonicalPath, type KnownLinks, removalAbove } from './canonical-path.ts'
import { askedAgain, isFileQuery, predictedKey, queryByRealName, storedAnswer, storedKey } from './file-answers.ts'
import { future, hitsOf, isHit, type Prediction, patched } from './prediction.ts'

/**
 * One machine as a task sees it: what was read, and the ordered log of predictions since. "Newest wins" is a
 * matter of order, so the log is a list, not a map.
 */
export type World = {
  answers: Answers
  predicted: readonly Prediction[]
  /** What the controller is asked is answered here. */
  controller: Answers
}

const linksOf = ({ answers: { reals }, predicted }: World): KnownLinks => ({ reals, predicted })

/** Labels with the one names that their paths have in the end. */
export const labelsIn = (world: World, labels: Label[]): Label[] => canonicalLabels(linksOf(world), labels)

/**
 * What a query looks at. A file is read under its one name; a program is given names as they are written, so that a link
 * on the way counts too, and follows a link at the end.
 */
const looksOf = (world: World, query: AnyQuery): Label[] => {
  const looks = labelsIn(world, query.looks)
  if (isFileQuery(query)) return looks
  const links = linksOf(world)
  const ends = query.looks.map(label => canonicalLabel(label, path => canonicalPath(links, `${path}/.`)))
  return [...query.looks, ...looks, ...ends]
}

/** What an answer tells that it depends on besides: an owner's name follows the account. */
const dependsOf = (query: AnyQuery, value: unknown): Label[] =>
  query.depends === undefined || value === undefined || isUnknown(value) ? [] : query.depends(value)

/** What was read, or Missing with what is to be read. An absent folder answers for all below it. */
const seen = (world: World, query: AnyQuery, upto: number): unknown => {
  const { answers } = world
  const links = linksOf(world)
  const here = queryByRealName(links, query, upto)
  const raw = storedAnswer(answers.raws, storedKey(links, query, upto), here.item)
  if (raw && isFresh(answers, query, raw, () => looksOf(world, query))) {
    const value = query.parse(raw.raw)
    if (query.depends === undefined || isFresh(answers, query, raw, () => query.depends!(value))) return value
  }
  if (raw && isKnownDenied(answers, query, raw, () => looksOf(world, query)))
    return query.parse({ ...(raw.raw as object), denied: true })
  const isAbsent = (path: string): boolean => isAbsentAbove(answers, canonicalPath(links, path))
  return query.implied?.(isAbsent) ?? new Missing(askedAgain(here, raw))
}

/**
 * The answer to a query after the first `upto` predictions: the newest of a prediction of its key, a cloud over what
 * it looks at (derived from predicted answers where it can be, else unknown because of that node), and what was seen.
 * Unknowns come back in place, never thrown.
 */
export const answer = (world: World, query: AnyQuery, upto = world.predicted.length): unknown => {
  if (query.probe.side === 'controller') return seen({ ...world, answers: world.controller, predicted: [] }, query, 0)
  if (upto === 0) return seen(world, query, upto)
  const links = linksOf(world)
  const key = predictedKey(links, query, upto)
  const looks = looksOf(world, query)
  const log = world.predicted.slice(0, upto)
  // What lies in a folder that is to be removed is gone with it, whatever is there now: it is never asked.
  const gone = isFileQuery(query) ? removalAbove(links, key.slice('file:'.length), upto) : -1
  const isLate = query.lazy && log.some(p => isHit(p, looks))
  let value = gone >= 0 ? { exists: false } : isLate ? undefined : seen(world, query, upto)
  let more = dependsOf(query, value)
  for (const [position, prediction] of log.entries()) {
    if (position <= gone) continue
    const before = value
    if (prediction.patches.has(key)) {
      // What it promises counts before what follows from the rest of it, such as from the file that it writes.
      const rest = overlapping(prediction.labels, looks.slice(1))
        ? derived(world, query, value, position, hitsOf(prediction, looks, more))
        : undefined
      value = patched(rest ?? value, prediction.patches.get(key), prediction, query)
    } else if (isHit(prediction, looks, more)) value = clouded(world, query, value, prediction, position, looks, more)
    else if (overlapping(prediction.adrift, query.looks))
      value = clouded(world, query, value, prediction, position, query.looks)
    if (value !== before) more = dependsOf(query, value)
  }
  return value
}

/** What can be derived from other answers, predicted ones too. A change of the thing itself says nothing about how. */
const derived = (world: World, query: AnyQuery, before: unknown, position: number, hits: Label[]): unknown => {
  const ask = (asked: AnyQuery): never => {
    const found = answer(world, asked, position + 1)
    if (isUnknown(found)) throw found
    return strict(found) as never
  }
  try {
    const { labels, patches, index } = world.predicted[position]!
    return query.derive?.(ask as never, before, { hits, labels, patches, time: future + index })
  } catch (error) {
    if (error instanceof Missing) return error
    if (!isUnknown(error)) throw error
    return undefined
  }
}

/** What a change leaves most of an answer as it was. */
const isPartial = (label: Label): boolean => /^(member|owners|user|group|children):/.test(label)

const clouded = (
  world: World,
  query: AnyQuery,
  before: unknown,
  prediction: Prediction,
  position: number,
  looks: Label[],
  more: Label[] = [],
): unknown => {
  const why = new Later(prediction.node)
  const hits = hitsOf(prediction, looks, more)
  // Something of the answer may stay known: then it has to be read, or nothing can be said of what stays.
  if (before instanceof Missing && (query.derive || hits.every(isPartial))) return before
  const isItself = isHit(prediction, looks.slice(0, 1))
  const other = isItself ? undefined : derived(world, query, before, position, hits)
  if (other !== undefined) return other
  if (!query.clouded || isUnknown(before)) return why
  let missing: Missing | undefined
  const kept = query.clouded(before, hits, why, asked => {
    const found = answer(world, asked, position + 1)
    if (found instanceof Missing) missing = new Missing(found.query ?? asked)
    return found as never
  })
  return missing ?? kept ?? why
}

/** The nodes whose predictions an answer follows from, in order. */
export const shapedBy = (world: World, query: AnyQuery): string[] => {
  const key = predictedKey(linksOf(world), query)
  const looks = looksOf(world, query)
  return world.predicted
    .filter(prediction => prediction.patches.has(key) || isHit(prediction, looks))
    .map(({ node }) => node)
}
