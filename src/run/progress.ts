import { type Node, nodeId } from '../graph/graph.ts'
import type { Line } from '../plan/session.ts'
import type { Runner } from './runner.ts'

/** How far a run has come: who has arrived where several hosts meet, which of those tasks are being run, who still goes. */
export type Progress = {
  runner: Runner
  arrived: Map<Node['task'], Set<string>>
  claimed: Set<Node['task']>
  alive: Set<string>
}

/** Whether all lines of a node on a host have been dealt with. Loop items count together, by what was planned last. */
export const isDone = ({ runner: { session, lines } }: Progress, node: Node, host: string): boolean => {
  if (!node.included.has(host)) return true
  const known = lines.get(nodeId(host, node.task))
  return known?.every(line => session.finished.has(line.id)) ?? false
}

/** Keeps the lines of nodes as planned last. */
export const recordPlanned = (runner: Runner, list: Line[]): void => {
  for (const [id, own] of Map.groupBy(list, l => nodeId(l.host, l.node.task))) runner.lines.set(id, own)
}
