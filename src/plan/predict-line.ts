import { Lost } from '../core/unknown.ts'
import type { Node } from '../graph/graph.ts'
import { predict } from '../world/world.ts'
import { skipLine } from './line.ts'
import type { Line, Session } from './session.ts'

/** A task that --limit or --tags leaves out is only read: a value it would make does not exist in this run. */
export const leaveOut = (node: Node, line: Line): Line => {
  if (node.included.has(line.host)) return line
  if (line.verdict === 'change' || line.verdict === 'undecided' || line.isBarred)
    return {
      ...skipLine({ ...line, isBarred: undefined }, 'left out by --limit or --tags'),
      steps: [],
      phases: [],
      outputs: line.isBarred ? line.outputs : new Lost(line.id, 'selection'),
    }
  return line
}

/** Lays a line's change over its host's world. A line that is not known yet clouds its footprint. */
export const predictLine = (session: Session, line: Line): void => {
  const world = session.worlds.get(line.host)!
  if (line.verdict === 'change' || line.verdict === 'undecided')
    predict(world, { node: line.id, patches: line.will, labels: line.labels })
}
