import { Lost, unknownsIn } from '../core/unknown.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import { blank, unknownLine } from '../plan/line.ts'
import { readAll } from '../plan/plan.ts'
import { causeOf, type Line, type MissingReads, type Session } from '../plan/session.ts'
import { planNode, register } from '../plan/walk.ts'
import { travels } from './bundle.ts'
import { isDone, type Progress, recordPlanned } from './progress.ts'
import type { Runner } from './runner.ts'

type Ready = 'now' | 'wait'

/** Whether a node may start on a host, given what has ended and what travels in the same frame before it. */
const readiness = (progress: Progress, node: Node, host: string, bundled: Set<string>): Ready => {
  const { session } = progress.runner
  for (const edge of node.edges) {
    const on = session.graph.byId.get(edge.on)!
    const hosts = edge.kind === 'order' || edge.kind === 'notify' ? on.hosts.filter(h => h === host) : on.hosts
    for (const at of hosts) {
      if (session.lost.has(at) || bundled.has(nodeId(at, on.task))) continue
      if (!isDone(progress, on, at)) return 'wait'
    }
  }
  return 'now'
}

/** What a host does next: a bundle of lines, a node to meet others at, or nothing but that reads have come in. */
export type NextWork = { bundle: Line[]; meeting?: Node; progressed?: boolean }

/** The next lines of a host that can go together: as many decided ones as travel in one frame, or one that does not. */
export const scheduleNext = async (progress: Progress, host: string, left: Node[]): Promise<NextWork> => {
  const { runner } = progress
  const { session } = runner
  const world = session.worlds.get(host)!
  world.predicted = []
  const bundle: Line[] = []
  const bundled = new Set<string>()
  let meeting: Node | undefined
  for (const node of left) {
    const cause = causeOf(session, node, host)
    if (cause === undefined && readiness(progress, node, host, bundled) === 'wait') continue
    if (node.collective) {
      const settled = cause === undefined ? pinned(progress, node, host) : withoutHost(session, node, host, cause)
      if (!settled) meeting ??= node
      else if (!session.finished.has(settled.id)) bundle.push(settled)
      if (settled) bundled.add(nodeId(host, node.task))
      continue
    }
    const wanted: MissingReads = new Map()
    const before = world.predicted.length
    const own =
      cause === undefined
        ? planNode(session, node, wanted).lines.filter(l => l.host === host)
        : skippedLines(runner, node, host, cause)
    if (wanted.size > 0) {
      if (bundle.length > 0) break
      await readWanted(runner, wanted)
      return { bundle, progressed: true }
    }
    recordPlanned(runner, own)
    const todo = own.filter(l => !session.finished.has(l.id))
    if (node.task.rolling && todo.some(l => l.interrupts)) {
      meeting ??= node
      world.predicted = world.predicted.slice(0, before)
      continue
    }
    const fit = takeFitting(bundle, todo)
    bundle.push(...fit)
    if (fit.length < todo.length || fit.some(l => l.verdict === 'fail' || (l.verdict === 'change' && !travels(l))))
      break
    bundled.add(nodeId(host, node.task))
  }
  return bundle.length === 0 && meeting ? { bundle, meeting } : { bundle }
}

/** A collective node that was `ok` everywhere when planned is so for each host by itself: no barrier. */
const pinned = ({ runner: { planned } }: Progress, node: Node, host: string): Line | undefined => {
  const all = node.hosts.map(h => planned.get(nodeId(h, node.task)))
  return all.every(l => l?.verdict === 'ok' && l.phases.length === 0) ? planned.get(nodeId(host, node.task)) : undefined
}

/** The line of a host that takes no part in a collective node, because of what it needs. */
const withoutHost = (session: Session, node: Node, host: string, cause: string): Line => {
  const line = unknownLine(blank(node, host), new Lost(cause), () => [])
  session.outputs.set(line.id, line.outputs)
  session.causes.set(line.id, cause)
  return line
}

/** The lines of a node as they were planned, loop items one by one, kept from running by a root cause. */
const skippedLines = ({ session, lines }: Runner, node: Node, host: string, cause: string): Line[] => {
  const own = (lines.get(nodeId(host, node.task)) ?? [blank(node, host)]).map(
    ({ id }) => session.finished.get(id) ?? unknownLine({ ...blank(node, host), id }, new Lost(cause), () => []),
  )
  register(session, node, host, own)
  return own
}

/** Lines in order while they are decided, with steps that are fully known, and travel; one that does not goes alone. */
const takeFitting = (bundle: Line[], todo: Line[]): Line[] => {
  const fit: Line[] = []
  const changes = (): number => [...bundle, ...fit].filter(l => l.verdict === 'change').length
  for (const line of todo) {
    if (line.verdict === 'undecided') break
    if (line.verdict === 'change' && unknownsIn([line.details, line.steps]).length > 0) break
    if (line.verdict === 'change' && !travels(line) && changes() > 0) break
    fit.push(line)
    if (line.verdict === 'change' && !travels(line)) break
  }
  return fit
}

const readWanted = async (runner: Runner, wanted: MissingReads): Promise<void> => {
  const lost = runner.session.lost.size
  await readAll(runner.session, runner, wanted)
  if (runner.session.lost.size > lost) runner.wake()
}
