import { overlaps } from '../module/label.ts'
import type { AnyQuery } from '../module/query.ts'
import { labelsIn } from '../world/world.ts'
import { queriesOf } from './decide.ts'
import type { Line } from './line.ts'
import { walkNodes } from './walk.ts'
import { beginWalk, type Walk, worldOn } from './walk-state.ts'

/** A line that the next run will change again, and why: mostly two lines undo each other. */
export type Conflict = { line: string; why: string }

/** Every line planned once more in the world that the whole playbook predicts. */
export const walkPredictedWorld = ({ known, predicted }: Walk): Walk =>
  walkNodes(beginWalk(known, { predicted: new Map(predicted) }), known.graph.nodes)

/**
 * What would change even in the world that the whole playbook predicts: the next run changes it again. `missing`: what
 * has to be read before that can be told of all.
 */
export const conflictsIn = (walk: Walk): { conflicts: Conflict[]; missing: Walk['missing'] } => {
  // Nothing is predicted: planned again, everything would come out as it did.
  if (walk.predicted.size === 0) return { conflicts: [], missing: new Map() }
  const first = walk.planned.flatMap(p => p.lines)
  const stopped = new Set(first.filter(l => l.verdict === 'fail').map(l => l.host))
  const again = walkPredictedWorld(walk)
  const changed = again.planned
    .flatMap(p => p.lines)
    // Where the details are open even then, nobody can say what the next run will see.
    .filter(line => line.verdict === 'change' && !line.always && !line.details && !stopped.has(line.host))
  // Of two that undo each other each names the other, before one that only comes last.
  const others = [changed, first].map(lines => lines.map(line => line.id))
  return {
    conflicts: changed.map(line => ({ line: line.id, why: whyAgain(walk, line, others) })),
    missing: again.missing,
  }
}

/** Whether a link will lead elsewhere: then what is behind it may not have been looked at. */
export const isRelinked = ({ predicted }: Walk): boolean =>
  [...predicted.values()].some(log => log.some(p => [...p.moves.values()].some(to => to !== null)))

/** The last change of the plan, but for the line itself, that one of the queries looks at; of the first others that have one. */
const rivalOf = (walk: Walk, line: Line, queries: AnyQuery[], others: string[][]): string | undefined => {
  const world = worldOn(walk, line.machine)
  // By its name as written and by its one name: a link on the way may be what the other changes.
  const looks = queries.flatMap(({ looks: [itself = ''] }) => [itself, ...labelsIn(world, [itself])])
  const rivals = world.predicted
    .filter(p => p.node !== line.id && p.labels.some(a => looks.some(b => overlaps(a, b))))
    .map(p => p.node)
  return others.map(ids => rivals.findLast(id => ids.includes(id))).find(id => id !== undefined)
}

const whyAgain = (walk: Walk, line: Line, others: string[][]): string => {
  const own = line.will.map(([query]) => query)
  const rival = rivalOf(walk, line, own, others)
  if (rival && own[0])
    return `it and ${rival} both set ${own[0].subject}, each undoing the other: every run will change it again.`
  const cause = rivalOf(walk, line, queriesOf(line.reads), others)
  return `the next run will change it again, since ${cause ? `${cause} changes` : 'others change'} what it depends on.`
}
