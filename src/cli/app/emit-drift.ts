import { driftOf, type LeftState } from '../../drift/drift.ts'
import { readProvenance, reversed } from '../../drift/provenance.ts'
import { refOf } from '../../plan/line.ts'
import type { Environment, Plan } from '../../plan/plan.ts'

/**
 * What hosts are compared with: how each line was left, and the newest run of those that left them so; and what is to be told of
 * runs whose records cannot be read.
 */
export type DriftBaseline = { run: string; time: number; left: Map<string, LeftState>; key: Buffer; unread: string[] }

/** Tells what has moved since, and what can be told of who moved it. */
export const emitDrift = async (
  made: Plan,
  outside: Environment,
  { run, time, left, key, unread }: DriftBaseline,
): Promise<void> => {
  const { emit } = outside
  for (const text of unread) emit({ type: 'warning', text })
  const { moved, ...rest } = await driftOf(made, { ...outside, key }, left)
  const provenance = await readProvenance(made.walk.known, outside, moved)
  emit({ type: 'compared', run, since: time, ...rest })
  for (const one of moved) {
    const { line, left } = one
    emit({
      type: 'drifted',
      ...refOf(line),
      why: line.why ?? '',
      diff: line.diff.map(reversed),
      run: left.run,
      since: left.time,
      traces: provenance.get(one)!,
    })
  }
}
