import { isUnknown, Lost, unknownsIn } from '../core/unknown.ts'
import { type Edge, machineOf, type Node, nodeId } from '../graph/graph.ts'
import { playsBefore } from '../graph/play-barriers.ts'
import { catchUnknown } from '../plan/decide.ts'
import { causeOf } from '../plan/failure-policy.ts'
import { type WantedInclude, wantedBy } from '../plan/included.ts'
import { isLost } from '../plan/known.ts'
import { blank, type Line, unknownLine } from '../plan/line.ts'
import { readAll } from '../plan/plan.ts'
import { planNode, register } from '../plan/walk.ts'
import { type MissingReads, type Walk, withoutPredictions } from '../plan/walk-state.ts'
import { travels } from './bundle.ts'
import type { RunContext } from './context.ts'
import { asShown } from './moved.ts'
import { isDone, isPlayOver, type Progress, recordPlanned } from './progress.ts'
import { promiseTest } from './promise-test.ts'
import { isTogether } from './together.ts'

/** Whether a play has ended but for what travels. Asked for every node that is left: an answer holds until more travels. */
const isBehind = (progress: Progress, play: Node['play'], { bundled, open }: Draft): boolean => {
  if (open.get(play) === bundled.size) return false
  const isOver = isPlayOver(progress, play, bundled)
  if (!isOver) open.set(play, bundled.size)
  return isOver
}

/** Whether a node may start on a host, given what has ended and what travels in the same frame before it. */
const isReady = (progress: Progress, { node, host }: Spot, draft: Draft): boolean => {
  const { barriers } = progress.context.known.graph
  if (!playsBefore(barriers, node).every(play => isBehind(progress, play, draft))) return false
  if (!isTogether(progress, node, draft.bundled)) return false
  return node.edges.every(edge => isPassed(progress, { node, host }, edge, draft))
}

/** Whether what an edge of a node on a host leads to has ended, or travels. */
const isPassed = (progress: Progress, { node, host }: Spot, { on: id, kind }: Edge, { bundled }: Draft): boolean => {
  const { known } = progress.context
  const on = known.graph.byId.get(id)!
  const counts = (at: string): boolean =>
    kind === 'order' || kind === 'notify'
      ? at === host
      : kind !== 'machine' || machineOf(on, at) === machineOf(node, host)
  return on.hosts.every(
    at => !counts(at) || isLost(known, at) || bundled.has(nodeId(at, on.task)) || isDone(progress, on, at),
  )
}

/** A line that something keeps from running is told in its spot among those of its machine. */
const isTurn = (progress: Progress, spot: Spot, draft: Draft): boolean =>
  spot.node.edges.every(edge => edge.kind !== 'machine' || isPassed(progress, spot, edge, draft))

/** A node on one of its hosts. */
export type Spot = { node: Node; host: string }

/** A node that several hosts are needed for, and which hosts of a machine have come to it. */
export type Barrier = { node: Node; hosts: string[] }

/** What a machine does next: a bundle of lines, a barrier, or nothing but that reads have come in. */
export type NextWork = { bundle: Line[]; barrier?: Barrier; progressed?: boolean }

/**
 * What has been found for a machine so far: lines that go together, and their nodes as `host/task`; plays that have not ended,
 * with how many of these there were.
 */
type Draft = {
  walk: Walk
  bundle: Line[]
  bundled: Set<string>
  open: Map<Node['play'], number>
  barrier?: Barrier
}

/** The next lines of a machine that can go together: as many decided ones as travel in one frame, or one that does not. */
export const scheduleNext = async (progress: Progress, left: Spot[]): Promise<NextWork> => {
  const { context } = progress
  const draft: Draft = { walk: withoutPredictions(context.walk), bundle: [], bundled: new Set(), open: new Map() }
  for (const spot of left) {
    const { node, host } = spot
    const cause = causeOf(draft.walk, node, host)
    if (!(cause === undefined ? isReady : isTurn)(progress, spot, draft)) continue
    if (node.collective) {
      addCollective(context, draft, node, host, cause)
      continue
    }
    const lines = cause === undefined ? linesOn(draft.walk, node, host) : skippedLines(context, node, host, cause)
    const { missing } = draft.walk
    if (missing.size > 0) {
      if (draft.bundle.length > 0) break
      await readMissing(context, missing)
      return { bundle: [], progressed: true }
    }
    const wanted = cause === undefined ? wantedBy(draft.walk, [node]) : []
    if (wanted.length > 0) {
      if (draft.bundle.length > 0) break
      await bringMore(progress, wanted)
      return { bundle: [], progressed: true }
    }
    if (!addLines(context, draft, node, host, lines)) break
  }
  const { bundle, barrier } = draft
  return bundle.length === 0 && barrier ? { bundle, barrier } : { bundle }
}

/** The first barrier that a machine has come to, with all of its hosts that have. */
const comeTo = (draft: Draft, node: Node, host: string): void => {
  draft.barrier ??= { node, hosts: [] }
  if (draft.barrier.node.task === node.task) draft.barrier.hosts.push(host)
}

