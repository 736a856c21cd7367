import type { DueHandler, Explained } from '../core/event.ts'
import { type Failure, refuse } from '../core/failure.ts'
import { nodeId } from '../graph/graph.ts'
import { explain, toldSubject } from '../plan/explain.ts'
import { lineFingerprint } from '../plan/fingerprint.ts'
import type { Known } from '../plan/known.ts'
import { failLine, type Line } from '../plan/line.ts'
import { type Environment, planOn } from '../plan/plan.ts'
import type { Walk } from '../plan/walk-state.ts'
import { describeMismatch, readsTheSame, type SavedSide } from './describe-mismatch.ts'
import type { SavedPlan } from './saved-plan.ts'

/** A saved plan that is to be applied: what is planned now may do no more than it shows. */
export type ExpectedPlan = {
  key: Buffer
  lines: Map<string, SavedSide>
  /** The lines of each task on a host that were to change something: of a loop, one for each item. */
  changes: Map<string, string[]>
  /** What becomes of a line that is not as it was saved: it is not done, or done as it is now. */
  moved: 'refuse' | 'refresh'
  /** Whether the plan shows that a node (`host/task`) does something, or may. */
  mayRun(node: string): boolean
  /** Lines that a run which this one goes on with has begun and not ended: they may be found half done. */
  begun: ReadonlySet<string>
}

/** A saved plan that is being applied, with its file, when it was made, what was due then, and what a person should know. */
export type AppliedPlan = { file: string; expected: ExpectedPlan; made: Date; due: DueHandler[]; caveats: string[] }

/** `host/task` of a line, also of one item of a loop. */
const baseOf = (id: string): string => id.split('[')[0]!
/** The include that has brought a task: it is there before what it brings. No other slug has a dot. */
const includeOf = (id: string): string => id.replace(/\/([^./]+)\..*$/, '/$1')

export const expectedPlanFrom = (
  { events, lines }: SavedPlan,
  how: Pick<ExpectedPlan, 'key' | 'moved' | 'begun'>,
): ExpectedPlan => {
  const said = new Map(events.flatMap(event => (event.type === 'planned' ? [[event.node, event] as const] : [])))
  const acting = lines
    .map(({ node }) => said.get(node)!)
    .filter(({ verdict }) => verdict === 'change' || verdict === 'undecided' || verdict === 'standby')
  const doing = new Set(acting.map(({ node }) => baseOf(node)))
  const changes = lines.map(({ node }) => node).filter(node => said.get(node)!.verdict === 'change')
  return {
    ...how,
    lines: new Map(lines.map(line => [line.node, { line, said: said.get(line.node)! }])),
    changes: Map.groupBy(changes, baseOf),
    mayRun: node => doing.has(node),
  }
}

const taskOf = ({ host, node }: Line): string => nodeId(host, node.task)

/** Throws a Refusal (`plan-stale`) where the plan has tasks that there are no more: no host need be asked for that. */
export const checkTasks = ({ graph }: Known, { lines }: ExpectedPlan): void => {
  const known = new Set(graph.nodes.flatMap(node => node.hosts.map(host => nodeId(host, node.task))))
  const gone = [...new Set([...lines.keys()].map(baseOf))].filter(id => !known.has(id) && !known.has(includeOf(id)))
  if (gone.length > 0)
    refuse('plan-stale', 'The plan has tasks that there are no more.', {
      why: gone.join(', '),
      fix: 'Make the plan again.',
    })
}

/** The saved side of a line: of a loop that was undecided the task's own, for every item. */
const savedSide = ({ lines }: ExpectedPlan, line: Line): SavedSide | undefined =>
  lines.get(line.id) ?? lines.get(taskOf(line))

/**
 * Whether a line was shown over what only other nodes would make known, and one of these has done so: then it may turn out
 * to be another change, but not of anything else.
 */
const isOpen = (
  { said, line: saved }: SavedSide,
  line: Line,
  done: ReadonlySet<string>,
  { key }: ExpectedPlan,
): boolean => {
  const shown = new Set(saved.will.map(({ subject }) => subject))
  return (
    [line.verdict, said.verdict].every(verdict => verdict === 'change') &&
    saved.reads.some(({ open }) => open.some(id => done.has(id))) &&
    line.will.every(([query]) => shown.has(toldSubject(query, line.hidden, key)))
  )
}

/** Whether a line would do what the plan does not show. One that is done already, or fails, does nothing. */
const isOther = (expected: ExpectedPlan, line: Line, items: ReadonlySet<string>): boolean => {
  if (line.verdict !== 'change' && line.verdict !== 'undecided') return false
  if (line.refusal || expected.begun.has(line.id)) return false
  const saved = savedSide(expected, line)
  if (saved === undefined) return true
  if (saved.said.verdict === 'undecided') return false
  // An item of its loop has gone: then the loop is another one.
  const isShort = expected.changes.get(taskOf(line))?.some(id => !items.has(id)) ?? false
  return isShort || lineFingerprint(expected.key, line, saved.line.openPlaces) !== saved.line.fingerprint
}

