import type { Graph } from '../../graph/graph.ts'
import { createPool, type Pool } from '../../host/pool.ts'
import { targetOf } from '../../host/target.ts'
import { type Session, scopeOf } from '../../plan/session.ts'
import type { Prepared } from './prepare.ts'

const becomes = (graph: Graph, host: string): boolean => graph.nodes.some(n => n.become.has(host))

/** The connection variables of a host, evaluated: they may hold expressions like any other. */
const connectionVars = (session: Session, host: string): Record<string, unknown> => {
  const { nodes } = session.graph
  const node = nodes.find(n => n.hosts.includes(host)) ?? nodes[0]!
  const scope = scopeOf(session, node, host, new Map(), session.loaded.inventory.groups)
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
  const { session, targets } = prepared
  const { graph } = session
  for (const host of graph.hosts)
    targets[host] = targetOf(host, connectionVars(session, host), { become: becomes(graph, host) })
  return { ...prepared, pool: createPool({ targets }) }
}

/** The frames sent to each host so far. */
export const roundTripsOf = (connected: WithTargets | undefined): Record<string, number> =>
  connected
    ? Object.fromEntries(connected.session.graph.hosts.map(host => [host, connected.pool.roundTrips(host)]))
    : {}
