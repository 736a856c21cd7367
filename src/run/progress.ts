import { type Node, nodeId } from '../graph/graph.ts'
import type { Line } from '../plan/line.ts'
import type { RunContext } from './context.ts'

/**
 * How far a run has come: who has arrived at which barrier, which of these are being passed, who still goes. The first
 * of its nodes stands for a barrier.
 */
export type Progress = {
  context: RunContext
  arrived: Map<Node, Set<string>>
  passing: Set<Node>
  alive: Set<string>
}

/** Whether all lines of a node on a host have been dealt with. Loop items count together, by what was planned last. */
export const isDone = ({ context: { known, lines } }: Progress, node: Node, host: string): boolean => {
  if (!node.included.has(host)) return true
  return lines.get(nodeId(host, node.task))?.every(line => known.finished.has(line.id)) ?? false
}

/** Keeps the lines of nodes as planned last. */
export const recordPlanned = ({ lines }: RunContext, list: Line[]): void => {
  for (const [id, own] of Map.groupBy(list, l => nodeId(l.host, l.node.task))) lines.set(id, own)
}
