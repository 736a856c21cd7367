import { nodeId } from '../graph/graph.ts'
import type { RunContext } from './context.ts'
import { finishUnbegun, finishUnverified } from './finish.ts'

/** What is to be said of a line that was sent to a machine and is not dealt with. */
const whyNotKnown = (begun: boolean, ended: string): string =>
  begun
    ? `${ended} while it was under way: what it has done is not known`
    : `${ended} while it was on its way there: whether it has begun is not known`

/** A machine was lost: of what was under way there nobody knows what became of it. */
export const tellLost = (context: RunContext, machine: string): void => {
  for (const { line, begun } of [...context.underWay.values()])
    if (line.machine === machine) finishUnverified(context, line, whyNotKnown(begun, `${line.host} was lost`))
}

/** The run is over, however it has ended: what was under way is not known, and all that is left has not begun. */
export const tellUnfinished = (context: RunContext): void => {
  const { known, lines, underWay, signal } = context
  const ended = signal.aborted ? 'the run was interrupted' : 'the run ended'
  const left = known.graph.nodes.flatMap(node =>
    [...node.included].flatMap(host =>
      (lines.get(nodeId(host, node.task)) ?? []).filter(line => !known.finished.has(line.id)),
    ),
  )
  const byHost = Map.groupBy(left, line => line.host)
  for (const line of known.graph.hosts.flatMap(host => byHost.get(host) ?? [])) {
    const sent = underWay.get(line.id)
    if (sent) finishUnverified(context, sent.line, whyNotKnown(sent.begun, ended))
    else finishUnbegun(context, line)
  }
}