/** Plans a node as the next of a draft; what it predicts stays only if its lines are added. */
const linesOn = (walk: Walk, node: Node, host: string): Line[] =>
  planNode(walk, node).lines.filter(line => line.host === host)

/** A collective that is settled for this host goes with the bundle; one that is not is a barrier. */
const addCollective = (
  { known, planned, walk }: RunContext,
  draft: Draft,
  node: Node,
  host: string,
  cause: string | undefined,
): void => {
  const settled = cause === undefined ? okEverywhere(planned, node, host) : withoutHost(walk, node, host, cause)
  if (!settled) {
    comeTo(draft, node, host)
    return
  }
  if (!known.finished.has(settled.id)) draft.bundle.push(settled)
  draft.bundled.add(nodeId(host, node.task))
}

/** Adds what can go with the bundle. Returns whether more may follow. */
const addLines = (context: RunContext, draft: Draft, node: Node, host: string, planned: Line[]): boolean => {
  const lines = planned.map(line => asShown(context, line))
  recordPlanned(context, lines)
  const todo = lines.filter(line => !context.known.finished.has(line.id))
  if (node.task.rolling && todo.some(line => line.interrupts)) {
    comeTo(draft, node, host)
    withdrawPredictions(draft.walk)
    return true
  }
  const fit = fitting(draft.bundle, todo)
  draft.bundle.push(...fit)
  const isEnd =
    fit.length < todo.length || fit.some(l => l.verdict === 'fail' || (l.verdict === 'change' && !travels(l)))
  if (!isEnd) draft.bundled.add(nodeId(host, node.task))
  return !isEnd
}

/** Withdraws what the last node has predicted: its turn comes later. */
const withdrawPredictions = ({ planned, predicted }: Walk): void => {
  const { logLengths } = planned.at(-1)!
  for (const [machine, length] of logLengths) predicted.set(machine, predicted.get(machine)?.slice(0, length) ?? [])
}

/** A collective that was `ok` everywhere when planned is so for each host by itself: no barrier. */
const okEverywhere = (planned: Map<string, Line>, node: Node, host: string): Line | undefined => {
  const all = node.hosts.map(h => planned.get(nodeId(h, node.task)))
  return all.every(l => l?.verdict === 'ok' && l.phases.length === 0 && !isOpen(l))
    ? planned.get(nodeId(host, node.task))
    : undefined
}

/** The line of a host that takes no part in a collective, because of what it needs. */
const withoutHost = (walk: Walk, node: Node, host: string, cause: string): Line => {
  const line = unknownLine(blank(node, host), new Lost(cause), () => [])
  register(walk, node, host, [line])
  return line
}

/** The lines of a node as they were planned, loop items one by one, kept from running by a root cause. */
const skippedLines = ({ known, lines, walk }: RunContext, node: Node, host: string, cause: string): Line[] => {
  const own = (lines.get(nodeId(host, node.task)) ?? [blank(node, host)]).map(
    ({ id }) => known.finished.get(id) ?? unknownLine({ ...blank(node, host), id }, new Lost(cause), () => []),
  )
  register(walk, node, host, own)
  return own
}

/** Whether a part of what a line registers is not known yet, be it in what was handed on as it was given. */
const isOpen = ({ outputs }: Line): boolean => isUnknown(catchUnknown(() => unknownsIn(outputs)[0]))

/**
 * Lines in order while they are decided, with steps that are fully known, and travel; one that does not goes alone. Steps
 * follow a line only where the host can tell whether its promises hold.
 */
const fitting = (bundle: Line[], todo: Line[]): Line[] => {
  const fit: Line[] = []
  const lastChange = (): Line | undefined => [...bundle, ...fit].findLast(l => l.verdict === 'change')
  for (const line of todo) {
    if (line.verdict === 'undecided') break
    if (line.verdict === 'change' && unknownsIn([line.details, line.steps]).length > 0) break
    const before = lastChange()
    if (line.verdict === 'change' && before && !(travels(line) && promiseTest(before) !== undefined)) break
    // What it says is to come from a change before it: it is told once that has happened.
    if (line.verdict === 'ok' && before && isOpen(line)) break
    fit.push(line)
    if (line.verdict === 'change' && !travels(line)) break
  }
  return fit
}

/** What includes of a host ask for joins the graph now: whoever waits looks at the new one. */
const bringMore = async ({ context, open, forAll }: Progress, wanted: WantedInclude[]): Promise<void> => {
  const { known, readInclude } = context
  await (await import('../plan/bring.ts')).bring(known, wanted, readInclude!)
  open.clear()
  forAll.clear()
  context.wake()
}

const readMissing = async (context: RunContext, missing: MissingReads): Promise<void> => {
  const { lost } = context.known
  const before = lost.size
  await readAll(context.known, context, missing)
  if (lost.size > before) context.wake()
}
