import type { Event, InputFingerprints } from '../core/event.ts'
import { unfinishedLines } from '../core/unfinished-lines.ts'
import type { Edge, Node } from '../graph/graph.ts'
import { hasSameInputs, inputFingerprints } from '../plan/input-fingerprints.ts'
import { isLost, type Known } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import { byHost, type Environment, endingReads, type Plan, readAll } from '../plan/plan.ts'
import { planNode } from '../plan/walk.ts'
import { beginWalk, type Walk } from '../plan/walk-state.ts'

/**
 * How the newest run that dealt with a line has left it, and when that run was over: as it was asked for, where there
 * are `inputs`.
 */
export type LeftState = { run: string; time: number; inputs?: InputFingerprints }
type RecordedRun = { id: string; events: Event[] }

const isLeftOut = (event: Event & { type: 'result' }): boolean =>
  event.status === 'refused' || (event.status === 'skipped' && (event.needs !== undefined || event.unbegun === true))

/**
 * What the runs, the newest first, have left of each line. A run that did not come to a line leaves it to those before;
 * one that failed there, or was cut off, leaves nothing to compare with. Only fingerprints made with the key of
 * `keyPrint` count.
 */
export const leftStates = (runs: RecordedRun[], keyPrint: string): Map<string, LeftState> => {
  const left = new Map<string, LeftState>()
  for (const { id, events } of runs) {
    const isOurs = events.some(event => event.type === 'started' && event.keyPrint === keyPrint)
    const over = { run: id, time: events.at(-1)?.time ?? 0 }
    const own = new Map<string, LeftState>([...unfinishedLines(events)].map(node => [node, over]))
    for (const event of events) {
      if (event.type !== 'result' || isLeftOut(event)) continue
      const isGood = isOurs && (event.status === 'ok' || event.status === 'changed')
      own.set(event.node, { ...over, ...(isGood && event.asks ? { inputs: event.asks } : {}) })
    }
    for (const [node, one] of own) if (!left.has(node)) left.set(node, one)
  }
  return left
}

/** A line that is no longer as it was left. */
export type Moved = { line: Line; left: LeftState }
/** What has moved, and how many lines that are not `ok` have not, as far as can be told. */
export type Drift = { moved: Moved[]; follow: number; edited: number; undone: number }

/**
 * Each node by itself, on hosts as they are: nothing that would be done before it has happened. What it gets from other
 * nodes is as in the plan.
 */
const linesAlone = async (plan: Walk, outside: Environment, nodes: Node[]): Promise<Map<string, Line>> => {
  const { known } = plan
  const goesOn = endingReads(known, outside.emit)
  for (;;) {
    const missing: Walk['missing'] = new Map()
    const lines = nodes.flatMap(node => {
      const alone = beginWalk(known, {
        ...{
          outputs: new Map(plan.outputs),
          causes: new Map(plan.causes),
          inFlight: new Map(plan.inFlight),
          shared: new Map(plan.shared),
        },
        missing,
      })
      return planNode(alone, node).lines
    })
    if (missing.size === 0) return new Map(lines.map(line => [line.id, line]))
    goesOn(missing)
    await readAll(known, outside, missing)
  }
}

/** Everything that comes before a node, over edges of every kind. */
const before = ({ graph }: Known, node: Node): Set<Node> => {
  const found = new Set<Node>()
  const add = ({ on }: Edge): void => {
    const at = graph.byId.get(on)!
    if (found.has(at)) return
    found.add(at)
    at.edges.forEach(add)
  }
  node.edges.forEach(add)
  return found
}

const isDue = ({ verdict }: Pick<Line, 'verdict'>): boolean => verdict === 'change' || verdict === 'fail'
/** Not decided, or not come to: because of something else. */
const isHeldUp = (known: Known, { verdict, needs, host }: Line): boolean =>
  verdict === 'undecided' ||
  (verdict === 'skipped' && needs !== undefined && !isLost(known, host) && !isLost(known, needs))

/** It waits, or something has to run again, or nobody knows yet: it may be so only because of something else. */
const mayFollow = (planned: Line, now: Line, everyTime: ReadonlySet<string>): boolean =>
  planned.verdict === 'undecided'
    ? !everyTime.has(planned.needs ?? '')
    : now.verdict === 'change' && (now.byItself || now.diff.length === 0)

/** Lines that say the same of a host whatever it has become: those of every run, of conflicts, of messages. */
const isOfEveryRun = (line: Line): boolean => line.always || line.node.task.handler

type Sorted = Record<'same' | 'follow' | 'edited' | 'undone', Line[]>

/** Lines that are not as they should be, by what can be said of them: only those that were asked the same as then may have moved. */
const sortLines = (lines: Line[], left: Map<string, LeftState>, key: Buffer): Sorted => {
  const sorted: Sorted = { same: [], follow: [], edited: [], undone: [] }
  const kindOf = (line: Line): keyof Sorted => {
    const was = left.get(line.id)?.inputs
    if (line.verdict === 'skipped') return 'follow'
    if (was === undefined) return 'undone'
    const is = inputFingerprints(key, line)
    // What it is asked is not known before something else has been done.
    if (is === undefined) return 'follow'
    return hasSameInputs(was, is) ? 'same' : 'edited'
  }
  for (const line of lines) sorted[kindOf(line)].push(line)
  return sorted
}

/**
 * What has moved since the runs that left it: asked the same as then, it would have to be done again, and not only
 * because of what would be done before it.
 */
export const driftOf = async (
  { walk, conflicts }: Plan,
  outside: Environment & { key: Buffer },
  left: Map<string, LeftState>,
): Promise<Drift> => {
  const { known } = walk
  const all = byHost(walk).filter(line => line.node.included.has(line.host))
  const everyTime = new Set([...conflicts.map(({ line }) => line), ...all.filter(isOfEveryRun).map(line => line.id)])
  const lines = all.filter(line => !everyTime.has(line.id) && (isDue(line) || isHeldUp(known, line)))
  const { same, follow, edited, undone } = sortLines(lines, left, outside.key)
  const now = await linesAlone(walk, outside, [...new Set(same.map(line => line.node))])
  const otherwise = same.flatMap(line => {
    const found = now.get(line.id)
    return found && isDue(found) ? [{ line: found, isLoose: mayFollow(line, found, everyTime) }] : []
  })
  const own = new Set(otherwise.filter(({ isLoose }) => !isLoose).map(({ line }) => line.node))
  const moved = otherwise.filter(({ line, isLoose }) => !isLoose || own.isDisjointFrom(before(known, line.node)))
  return {
    moved: moved.map(({ line }) => ({ line, left: left.get(line.id)! })),
    follow: same.length - moved.length + follow.length,
    edited: edited.length,
    undone: undone.length,
  }
}
