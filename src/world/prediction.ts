import { born, isUnknown, Later, Missing } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { completeLabels, type Label, overlapping } from '../module/label.ts'
import { type AnyQuery, touchedBy } from '../module/query.ts'
import { type BoundReach, reaches, reachHits } from '../module/reach.ts'
import { canonicalLabels, type KnownLinks, type Moves, movesOf } from './canonical-path.ts'
import { completeFilePatch } from './complete-file-patch.ts'
import { isFileQuery, predictedKey } from './file-answers.ts'

/** A change that is still to come, in plan order: what it promises, and what else it may touch. */
export type Prediction = {
  node: string
  /** Its place in the log, which is its moment. */
  index: number
  patches: Map<string, unknown>
  labels: Label[]
  reach?: BoundReach
  moves: Moves
  /** What may come to lead elsewhere, nobody knows where: this hides what is asked for by a name behind it. */
  adrift: Label[]
}

/** Predicted moments lie after every real one: they are ordered as the changes will be. */
export const future = 4e15

/** A reach with the one names of its paths. */
export const canonicalReach = (links: KnownLinks, { over, except, written }: BoundReach): BoundReach => ({
  over: canonicalLabels(links, over),
  except: canonicalLabels(links, except),
  written: canonicalLabels(links, written),
})

type Touching = Pick<Prediction, 'labels' | 'reach'>

/** Whether a change may alter an answer that looks at these. `more` is what it depends on besides, out of no reach. */
export const isHit = ({ labels, reach }: Touching, looks: Label[], more: Label[] = []): boolean =>
  overlapping(labels, looks) || overlapping(labels, more) || (reach !== undefined && reaches(reach, looks))

/** What of a change may alter such an answer. */
export const hitsOf = ({ labels, reach }: Touching, looks: Label[], more: Label[] = []): Label[] => [
  ...labels.filter(label => overlapping([label], looks) || overlapping([label], more)),
  ...(reach ? reachHits(reach, looks) : []),
]

/** What a node will do to a machine, as the next entry of its log. `labels`: what it may touch besides what it promises. */
export const predictionOf = (
  links: KnownLinks,
  change: { node: string; patches: [AnyQuery, unknown][]; labels: Label[]; reach?: BoundReach | undefined },
): Prediction => {
  const patches = new Map(change.patches.map(([query, patch]) => [predictedKey(links, query), patch]))
  const own = change.patches.flatMap(([query, patch]) => touchedBy(query, isRecord(patch) ? patch : {}))
  const labels = completeLabels(canonicalLabels(links, [...own, ...change.labels]))
  const moves = movesOf(patches)
  return {
    node: change.node,
    index: links.predicted.length,
    patches,
    labels,
    ...(change.reach ? { reach: canonicalReach(links, change.reach) } : {}),
    moves,
    adrift: labels.filter(label => label.startsWith('tree:') && !moves.has(label.slice('tree:'.length))),
  }
}

/** The answer after a prediction of its own key. What is newly made is unknown but for what is promised. */
export const patched = (before: unknown, promise: unknown, { node, index }: Prediction, query: AnyQuery): unknown => {
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
