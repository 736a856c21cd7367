import { type Node, nodeId } from '../graph/graph.ts'
import { isForAll } from '../plan/failure-policy.ts'
import type { Line } from '../plan/line.ts'
import { isDone, type Progress } from './progress.ts'

// Where a failure on one host stops all hosts of its play, none begins a task before what may fail ahead of it has ended on
// all of them.

/** Whether a line has steps that may fail, or is not decided: hosts wait for it. */
const isOpen = ({ verdict }: Line): boolean => verdict !== 'ok' && verdict !== 'skipped' && verdict !== 'standby'

/** Whether what a node may do to other hosts is told: it is done, travels, or has nothing that could fail. */
const isTold = (progress: Progress, node: Node, bundled: ReadonlySet<string>): boolean => {
  const { known, lines } = progress.context
  return node.hosts.every(host => {
    const id = nodeId(host, node.task)
    if (bundled.has(id) || isDone(progress, node, host)) return true
    return lines.get(id)?.every(line => known.finished.has(line.id) || !isOpen(line)) ?? false
  })
}

/** Whether hosts may begin a task, as far as failures ahead of it would stop all of them. `bundled` (`host/task`) travels. */
export const isTogether = (progress: Progress, { play, id, task }: Node, bundled: ReadonlySet<string>): boolean => {
  const { graph } = progress.context.known
  const left = progress.forAll.get(play) ?? graph.written.filter(one => one.play === play && isForAll(one))
  const first = left.findIndex(one => !isTold(progress, one, bundled))
  const open = first < 0 ? [] : left.slice(first)
  // What only travels may still be open for others.
  if (bundled.size === 0) progress.forAll.set(play, open)
  const [next] = open
  return next === undefined || next.task === task || graph.writtenAt.get(next.id)! > graph.writtenAt.get(id)!
}
