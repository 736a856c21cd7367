import { overlaps } from '../module/label.ts'
import { queriesOf } from './decide.ts'
import type { Line, Session, Wanted } from './session.ts'
import { type Planned, planNode } from './walk.ts'
import { labelsOf } from './world.ts'

/** Two lines that undo each other: each run would change both again. */
export type Fight = { line: string; other: string; subject: string }

/**
 * Plans everything once more in the world that the whole playbook predicts: what would change even then is undone by
 * another line, and no second apply of this playbook can be empty. Called after the last walk, whose predictions and
 * outputs it leaves as they were. What it has to read for that is `wanted`.
 */
export const fights = (session: Session, planned: Planned[], wanted: Wanted): Fight[] => {
  // Nothing is predicted: planned again, everything would come out as it did.
  if ([...session.worlds.values()].every(world => world.predicted.length === 0)) return []
  const { outputs, causes } = session
  const before = new Map([...session.worlds].map(([host, world]) => [host, world.predicted]))
  for (const world of session.worlds.values()) world.predicted = [...world.predicted]
  session.outputs = new Map()
  session.causes = new Map()
  const again = session.graph.nodes.flatMap(node => planNode(session, node, wanted).lines)
  for (const [host, predicted] of before) session.worlds.get(host)!.predicted = predicted
  session.outputs = outputs
  session.causes = causes

  const first = planned.flatMap(p => p.lines)
  const stopped = new Set(first.filter(l => l.verdict === 'fail').map(l => l.host))
  return again
    .filter(line => line.verdict === 'change' && !line.always && !stopped.has(line.host))
    .flatMap(line => rivalOf(session, line, first) ?? [])
}

/** Whether a link will lead elsewhere: then what is behind it may not have been looked at. */
export const isRelinked = (session: Session): boolean =>
  [...session.worlds.values()].some(w => w.predicted.some(p => [...p.moves.values()].some(to => to !== null)))

/** The last change of the plan, but for the line itself, after which what the line looks at is not as it wants it. */
const rivalOf = (session: Session, line: Line, first: Line[]): Fight | undefined => {
  const world = session.worlds.get(line.host)!
  // By its name as written and by its one name: a link on the way may be what the other changes.
  const looks = line.will.flatMap(
    ([
      {
        looks: [itself = ''],
      },
    ]) => [itself, ...labelsOf(world, [itself])],
  )
  const rival = world.predicted.findLast(p => p.node !== line.id && p.labels.some(a => looks.some(b => overlaps(a, b))))
  const subject = (line.will[0]?.[0] ?? queriesOf(line.reads)[0])?.subject
  const other = first.find(l => l.id === rival?.node)
  return other && subject !== undefined ? { line: line.id, other: other.id, subject } : undefined
}
