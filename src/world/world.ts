import { posix } from 'node:path'
import { born, isUnknown, Later, Missing, strict } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { canonicalLabel, type Label, overlaps } from '../module/label.ts'
import type { RawFile } from '../module/probes/file.ts'
import { type AnyQuery, touchedBy } from '../module/query.ts'
import { canonicalPath, followsLink, type Moves, movesOf, removalAbove } from './canonical-path.ts'
import { completeFilePatch } from './complete-file-patch.ts'
import { countTornReads, hasAllFacets, isFileQuery, isLinkAnswer, type RawAnswer, tornReads } from './file-answers.ts'

/** A change that is still to come, in plan order: what it promises, and what else it may touch. */
export type Prediction = {
  node: string
  /** Its place in the log, which is its moment. */
  index: number
  patches: Map<string, unknown>
  labels: Label[]
  moves: Moves
  /** What may come to lead elsewhere, nobody knows where: this hides what is asked for by a name behind it. */
  adrift: Label[]
}

/**
 * What is known of one host: answers with the moment they were read, changes that have happened since, and the
 * ordered log of predictions laid over them. "Newest wins" is a matter of order, so these are lists, not maps.
 */
export type World = {
  raws: Map<string, RawAnswer>
  /** Everything that was ever asked, by the name it was asked by. */
  asked: Map<string, AnyQuery>
  happened: { labels: Label[]; at: number }[]
  predicted: Prediction[]
  /** Real folders, as file answers told them: `/var/run` is `/run`. */
  reals: Map<string, string>
  clock: number
  /** What the controller is asked is answered there. */
  controller?: World
}

export const createWorld = (controller?: World): World => ({
  raws: new Map(),
  asked: new Map(),
  happened: [],
  predicted: [],
  reals: new Map(),
  clock: 0,
  ...(controller && { controller }),
})

/** Predicted moments lie after every real one: they are ordered as the changes will be. */
export const future = 4e15

/** The query under the one name that its path has on this host by now: what is read there is what is meant. */
const located = (world: World, query: AnyQuery, upto: number): AnyQuery => {
  if (!isFileQuery(query)) return query
  const at = canonicalPath(world, query.item, upto)
  return { ...query, item: followsLink(query.item) ? `${at === '/' ? '' : at}/.` : at }
}

const keyOf = (world: World, query: AnyQuery, upto = world.predicted.length): string =>
  query.key.startsWith('file:') ? `file:${canonicalPath(world, query.key.slice(5), upto)}` : query.key
export const labelsOf = (world: World, labels: Label[]): Label[] =>
  labels.map(label => canonicalLabel(label, path => canonicalPath(world, path)))
/**
 * What a query looks at. A file is read under its one name; a program is given names as they are written, so that a link
 * on the way counts too.
 */
const looksOf = (world: World, query: AnyQuery): Label[] => {
  const looks = labelsOf(world, query.looks)
  return isFileQuery(query) ? looks : [...query.looks, ...looks]
}
const overlapping = (a: Label[], b: Label[]): boolean => a.some(x => b.some(y => overlaps(x, y)))

/** A file is kept under its one name, whatever name it was asked by. */
const rawKey = (world: World, query: AnyQuery, upto?: number): string =>
  `${query.probe.kind} ${isFileQuery(query) ? canonicalPath(world, query.item, upto) : query.item}`

/** Keeps an answer. A file's answer teaches the real name of its folder, and is kept under its own. */
export const recordAnswer = (world: World, query: AnyQuery, raw: unknown, facets: string[]): void => {
  const kept = { raw, facets: new Set(facets), at: world.clock }
  const name = `${query.probe.kind} ${query.item}`
  const before = world.asked.get(name)?.facets ?? []
  world.asked.set(name, { ...query, facets: [...new Set([...before, ...facets])] })
  if (!isFileQuery(query)) return void world.raws.set(rawKey(world, query), kept)
  const { folder, real } = raw as RawFile
  world.reals.set(folder, real)
  // `/a/.` that is not there may be a file `/a`, of which nothing is known by that.
  const own =
    followsLink(query.item) && !(raw as RawFile).answer.exists
      ? `${real}/.`
      : posix.join(real, posix.basename(query.item))
  world.raws.set(`file ${own}`, countTornReads(world.raws.get(`file ${own}`), kept))
}

const isFresh = (world: World, query: AnyQuery, raw: RawAnswer): boolean => {
  if (!hasAllFacets(query, raw)) return false
  const since = world.happened.filter(h => h.at > raw.at)
  if (since.length === 0) return true
  const looks = looksOf(world, query)
  return !since.some(h => overlapping(h.labels, looks))
}

const absent =
  (world: World) =>
  (path: string): boolean => {
    for (let at = canonicalPath(world, path); at.lastIndexOf('/') > 0; ) {
      at = at.slice(0, at.lastIndexOf('/'))
      const raw = world.raws.get(`file ${at}`)
      if (
        raw &&
        (raw.raw as RawFile).answer.exists === false &&
        !world.happened.some(h => h.at > raw.at && overlapping(h.labels, [`path:${at}`]))
      )
        return true
    }
    return false
  }

/** What was read, or Missing with what is to be read. An absent folder answers for all below it. */
const seen = (world: World, query: AnyQuery, upto: number): unknown => {
  const here = located(world, query, upto)
  const key = rawKey(world, query, upto)
  const own = world.raws.get(key)
  const raw = followsLink(here.item) && (own === undefined || isLinkAnswer(own)) ? world.raws.get(`${key}/.`) : own
  if (raw && isFresh(world, query, raw)) return query.parse(raw.raw)
  // To ask the same again is no mistake where the last answer was torn: the key says so.
  const again = isFileQuery(here) && tornReads(raw) > 0 ? { ...here, key: `${here.key} again ${tornReads(raw)}` } : here
  return query.implied?.(absent(world)) ?? new Missing(again)
}

