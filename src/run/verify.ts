import type { Failure } from '../core/failure.ts'
import { isUnknown } from '../core/unknown.ts'
import { isRecord, same } from '../core/value.ts'
import type { Node } from '../graph/graph.ts'
import type { AnyQuery } from '../module/query.ts'
import { queriesOf } from '../plan/decide.ts'
import type { Known } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import { endingReads, readAll } from '../plan/plan.ts'
import { planNode } from '../plan/walk.ts'
import { askedFor, type Walk, withoutPredictions, worldOn } from '../plan/walk-state.ts'
import { answer } from '../world/world.ts'
import type { RunContext } from './context.ts'
import { brokenPromiseFailure, failedAgain } from './failure-messages.ts'

/** What planning again over fresh answers said: done with outputs, or why not (yet). */
export type ReplanResult =
  | { outputs: unknown; failure?: undefined }
  | { outputs?: undefined; failure: Failure; broken: string }

/** What a line asks of its machine. */
export const hostQueries = (known: Known, line: Line): AnyQuery[] =>
  queriesOf(line.reads)
    .filter(q => q.probe.side === 'host')
    .map(askedFor(known, line))

/** Plans again, with nothing predicted, until nothing is missing; what is missing is read first. */
export const replan = async (context: RunContext, plan: (walk: Walk) => Line[]): Promise<Line[]> => {
  const goesOn = endingReads(context.known, context.emit)
  for (;;) {
    const walk = withoutPredictions(context.walk)
    const lines = plan(walk)
    if (walk.missing.size === 0) return lines
    goesOn(walk.missing)
    await readAll(context.known, context, walk.missing)
    if ([...walk.missing.keys()].some(machine => context.known.lost.has(machine)))
      return plan(withoutPredictions(context.walk))
  }
}

/** Plans a node again on all its hosts. */
export const replanNode = (context: RunContext, node: Node): Promise<Line[]> =>
  replan(context, walk => planNode(walk, node).lines)

const wordFor = (value: unknown): string =>
  isRecord(value) && typeof value.digest === 'string' ? value.digest.slice(0, 12) : JSON.stringify(value)

/** The first promise that did not come true. Only what was said is compared; an unknown is learned, not compared. */
const brokenPromise = ({ walk }: RunContext, line: Line): string | undefined => {
  const world = worldOn(withoutPredictions(walk), line.machine)
  for (const [query, patch] of line.will) {
    const found = answer(world, query)
    if (isUnknown(found)) continue
    for (const [member, promised] of isRecord(patch) ? Object.entries(patch) : [['', patch]]) {
      const is = member === '' ? found : (found as Record<string, unknown>)[member as string]
      if (promised !== undefined && !isUnknown(promised) && !same(promised, is))
        return `${query.subject}${member ? ` ${member}` : ''}: promised ${wordFor(promised)}, is ${wordFor(is)}`
    }
  }
  return undefined
}

/** After its steps a line must be `ok` when planned again, or left with what is told as that, and hold what it promised. */
export const verdictOf = (context: RunContext, line: Line, again: Line): ReplanResult => {
  const broken = brokenPromise(context, line)
  const isDone = again.verdict === 'ok' || (again.verdict === 'change' && again.unchanging === true)
  if (isDone && broken === undefined) return { outputs: again.outputs }
  if (again.verdict === 'fail') return { broken: again.why ?? '', failure: failedAgain(again, line) }
  const why = broken ?? `planned again after its steps it is "${again.verdict}"${again.why ? `: ${again.why}` : ''}`
  return { broken: why, failure: brokenPromiseFailure(line, why) }
}
