import { Later, unknownsIn } from '../core/unknown.ts'
import { isRecord, same } from '../core/value.ts'
import { nodeId } from '../graph/graph.ts'
import type { AnyQuery } from '../module/query.ts'
import { isHit } from '../world/prediction.ts'
import { labelsIn } from '../world/world.ts'
import { queriesOf } from './decide.ts'
import { endsHost, isRescued } from './failure-policy.ts'
import type { Line } from './line.ts'
import { walkInPieces } from './walk.ts'
import { beginWalk, type Walk, worldOn } from './walk-state.ts'

/** A line that the next run will not leave as it is, and why: mostly two lines undo each other. */
export type Conflict = { line: string; why: string }

/** Every line planned once more in the world that the whole playbook predicts. */
const walkPredictedWorld = ({ known, predicted }: Walk, signal?: AbortSignal): Promise<Walk> =>
  walkInPieces(beginWalk(known, { predicted: new Map(predicted) }), known.graph.nodes, signal)

/**
 * What the next run would change again, would fail at, or could not decide because of such a change, by the world that the
 * whole playbook predicts. `missing`: what has to be read before that can be told of all.
 */
export const conflictsIn = async (
  walk: Walk,
  signal?: AbortSignal,
): Promise<{ conflicts: Conflict[]; missing: Walk['missing'] }> => {
  // Nothing is predicted: planned again, everything would come out as it did.
  if (walk.predicted.size === 0) return { conflicts: [], missing: new Map() }
  const stopped = new Set(
    walk.planned.flatMap(p => p.lines.filter(line => endsHost(walk.known.graph, line)).map(line => line.machine)),
  )
  const again = await walkPredictedWorld(walk, signal)
  const lines = again.planned.flatMap(p => p.lines).filter(line => !stopped.has(line.machine))
  // Where the details are open even then, nobody can say what the next run will see.
  const firstLines = new Map(walk.planned.flatMap(p => p.lines.map(one => [one.id, one])))
  const isWait = ({ byItself, node }: Line): boolean => byItself && node.task.repeats !== undefined
  const isChanged = (l: Line): boolean =>
    l.verdict === 'change' && !isWait(l) && !l.always && !l.details && !isBrought(firstLines.get(l.id), l)
  const changed = new Set(lines.filter(isChanged).map(l => l.id))
  const open = openBehind(lines, changed)
  const conflicts = lines.flatMap((line): Conflict[] => {
    if (changed.has(line.id)) return [{ line: line.id, why: whyAgain(walk, line, changed) }]
    // What is rescued now is so then too.
    const isAsBefore = isRescued(walk.known.graph, line) && firstLines.get(line.id)?.verdict === 'fail'
    if (line.verdict === 'fail' && !isAsBefore) return [{ line: line.id, why: whyFailing(walk, line, changed) }]
    if (open.has(line.id))
      return [{ line: line.id, why: `the next plan cannot decide it before ${line.needs} has changed once more.` }]
    return isMadeOnce(firstLines.get(line.id), line) && saysNothing(again, line)
      ? [{ line: line.id, why: whyEmpty(line.needs!) }]
      : []
  })
  return { conflicts, missing: again.missing }
}

/** What a line brings to the controller is there by then, unless it is to be another: nothing is predicted of the controller. */
const isBrought = (first: Line | undefined, { steps, will }: Line): boolean =>
  will.length === 0 && steps.length > 0 && steps.every(step => step.do === 'download') && same(first?.steps, steps)

/** Whether what a line is made of waits for another one in this run, and is known in the next, which does not do that again. */
const isMadeOnce = (first: Line | undefined, { verdict, needs, inputs }: Line): boolean => {
  const waits = (of: Line['inputs']): boolean => unknownsIn(of).some(one => one instanceof Later && one.node === needs)
  return verdict === 'undecided' && first?.verdict === 'change' && waits(first.inputs) && !waits(inputs)
}