const patched = (before: unknown, promise: unknown, { node, index }: Prediction, query: AnyQuery): unknown => {
  if (!isRecord(promise)) return promise
  const patch = isFileQuery(query) ? completeFilePatch(promise, node) : promise
  const stamp = (answer: unknown): unknown => query.stamp?.(answer, future + index, patch) ?? answer
  if (patch.exists === false) return { exists: false }
  if (before instanceof Missing) return before
  if (isUnknown(before)) return stamp({ ...patch, [born]: new Later(node) })
  const old = isRecord(before) ? before : {}
  const isNew =
    (patch.exists === true && old.exists !== true) ||
    (patch.kind !== undefined && old.kind !== undefined && patch.kind !== old.kind)
  return stamp(isNew ? { ...patch, [born]: new Later(node) } : { ...old, ...patch })
}

/**
 * The answer to a query after the first `upto` predictions: the newest of a prediction of its key, a cloud over what
 * it looks at (derived from predicted answers where it can be, else unknown because of that node), and what was seen.
 * Unknowns come back in place, never thrown.
 */
export const answer = (world: World, query: AnyQuery, upto = world.predicted.length): unknown => {
  if (query.probe.side === 'controller') return seen(world.controller ?? world, query, 0)
  if (upto === 0) return seen(world, query, upto)
  const key = keyOf(world, query, upto)
  const looks = looksOf(world, query)
  // What lies in a folder that is to be removed is gone with it, whatever is there now: it is never asked.
  const gone = isFileQuery(query) ? removalAbove(world, key.slice(5), upto) : -1
  const isLate = query.lazy && world.predicted.slice(0, upto).some(p => overlapping(p.labels, looks))
  let value = gone >= 0 ? { exists: false } : isLate ? undefined : seen(world, query, upto)
  for (const [position, prediction] of world.predicted.slice(0, upto).entries()) {
    if (position <= gone) continue
    if (prediction.patches.has(key)) value = patched(value, prediction.patches.get(key), prediction, query)
    else if (overlapping(prediction.labels, looks)) value = clouded(world, query, value, prediction, position, looks)
    else if (overlapping(prediction.adrift, query.looks))
      value = clouded(world, query, value, prediction, position, query.looks)
  }
  return value
}

const clouded = (
  world: World,
  query: AnyQuery,
  before: unknown,
  { node, labels }: Prediction,
  position: number,
  looks: Label[],
): unknown => {
  const why = new Later(node)
  const hits = labels.filter(label => overlapping([label], looks))
  // Something of the answer may stay known: then it has to be read, or nothing can be said of what stays.
  if (before instanceof Missing && (query.derive || hits.every(label => label.startsWith('member:')))) return before
  const ask = (asked: AnyQuery): never => {
    const found = answer(world, asked, position + 1)
    if (isUnknown(found)) throw found
    return strict(found) as never
  }
  try {
    // From something it depends on an answer can be derived; a change of the thing itself says nothing about how.
    const isItself = overlapping(labels, looks.slice(0, 1))
    const derived = isItself ? undefined : query.derive?.(ask as never, before)
    if (derived !== undefined) return derived
  } catch (error) {
    if (error instanceof Missing) return error
    if (!isUnknown(error)) throw error
  }
  if (query.clouded && !isUnknown(before)) {
    let value: unknown = before
    for (const hit of hits) value = value === undefined ? undefined : query.clouded(value, hit, why)
    if (value !== undefined) return value
  }
  return why
}

/** The nodes whose predictions an answer follows from, in order. */
export const shapedBy = (world: World, query: AnyQuery, upto: number): string[] => {
  const key = keyOf(world, query, upto)
  const looks = looksOf(world, query)
  return world.predicted
    .slice(0, upto)
    .filter(({ patches, labels }) => patches.has(key) || overlapping(labels, looks))
    .map(({ node }) => node)
}

/** Lays a change over the world. */
export const predict = (
  world: World,
  prediction: { node: string; patches: [AnyQuery, unknown][]; labels: Label[] },
): void => {
  const patches = new Map(prediction.patches.map(([query, patch]) => [keyOf(world, query), patch]))
  const own = prediction.patches.flatMap(([query, patch]) => touchedBy(query, isRecord(patch) ? patch : {}))
  const labels = labelsOf(world, [...own, ...prediction.labels])
  const moves = movesOf(patches)
  world.predicted.push({
    node: prediction.node,
    index: world.predicted.length,
    patches,
    labels,
    moves,
    adrift: labels.filter(label => label.startsWith('tree:') && !moves.has(label.slice('tree:'.length))),
  })
}

/** A change has happened: every older answer it may have changed is to be read again, real folders too. */
export const invalidate = (world: World, labels: Label[]): void => {
  const changed = labelsOf(world, labels)
  world.happened.push({ labels: changed, at: ++world.clock })
  for (const [folder, real] of world.reals)
    if (overlapping(changed.filter(isTree), [`children:${folder}`, `children:${real}`])) world.reals.delete(folder)
}

/** Whether a label is of something that may be, or have been, a link or a whole folder. */
const isTree = (label: Label): boolean => label === 'any' || label.startsWith('tree:')
