import { type Node, nodeId } from '../graph/graph.ts'
import { isLost } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import type { RunContext } from './context.ts'

/**
 * How far a run has come: who has arrived at which barrier, which of these are being passed, who still goes. The id of
 * the first of its nodes stands for a barrier.
 */
export type Progress = {
  context: RunContext
  arrived: Map<string, Set<string>>
  passing: Set<string>
  alive: Set<string>
  /** The nodes of each play that may still be open, in plan order. */
  open: Map<Node['play'], Node[]>
  /** Those of each play that may stop all of its hosts, as far as they may still fail, in written order. */
  forAll: Map<Node['play'], Node[]>
}

/** Whether all lines of a node on a host have been dealt with. Loop items count together, by what was planned last. */
export const isDone = ({ context: { known, lines } }: Progress, node: Node, host: string): boolean => {
  if (!node.included.has(host)) return true
  return lines.get(nodeId(host, node.task))?.every(line => known.finished.has(line.id)) ?? false
}

const nothingMore: ReadonlySet<string> = new Set()

/** Whether nothing of a play is left but what is in `bundled` (`host/task`), or was to be done on hosts that are lost. */
export const isPlayOver = (progress: Progress, play: Node['play'], bundled: ReadonlySet<string>): boolean => {
  const { known } = progress.context
  const isOver = (node: Node, more: ReadonlySet<string>): boolean =>
    node.hosts.every(at => isLost(known, at) || more.has(nodeId(at, node.task)) || isDone(progress, node, at))
  const open = progress.open.get(play) ?? known.graph.nodes.filter(node => node.play === play)
  // What is over stays so: each node is looked at a few times in a run, however many hosts wait for it.
  const first = open.findIndex(node => !isOver(node, nothingMore))
  const left = first < 0 ? [] : first === 0 ? open : open.slice(first)
  progress.open.set(play, left)
  return left.every(node => isOver(node, bundled))
}

/** Keeps the lines of nodes as planned last. */
export const recordPlanned = ({ lines }: RunContext, list: Line[]): void => {
  for (const [id, own] of Map.groupBy(list, l => nodeId(l.host, l.node.task))) lines.set(id, own)
}
