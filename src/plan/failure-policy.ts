import { type Graph, machineOf, type Node, nodeId } from '../graph/graph.ts'
import { isLost, lostHosts } from './known.ts'
import type { Line } from './line.ts'
import type { Planned, Walk } from './walk-state.ts'

// What a failure stops, all of it. In a plan a line that would fail keeps its machine from any step, for what its names
// promise is one world; one that needs what a
// left-out step would make keeps every host. In a run a line that failed, or was never done, keeps what depends on it by
// order, `needs` or a value; other hosts go on. A refused line (not what a saved plan shows) stops what depends on it alone.

/** What keeps the dependants of a node on one host from running: the line that failed, or what that line was skipped for. */
export const causeIn = (lines: Line[]): string | undefined =>
  lines.find(line => line.verdict === 'fail')?.id ??
  lines.find(line => line.verdict === 'skipped' && line.needs !== undefined)?.needs

/**
 * The root cause that keeps a line from running: a failed or lost node it depends on by order or needs. Values are no
 * such edge: reading one throws by itself, and a list over a group may do without.
 */
export const causeOf = ({ known, causes }: Walk, node: Node, host: string): string | undefined => {
  if (isLost(known, host)) return host
  const machine = machineOf(node, host)
  if (known.lost.has(machine)) return machine
  for (const edge of node.edges) {
    if (edge.kind !== 'order' && edge.kind !== 'needs') continue
    const on = known.graph.byId.get(edge.on)!
    const hosts = on.hosts.includes(host) ? [host] : edge.kind === 'needs' ? on.hosts : []
    for (const at of hosts) {
      const cause = causes.get(nodeId(at, on.task))
      if (cause !== undefined) return cause
      if (at !== host && isLost(known, at)) return at
    }
  }
  return undefined
}

/** Hosts that were lost, and others where something that a node comes after, or reads, has failed or was never done. */
export const failedBefore = ({ known, causes }: Walk, { edges }: Node, own: string): ReadonlySet<string> => {
  const failed = new Set(lostHosts(known))
  for (const { on, kind } of edges) {
    if (kind !== 'after' && kind !== 'value') continue
    const { hosts, task } = known.graph.byId.get(on)!
    for (const host of hosts) if (host !== own && causes.has(nodeId(host, task))) failed.add(host)
  }
  return failed
}

const included = (planned: Planned[]): Line[] =>
  planned.flatMap(({ lines }) => lines).filter(line => line.node.included.has(line.host))

/**
 * By host the line that keeps it from getting any step: a `fail` in the plan of its machine; on every host one that needs a
 * value which only a left-out step would make, for that is to be mended first.
 */
export const haltedHosts = (planned: Planned[], { hosts, source }: Graph): Map<string, Line> => {
  const lines = included(planned)
  const barring = lines.find(line => line.isBarred)
  const failing = new Map(
    lines
      .filter(line => line.verdict === 'fail' && !line.refusal)
      .toReversed()
      .map(line => [machineOf(source, line.host), line]),
  )
  return new Map(
    hosts.flatMap(host => {
      const cause = failing.get(machineOf(source, host)) ?? barring
      return cause ? [[host, cause] as const] : []
    }),
  )
}

/** The hosts of a plan that get a step, or may. */
export const actingHosts = ({ known, planned }: Walk): string[] => {
  const halted = haltedHosts(planned, known.graph)
  const acts = (line: Line): boolean => line.verdict === 'change' || line.verdict === 'undecided'
  const acting = new Set(
    included(planned)
      .filter(acts)
      .flatMap(({ node, host }) => (node.collective ? node.hosts : [node.delegates?.get(host) ?? host])),
  )
  return known.graph.hosts.filter(host => acting.has(host) && !halted.has(host) && !isLost(known, host))
}

/** Of a task whose hosts take turns: the line that failed keeps all others from theirs. */
export const causeOfTurns = (finished: Iterable<Line>, nodes: Node[]): string | undefined =>
  [...finished].find(({ verdict, node }) => verdict === 'fail' && nodes.includes(node))?.id
