import { driftOf, type Left } from '../../drift/drift.ts'
import { reversed, trace } from '../../drift/provenance.ts'
import type { Fight } from '../../plan/conflicts.ts'
import type { Outside } from '../../plan/plan.ts'
import type { Session } from '../../plan/session.ts'
import type { Planned } from '../../plan/walk.ts'

/** What hosts are compared with: how each line was left, and the newest run of those that left them so. */
export type Since = { run: string; time: number; left: Map<string, Left>; key: Buffer }

/** Tells what has moved since, and what can be told of who moved it. */
export const emitDrift = async (
  session: Session,
  outside: Outside,
  { planned, fighting }: { planned: Planned[]; fighting: Fight[] },
  { run, time, left, key }: Since,
): Promise<void> => {
  const { emit } = outside
  const { moved, ...rest } = await driftOf(session, { ...outside, key }, planned, fighting, left)
  const traces = await trace(session, outside, moved)
  emit({ type: 'compared', run, since: time, ...rest })
  for (const one of moved) {
    const { line, left } = one
    emit({
      type: 'drifted',
      host: line.host,
      node: line.id,
      task: line.node.task.name,
      why: line.why ?? '',
      diff: line.diff.map(reversed),
      run: left.run,
      since: left.time,
      traces: traces.get(one)!,
    })
  }
}
