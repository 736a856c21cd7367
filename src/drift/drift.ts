import type { Event, InputFingerprints } from '../core/event.ts'
import type { Edge, Node } from '../graph/graph.ts'
import type { Conflict } from '../plan/conflicts.ts'
import { hasSameInputs, inputFingerprints } from '../plan/input-fingerprints.ts'
import { byHost, type Environment, readAll, requireNewReads } from '../plan/plan.ts'
import type { Line, MissingReads, Session } from '../plan/session.ts'
import { aside, type Planned, planNode } from '../plan/walk.ts'
import { unfinishedLines } from '../planfile/match-saved-plan.ts'

/**
 * How the newest run that dealt with a line has left it, and when that run was over: as it was asked for, where `asks`
 * says what that was.
 */
export type LeftState = { run: string; time: number; asks?: InputFingerprints }
type Remembered = { id: string; events: Event[] }

const isLeftOut = (event: Event & { type: 'result' }): boolean =>
  event.status === 'refused' || (event.status === 'skipped' && event.needs !== undefined)

/**
 * What the runs, the newest first, have left of each line. A run that did not come to a line leaves it to those before;
 * one that failed there, or was cut off, leaves nothing to compare with. Prints count that are made with the key that
 * `keyPrint` is of.
 */
export const leftStates = (runs: Remembered[], keyPrint: string): Map<string, LeftState> => {
  const left = new Map<string, LeftState>()
  for (const { id, events } of runs) {
    const isOurs = events.some(event => event.type === 'started' && event.keyPrint === keyPrint)
    const over = { run: id, time: events.at(-1)?.time ?? 0 }
    const own = new Map<string, LeftState>([...unfinishedLines(events)].map(node => [node, over]))
    for (const event of events) {
      if (event.type !== 'result' || isLeftOut(event)) continue
      const isGood = isOurs && (event.status === 'ok' || event.status === 'changed')
      own.set(event.node, { ...over, ...(isGood && event.asks ? { asks: event.asks } : {}) })
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
 * Each node by itself, on hosts as they are: nothing that would be done before it has happened. Outputs are those of the
 * plan, which is left as it was.
 */
const alone = async (session: Session, outside: Environment, nodes: Node[]): Promise<Map<string, Line>> => {
  const { outputs, causes } = session
  for (let last = ''; ; ) {
    const wanted: MissingReads = new Map()
    const lines = aside(session, () =>
      nodes.flatMap(node => {
        for (const world of session.worlds.values()) world.predicted = []
        session.outputs = new Map(outputs)
        session.causes = new Map(causes)
        return planNode(session, node, wanted).lines
      }),
    )
    if (wanted.size === 0) return new Map(lines.map(line => [line.id, line]))
    last = requireNewReads(last, wanted)
    await readAll(session, outside, wanted)
  }
}

/** Everything that comes before a node, over edges of every kind. */
const before = ({ graph }: Session, node: Node): Set<Node> => {
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
const isHeldUp = ({ lost }: Session, { verdict, needs, host }: Line): boolean =>
  verdict === 'undecided' || (verdict === 'skipped' && needs !== undefined && !lost.has(host) && !lost.has(needs))

/** It waits, or something has to run again, or nobody knows yet: it may be so only because of something else. */
const mayFollow = (planned: Line, now: Line, everyTime: ReadonlySet<string>): boolean =>
  planned.verdict === 'undecided'
    ? !everyTime.has(planned.needs ?? '')
    : now.verdict === 'change' && (now.byItself || now.diff.length === 0)

/** Lines that say the same of a host whatever it has become: those of every run, of fights, of messages. */
const isOfEveryRun = (line: Line): boolean => line.always || line.node.task.handler

/**
 * What has moved since the runs that left it: asked the same as then, it would have to be done again, and not only
 * because of what would be done before it.
 */
export const driftOf = async (
  session: Session,
  outside: Environment & { key: Buffer },
  planned: Planned[],
  fighting: Conflict[],
  left: Map<string, LeftState>,
): Promise<Drift> => {
  const all = byHost(session, planned).filter(line => line.node.included.has(line.host))
  const everyTime = new Set([...fighting.map(({ line }) => line), ...all.filter(isOfEveryRun).map(line => line.id)])
  const lines = all.filter(line => !everyTime.has(line.id) && (isDue(line) || isHeldUp(session, line)))
  const sorted = Map.groupBy(lines, line => {
    const was = left.get(line.id)?.asks
    const is = inputFingerprints(outside.key, line)
    if (line.verdict === 'skipped') return 'follow'
    if (was === undefined) return 'undone'
    // What it is asked is not known before something else has been done.
    if (is === undefined) return 'follow'
    return hasSameInputs(was, is) ? 'same' : 'edited'
  })
  const same = sorted.get('same') ?? []
  const now = await alone(session, outside, [...new Set(same.map(line => line.node))])
  const otherwise = same.flatMap(line => {
    const found = now.get(line.id)
    return found && isDue(found) ? [{ line: found, isLoose: mayFollow(line, found, everyTime) }] : []
  })
  const own = new Set(otherwise.filter(({ isLoose }) => !isLoose).map(({ line }) => line.node))
  const moved = otherwise.filter(({ line, isLoose }) => !isLoose || own.isDisjointFrom(before(session, line.node)))
  return {
    moved: moved.map(({ line }) => ({ line, left: left.get(line.id)! })),
    follow: same.length - moved.length + (sorted.get('follow')?.length ?? 0),
    edited: sorted.get('edited')?.length ?? 0,
    undone: sorted.get('undone')?.length ?? 0,
  }
}
