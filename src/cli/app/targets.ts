import { type Graph, machineOf } from '../../graph/graph.ts'
import { createPool, type Pool } from '../../host/pool.ts'
import type { Known } from '../../plan/known.ts'
import { scopeOf } from '../../plan/scope.ts'
import { beginWalk } from '../../plan/walk-state.ts'
import { targetOf } from '../../settings/target.ts'
import { refuseOneMachine } from './one-machine.ts'
import type { Prepared } from './prepare.ts'

const becomes = (graph: Graph, host: string): boolean => graph.nodes.some(n => n.become.has(host))

/** The connection variables of a host, evaluated: they may hold expressions like any other. */
const connectionVars = (known: Known, host: string): Record<string, unknown> => {
  const { nodes } = known.graph
  const node = nodes.find(n => n.hosts.includes(host)) ?? nodes[0]!
  const scope = scopeOf(beginWalk(known), node, host)
  return Object.fromEntries(
    Object.keys(scope)
      .filter(name => name.startsWith('ansible_'))
      .map(name => [name, scope[name]]),
  )
}

/** A prepared playbook whose hosts can be reached. */
export type WithTargets = Prepared & { pool: Pool }

/** Says how each host is reached; none is yet. */
export const withTargets = (prepared: Prepared): WithTargets => {
  const { known, targets } = prepared
  const { graph } = known
  for (const host of graph.hosts)
    targets[machineOf(host)] = targetOf(host, connectionVars(known, host), { become: becomes(graph, host) })
  refuseOneMachine(graph, known.loaded.inventory, targets)
  return { ...prepared, pool: createPool({ targets }) }
}

/** The frames sent to each host so far. */
export const roundTripsOf = (connected: WithTargets | undefined): Record<string, number> =>
  connected
    ? Object.fromEntries(connected.known.graph.hosts.map(host => [host, connected.pool.roundTrips(machineOf(host))]))
    : {}
