import { overlaps } from '../module/label.ts'
import type { AnyQuery } from '../module/query.ts'
import { labelsOf } from '../world/world.ts'
import { queriesOf } from './decide.ts'
import type { Line, MissingReads, Session } from './session.ts'
import { aside, type Planned, planNode } from './walk.ts'

/** A line that the next run will change again, and why: mostly two lines undo each other. */
export type Conflict = { line: string; why: string }

/** Every line planned once more in the world that the whole playbook predicts. What has to be read for that is `wanted`. */
export const planInPredictedWorld = (session: Session, wanted: MissingReads): Line[] =>
  aside(session, () => {
    for (const world of session.worlds.values()) world.predicted = [...world.predicted]
    session.outputs = new Map()
    session.causes = new Map()
    return session.graph.nodes.flatMap(node => planNode(session, node, wanted).lines)
  })

/**
 * What would change even in the world that the whole playbook predicts: the next run changes it again. Called after the
 * last walk, whose predictions and outputs it leaves as they were.
 */
export const conflicts = (session: Session, planned: Planned[], wanted: MissingReads): Conflict[] => {
  // Nothing is predicted: planned again, everything would come out as it did.
  if ([...session.worlds.values()].every(world => world.predicted.length === 0)) return []
  const first = planned.flatMap(p => p.lines)
  const stopped = new Set(first.filter(l => l.verdict === 'fail').map(l => l.host))
  const again = planInPredictedWorld(session, wanted).filter(
    // Where the details are open even then, nobody can say what the next run will see.
    line => line.verdict === 'change' && !line.always && !line.details && !stopped.has(line.host),
  )
  // Who fights back is named before who only comes last.
  const others = [again, first].map(lines => lines.map(line => line.id))
  return again.map(line => ({ line: line.id, why: whyAgain(session, line, others) }))
}

/** Whether a link will lead elsewhere: then what is behind it may not have been looked at. */
export const isRelinked = (session: Session): boolean =>
  [...session.worlds.values()].some(w => w.predicted.some(p => [...p.moves.values()].some(to => to !== null)))

/** The last change of the plan, but for the line itself, that one of the queries looks at; of the first others that have one. */
const rivalOf = (session: Session, line: Line, queries: AnyQuery[], others: string[][]): string | undefined => {
  const world = session.worlds.get(line.host)!
  // By its name as written and by its one name: a link on the way may be what the other changes.
  const looks = queries.flatMap(({ looks: [itself = ''] }) => [itself, ...labelsOf(world, [itself])])
  const rivals = world.predicted
    .filter(p => p.node !== line.id && p.labels.some(a => looks.some(b => overlaps(a, b))))
    .map(p => p.node)
  return others.map(ids => rivals.findLast(id => ids.includes(id))).find(id => id !== undefined)
}

const whyAgain = (session: Session, line: Line, others: string[][]): string => {
  const own = line.will.map(([query]) => query)
  const rival = rivalOf(session, line, own, others)
  if (rival && own[0])
    return `it and ${rival} both set ${own[0].subject}, each undoing the other: every run will change it again.`
  const cause = rivalOf(session, line, queriesOf(line.reads), others)
  return `the next run will change it again, since ${cause ? `${cause} changes` : 'others change'} what it depends on.`
}
