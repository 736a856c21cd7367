import type { Line, Session } from './session.ts'
import { type Planned, planLine } from './walk.ts'
import { keyOf } from './world.ts'

/** Two lines that undo each other: each run would change both again. */
export type Fight = { line: string; other: string; subject: string }

/**
 * Plans every change once more in the world that the whole playbook predicts. What would change even then is undone
 * by a later line: no second apply of this playbook can be empty. Costs no host; called after the last walk.
 */
export const fights = (session: Session, planned: Planned[]): Fight[] => {
  const changes = planned.flatMap(p => p.lines).filter(l => l.verdict === 'change' && !l.always && !l.node.group)
  return changes.flatMap(line => {
    if (planLine(session, line, new Map()).verdict !== 'change') return []
    const rival = changes.findLast(other => other !== line && other.host === line.host && shared(session, line, other))
    return rival ? [{ line: line.id, other: rival.id, subject: shared(session, line, rival)! }] : []
  })
}

/** What both lines promise something about. */
const shared = (session: Session, a: Line, b: Line): string | undefined => {
  const world = session.worlds.get(a.host)!
  return a.will.find(([q]) => b.will.some(([p]) => keyOf(world, p) === keyOf(world, q)))?.[0].subject
}