/** The texts that are registered; of what did not have to run, and says why, it is not what it would have said. */
const textsIn = (outputs: unknown): string[] => {
  if (!isRecord(outputs)) return []
  const isUnrun = outputs.start === null && isText(outputs.msg) && outputs.msg !== ''
  return isUnrun ? [''] : Object.values(outputs).filter(isText)
}

/** Whether who is waited for registers texts, and all of them are empty in the next run. */
const saysNothing = ({ planned }: Walk, { needs }: Line): boolean => {
  const makers = planned.flatMap(p => p.lines).filter(({ host, node }) => nodeId(host, node.task) === needs)
  const texts = makers.flatMap(({ outputs }) => textsIn(outputs))
  return texts.length > 0 && texts.every(text => text === '')
}
const isText = (value: unknown): value is string => typeof value === 'string'

const whyEmpty = (maker: string): string =>
  `the next run will change it again: it is made of what ${maker} says, and says only when it has something to do. Put that into a file, and let a task read it from there.`

/** The lines that stay undecided because of one that changes again, directly or through each other. */
const openBehind = (lines: Line[], changed: ReadonlySet<string>): ReadonlySet<string> => {
  const open = new Set<string>()
  // In plan order, so that what a line waits for has been looked at before.
  for (const { id, verdict, needs } of lines)
    if (verdict === 'undecided' && needs !== undefined && (changed.has(needs) || open.has(needs))) open.add(id)
  return open
}

/** Whether a link will lead elsewhere: then what is behind it may not have been looked at. */
export const isRelinked = ({ predicted }: Walk): boolean =>
  [...predicted.values()].some(log => log.some(p => [...p.moves.values()].some(to => to !== null)))

type Rivals = { first: string | undefined; later: string | undefined }

/**
 * Who else changes what one of the queries looks at: the last one that changes again itself, and the last one that comes
 * after the line.
 */
const rivalsOf = (walk: Walk, line: Line, queries: AnyQuery[], changed: ReadonlySet<string>): Rivals => {
  const world = worldOn(walk, line.machine)
  const turn = walk.planned.find(({ node }) => node === line.node)?.logLengths.get(line.machine) ?? 0
  // By its name as written and by its one name: a link on the way may be what the other changes.
  const looks = queries.flatMap(({ looks: [itself = ''] }) => [itself, ...labelsIn(world, [itself])])
  const rivals = world.predicted.filter(p => p.node !== line.id && isHit(p, looks))
  return {
    first: rivals.findLast(p => changed.has(p.node))?.node,
    later: rivals.findLast(p => p.index >= turn)?.node,
  }
}

/** What a line depends on, in the order in which a change of it is told: what comes after it undoes what it found. */
const causeOfAgain = (walk: Walk, line: Line, changed: ReadonlySet<string>): string | undefined => {
  const { first, later } = rivalsOf(walk, line, queriesOf(line.reads), changed)
  return later ?? first
}

/** A query under what it looks at last. */
const lastLook = (query: AnyQuery): AnyQuery => ({ ...query, looks: query.looks.slice(-1) })

const whyAgain = (walk: Walk, line: Line, changed: ReadonlySet<string>): string => {
  const own = line.will.map(([query]) => query)
  const { first, later } = rivalsOf(walk, line, own, changed)
  // A unit is stopped and started with others too: who does that is told of only where nobody sets it itself.
  const rival = first ?? later ?? rivalsOf(walk, line, own.map(lastLook), changed).first
  if (rival && own[0])
    return `it and ${rival} both set ${own[0].subject}, each undoing the other: every run will change it again. Keep one of the two.`
  const cause = causeOfAgain(walk, line, changed)
  return cause
    ? `the next run will change it again, since ${cause} changes what it depends on. Let it come after ${cause}.`
    : 'the next run will change it again, since others change what it depends on.'
}

const whyFailing = (walk: Walk, line: Line, changed: ReadonlySet<string>): string => {
  const cause = causeOfAgain(walk, line, changed)
  const since = cause ? `, since ${cause} changes what it depends on. Let the two agree` : ''
  return `the next run will fail here: ${(line.why ?? 'it cannot be done').replace(/\.$/, '')}${since}.`
}