/** The lines that there is nothing to do for any more. */
const doneIn = ({ planned }: Walk): Set<string> => {
  const lines = planned.flatMap(one => one.lines)
  return new Set(lines.filter(({ verdict }) => verdict === 'ok' || verdict === 'skipped').map(({ id }) => id))
}

/** Lines as they would be explained now, by their ids. */
const explainedNow = (walk: Walk, lines: Line[], { key }: ExpectedPlan): Map<string, Explained> => {
  const ids = new Set(lines.map(({ id }) => id))
  return new Map(ids.size === 0 ? [] : explain(walk, ({ id }) => ids.has(id), key).map(one => [one.node, one]))
}

/** The lines that have moved, in plan order. */
const movedIn = (walk: Walk, expected: ExpectedPlan): Line[] => {
  const done = doneIn(walk)
  const all = walk.planned.map(({ node, lines }) => {
    const own = lines.filter(line => node.included.has(line.host))
    const ids = new Set(own.map(({ id }) => id))
    return { node, own, other: own.filter(line => isOther(expected, line, ids)) }
  })
  const open = all
    .flatMap(({ other }) => other)
    .filter(line => {
      const saved = savedSide(expected, line)
      return saved !== undefined && isOpen(saved, line, done, expected)
    })
  const now = explainedNow(walk, open, expected)
  const isMoved = (line: Line): boolean =>
    !now.has(line.id) || !readsTheSame(savedSide(expected, line)!, now.get(line.id)!)
  return all.flatMap(({ node, own, other }) => {
    const moved = other.filter(isMoved)
    // The hosts of a collective decide together: the others would decide without this one.
    return node.collective && moved.length > 0
      ? own.filter(({ verdict }) => verdict !== 'skipped' && verdict !== 'fail')
      : moved
  })
}

const refusalOf = (line: Line, why: string): Failure => ({
  reason: 'plan-moved',
  what: `${line.host} has moved on since the plan was made.`,
  why,
  fix: 'Look at it; then apply with --refresh, or make the plan again.',
  origin: line.node.task.origin,
})

/** Each line that has moved with both its sides. */
const described = (walk: Walk, expected: ExpectedPlan, moved: Line[]): { line: Line; why: string }[] => {
  const now = explainedNow(walk, moved, expected)
  return moved.map(line => {
    const saved = savedSide(expected, line)
    // Of a line that is hidden the plan has no difference to compare with.
    const diff = line.hidden ? (saved?.said.diff ?? []) : walk.known.secrets.value(line.diff)
    return { line, why: describeMismatch(saved, now.get(line.id)!, diff) }
  })
}

/**
 * Those that have moved by themselves, as far as can be told at once: of each host the first, with all of its collective.
 * What comes behind may be otherwise only because of it.
 */
const firsts = (moved: Line[]): Line[] => {
  const taken = new Set<string>()
  return [...Map.groupBy(moved, line => line.node).values()].flatMap(lines => {
    const isFirst = lines.every(({ host }) => !taken.has(host))
    for (const { host } of lines) taken.add(host)
    return isFirst ? lines : []
  })
}

/** The lines of a plan that are refused, as lines that have been dealt with. */
const refusedLines = (walk: Walk, expected: ExpectedPlan, moved: Line[]): [string, Line][] =>
  described(walk, expected, firsts(moved)).map(({ line, why }) => {
    const refusal = refusalOf(line, why)
    return [line.id, { ...failLine(line, refusal.what, refusal.fix), steps: [], diff: [], refusal }]
  })

/**
 * Matches what is planned now with a saved plan: what has moved is refused, and everything is planned again without
 * it, until all that is left is as it was saved. With `refresh` what has moved is only told.
 */
export const matchSavedPlan = async (walk: Walk, outside: Environment, expected: ExpectedPlan): Promise<Walk> => {
  const { known } = walk
  if (expected.moved === 'refresh') {
    for (const { line, why } of described(walk, expected, movedIn(walk, expected)))
      outside.emit({ type: 'warning', node: line.id, text: `it has moved on and is planned anew.\n${why}` })
    return walk
  }
  let now = walk
  const finished = new Map(known.finished)
  for (let moved = movedIn(now, expected); moved.length > 0; moved = movedIn(now, expected)) {
    for (const [id, line] of refusedLines(now, expected, moved)) finished.set(id, line)
    now = (await planOn({ ...known, finished }, outside)).walk
  }
  // Refused lines are told, and so dealt with, when the run begins.
  return { ...now, known }
}

/** Plans everything once more from what has been read by now. What had moved, and is planned anew, has been told. */
export const replanMatched = async (
  known: Known,
  outside: Environment,
  expected: ExpectedPlan | undefined,
): Promise<Walk> => {
  const { walk } = await planOn(known, outside)
  return expected?.moved === 'refuse' ? matchSavedPlan(walk, outside, expected) : walk
}
