import { driftOf, type LeftState } from '../../drift/drift.ts'
import { readProvenance, reversed } from '../../drift/provenance.ts'
import { refOf } from '../../plan/line.ts'
import type { Environment, Plan } from '../../plan/plan.ts'

/** What hosts are compared with: how each line was left, and the newest run of those that left them so. */
export type DriftBaseline = { run: string; time: number; left: Map<string, LeftState>; key: Buffer }

/** Tells what has moved since, and what can be told of who moved it. */
export const emitDrift = async (
  made: Plan,
  outside: Environment,
  { run, time, left, key }: DriftBaseline,
): Promise<void> => {
  const { emit } = outside
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
