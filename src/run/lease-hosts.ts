import { machineOf } from '../graph/graph.ts'
import { actingHosts } from '../plan/failure-policy.ts'
import type { Known } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import { type Environment, readAll } from '../plan/plan.ts'
import type { Planned, Walk } from '../plan/walk-state.ts'
import { invalidate } from '../world/answers.ts'
import type { RunParts } from './context.ts'

/** Everything that was read of machines is read again: what others have done until they were leased may have changed it. */
export const readAgain = async (known: Known, outside: Environment, machines: string[]): Promise<void> => {
  const asked = new Map(machines.map(machine => [machine, [...known.answers.get(machine)!.asked.values()]]))
  for (const machine of machines) invalidate(known.answers.get(machine)!, ['any'])
  await readAll(known, outside, asked)
}

const verdictText = ({ verdict, why }: Line): string => `${verdict} ${why}`

/** Tells of what is not as the plan said. A plan is told once: what comes of it now, the results tell. */
const warnOfChanges = ({ emit }: Environment, before: Planned[], now: Planned[]): void => {
  const said = new Map(before.flatMap(p => p.lines).map(line => [line.id, verdictText(line)]))
  const lines = now.flatMap(p => p.lines).filter(line => line.node.included.has(line.host))
  const others = lines.filter(line => said.get(line.id) !== verdictText(line))
  for (const [host, own] of Map.groupBy(others, line => line.host)) {
    const names = [...new Set(own.map(line => line.node.task.slug))].join(', ')
    emit({ type: 'warning', host, text: `it has changed since it was read; planned anew: ${names}.` })
  }
}

/** A node's lines as they are now. Those that a lost host keeps from running are known by what they were, item by item. */
const merged = (before: Planned, now: Planned): Planned => {
  const unchanged = new Set(
    now.lines.filter(line => line.needs !== undefined && line.verdict === 'skipped').map(l => l.host),
  )
  const lines = [
    ...now.lines.filter(line => !unchanged.has(line.host)),
    ...before.lines.filter(line => unchanged.has(line.host)),
  ]
  return { ...now, lines }
}

/**
 * Leases the machines on which a plan does something, and plans again from what they are then. With nothing to do
 * anywhere no machine is leased, and nothing read.
 */
export const leaseHosts = async (parts: RunParts, before: Walk): Promise<Walk> => {
  const { known, leases } = parts
  let plan = before
  for (;;) {
    const acting = new Set(actingHosts(plan).map(host => machineOf(known.graph.source, host)))
    const machines = [...acting].filter(machine => !leases.has(machine))
    if (machines.length === 0) return plan
    await leases.acquire(machines)
    await readAgain(
      known,
      parts,
      machines.filter(machine => !known.lost.has(machine)),
    )
    const last = plan.planned
    const now = await parts.again()
    const before = new Map(last.map(one => [one.node.id, one]))
    plan = { ...now, planned: now.planned.map(one => merged(before.get(one.node.id) ?? one, one)) }
    warnOfChanges(parts, last, plan.planned)
  }
}
