import { born, isUnknown, Later, Missing } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { canonical, isBelow, type Label, overlaps } from '../module/label.ts'
import type { RawFile } from '../module/probes/file.ts'
import type { AnyQuery } from '../module/query.ts'

/** A change that is still to come, in plan order: what it promises, and what else it may touch. */
export type Prediction = { node: string; index: number; patches: Map<string, unknown>; labels: Label[] }
/** An answer as it came, when, and with which facets. */
type Raw = { raw: unknown; facets: Set<string>; at: number }

/**
 * What is known of one host: answers with the moment they were read, changes that have happened since, and the
 * ordered log of predictions laid over them. "Newest wins" is a matter of order, so these are lists, not maps.
 */
export type World = {
  raws: Map<string, Raw>
  happened: { labels: Label[]; at: number }[]
  predicted: Prediction[]
  /** Real folders, as file answers told them: `/var/run` is `/run`. */
  reals: Map<string, string>
  clock: number
}

export const createWorld = (): World => ({ raws: new Map(), happened: [], predicted: [], reals: new Map(), clock: 0 })

/** Predicted moments lie after every real one: they are ordered by node, as the changes will be. */
const future = 4e15

const linkIn = (world: World, path: string): string | undefined => {
  for (const { patches } of world.predicted.toReversed())
    for (const [key, patch] of patches) {
      if (!key.startsWith('file:') || !isRecord(patch) || patch.kind !== 'link' || typeof patch.target !== 'string')
        continue
      const at = key.slice(5)
      if (path !== at && isBelow(path, at)) {
        const target = patch.target.startsWith('/')
          ? patch.target
          : `${at.slice(0, at.lastIndexOf('/'))}/${patch.target}`
        return target + path.slice(at.length)
      }
    }
  return undefined
}

/** The one name of a path on this host: through real folders that were seen and links that are predicted. */
export const canon = (world: World, path: string): string => {
  const slash = path.lastIndexOf('/')
  const folder = path.slice(0, slash) || '/'
  const real = world.reals.get(folder)
  const seen = real === undefined || real === folder ? path : `${real === '/' ? '' : real}/${path.slice(slash + 1)}`
  const through = linkIn(world, seen)
  return through === undefined ? seen : canon(world, through)
}

export const keyOf = (world: World, query: AnyQuery): string =>
  query.key.startsWith('file:') ? `file:${canon(world, query.key.slice(5))}` : query.key
const labelsOf = (world: World, labels: Label[]): Label[] =>
  labels.map(label => canonical(label, path => canon(world, path)))
const overlapping = (a: Label[], b: Label[]): boolean => a.some(x => b.some(y => overlaps(x, y)))

const rawKey = (query: AnyQuery): string => `${query.probe.kind} ${query.item}`

/** Keeps an answer; facets asked of one item are united, and a file's answer teaches the real name of its folder. */
export const take = (world: World, query: AnyQuery, raw: unknown, facets: string[]): void => {
  world.raws.set(rawKey(query), { raw, facets: new Set(facets), at: world.clock })
  if (query.probe.kind === 'file') {
    const { folder, real } = raw as RawFile
    world.reals.set(folder, real)
  }
}

const isFresh = (world: World, query: AnyQuery, raw: Raw): boolean => {
  const looks = labelsOf(world, query.looks)
  return (
    query.facets.every(f => raw.facets.has(f)) &&
    !world.happened.some(h => h.at > raw.at && overlapping(h.labels, looks))
  )
}

const absent =
  (world: World) =>
  (path: string): boolean => {
    for (let at = path; at.lastIndexOf('/') > 0; ) {
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

/** What was read, or Missing. An absent folder answers for all below it. */
const seen = (world: World, query: AnyQuery): unknown => {
  const raw = world.raws.get(rawKey(query))
  if (raw && isFresh(world, query, raw)) return query.parse(raw.raw)
  return query.implied?.(absent(world)) ?? new Missing()
}

const patched = (before: unknown, patch: unknown, { node, index }: Prediction, query: AnyQuery): unknown => {
  if (!isRecord(patch)) return patch
  const stamp = (answer: unknown): unknown => query.stamp?.(answer, future + index, patch) ?? answer
  if (patch.exists === false) return { exists: false }
  if (isUnknown(before)) return stamp({ ...patch, [born]: before instanceof Missing ? before : new Later(node) })
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
  if (query.probe.side === 'controller') return seen(world, query)
  const key = keyOf(world, query)
  const looks = labelsOf(world, query.looks)
  let value =
    query.lazy && upto > 0 && world.predicted.slice(0, upto).some(p => overlapping(p.labels, looks))
      ? undefined
      : seen(world, query)
  for (const [position, prediction] of world.predicted.slice(0, upto).entries()) {
    if (prediction.patches.has(key)) value = patched(value, prediction.patches.get(key), prediction, query)
    else if (overlapping(prediction.labels, looks)) value = clouded(world, query, value, prediction, position, looks)
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
  const ask = (asked: AnyQuery): never => {
    const found = answer(world, asked, position + 1)
    if (isUnknown(found)) throw found
    return found as never
  }
  try {
    const derived = query.derive?.(ask as never, before)
    if (derived !== undefined) return derived
  } catch (error) {
    if (error instanceof Missing) return error
    if (!isUnknown(error)) throw error
  }
  if (query.clouded && !isUnknown(before)) {
    const hits = labels.filter(label => overlapping([label], looks))
    let value: unknown = before
    for (const hit of hits) value = value === undefined ? undefined : query.clouded(value, hit, why)
    if (value !== undefined) return value
  }
  return why
}

/** Lays a change over the world. */
export const predict = (
  world: World,
  prediction: { node: string; index: number; patches: [AnyQuery, unknown][]; labels: Label[] },
): void => {
  const patches = new Map(prediction.patches.map(([query, patch]) => [keyOf(world, query), patch]))
  const own = prediction.patches.flatMap(
    ([query, patch]) => query.touched?.(isRecord(patch) ? patch : {}) ?? query.looks,
  )
  world.predicted.push({
    node: prediction.node,
    index: prediction.index,
    patches,
    labels: labelsOf(world, [...own, ...prediction.labels]),
  })
}

/** A change has happened: every older answer it may have changed is to be read again. */
export const happen = (world: World, labels: Label[]): void => {
  world.happened.push({ labels: labelsOf(world, labels), at: ++world.clock })
}
