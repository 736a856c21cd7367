import { isUnknown, Lost, unknownsIn } from '../core/unknown.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import { blank, unknownLine } from '../plan/line.ts'
import { lose, readHost, readLocal } from '../plan/plan.ts'
import { causeOf, controllerSide, type Line, type Session, type Wanted } from '../plan/session.ts'
import { type Planned, planNode } from '../plan/walk.ts'
import { runBundle, travels } from './bundle.ts'
import { runGroup } from './group.ts'
import { finish, finishQuiet, type Runner } from './runner.ts'

type Progress = {
  runner: Runner
  arrived: Map<string, Set<string>>
  claimed: Set<string>
  alive: Set<string>
}

/** Whether all lines of a node on a host have been dealt with. Loop items count together, by what was planned last. */
const isDone = ({ runner: { session, lines } }: Progress, node: Node, host: string): boolean => {
  if (!node.included.has(host)) return true
  const known = lines.get(nodeId(host, node.task))
  return known?.every(line => session.finished.has(line.id)) ?? false
}

/**
 * Applies a plan: every host goes its own way through its nodes, planning each again from what is known by then, and
 * waits only where an edge or a group says so.
 */
export const run = async (runner: Runner, planned: Planned[]): Promise<void> => {
  const { session } = runner
  for (const p of planned) {
    keep(runner, p.lines)
    for (const line of p.lines) runner.planned.set(line.id, line)
  }
  for (const world of session.worlds.values()) world.predicted = []
  const progress: Progress = {
    runner,
    arrived: new Map(),
    claimed: new Set(),
    alive: new Set(session.graph.hosts),
  }
  for (const host of session.graph.hosts) halt(progress, host)
  await Promise.all(session.graph.hosts.map(host => runHost(progress, host)))
}

const keep = (runner: Runner, list: Line[]): void => {
  for (const [id, own] of Map.groupBy(list, l => nodeId(l.host, l.node.task))) runner.lines.set(id, own)
}

/** A host whose plan holds a `fail` gets no step at all: what is ok there stays told, the rest is skipped with the cause. */
const halt = ({ runner }: Progress, host: string): void => {
  const own = [...runner.planned.values()].filter(l => l.host === host && l.node.included.has(host))
  const cause = own.find(l => l.verdict === 'fail')
  if (!cause) return
  for (const line of own) {
    if (line.verdict === 'change' || line.verdict === 'undecided')
      finish(
        runner,
        { ...line, verdict: 'skipped', why: `needs ${cause.id}`, needs: cause.id, outputs: cause.outputs },
        'skipped',
      )
    else finishQuiet(runner, line)
  }
}
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

const runHost = async (progress: Progress, host: string): Promise<void> => {
  const { runner } = progress
  const { session } = runner
  const mine = session.graph.nodes.filter(n => n.hosts.includes(host) && n.included.has(host))
  for (;;) {
    runner.signal.throwIfAborted()
    const left = mine.filter(node => !isDone(progress, node, host))
    if (left.length === 0) break
    const next = await gather(progress, host, left)
    try {
      if (next.group) await meetGroup(progress, next.group, host)
      else if (next.bundle.length > 0) await runBundle(runner, host, next.bundle)
      else if (!next.progressed) await waitFor(progress, host)
    } catch (error) {
      lose(session, host, error, runner.emit)
      runner.wake()
    }
  }
  progress.alive.delete(host)
  runner.wake()
}

/** Hosts that all wait for each other would wait for ever: that is a mistake of ours, told at once. */
const waitFor = async ({ runner, alive }: Progress, host: string): Promise<void> => {
  runner.waiting.add(host)
  if ([...alive].every(h => runner.waiting.has(h)))
    throw new Error(`all hosts wait for each other: ${[...alive].join(', ')}`)
  await runner.changed()
}

type Next = { bundle: Line[]; group?: Node; progressed?: boolean }

/** The next lines of a host that can go together: as many decided ones as travel in one frame, or one that does not. */
const gather = async (progress: Progress, host: string, left: Node[]): Promise<Next> => {
  const { runner } = progress
  const { session } = runner
  const world = session.worlds.get(host)!
  world.predicted = []
  const bundle: Line[] = []
  const bundled = new Set<string>()
  let group: Node | undefined
  for (const node of left) {
    const cause = causeOf(session, node, host)
    if (cause === undefined && readiness(progress, node, host, bundled) === 'wait') continue
    if (node.group) {
      const settled = cause === undefined ? pinned(progress, node, host) : withoutHost(session, node, host, cause)
      if (!settled) group ??= node
      else if (!session.finished.has(settled.id)) bundle.push(settled)
      if (settled) bundled.add(nodeId(host, node.task))
      continue
    }
    const wanted: Wanted = new Map()
    const own = planNode(session, node, wanted).lines.filter(l => l.host === host)
    if (wanted.size > 0) {
      if (bundle.length > 0) break
      await readWanted(runner, wanted)
      return { bundle, progressed: true }
    }
    keep(runner, own)
    const todo = own.filter(l => !session.finished.has(l.id))
    const fit = takeFitting(bundle, todo)
    bundle.push(...fit)
    if (fit.length < todo.length || fit.some(l => l.verdict === 'fail' || (l.verdict === 'change' && !travels(l))))
      break
    bundled.add(nodeId(host, node.task))
  }
  return bundle.length === 0 && group ? { bundle, group } : { bundle }
}

/** A group node that was `ok` everywhere when planned is so for each host by itself: no barrier. */
const pinned = ({ runner: { planned } }: Progress, node: Node, host: string): Line | undefined => {
  const all = node.hosts.map(h => planned.get(nodeId(h, node.task)))
  return all.every(l => l?.verdict === 'ok' && l.phases.length === 0) ? planned.get(nodeId(host, node.task)) : undefined
}

/** The line of a host that takes no part in a group node, because of what it needs. */
const withoutHost = (session: Session, node: Node, host: string, cause: string): Line => {
  const line = unknownLine(blank(node, host), new Lost(cause), () => [])
  session.outputs.set(line.id, line.outputs)
  session.causes.set(line.id, cause)
  return line
}

/** Lines in order while they are decided, with steps that are fully known, and travel; one that does not goes alone. */
const takeFitting = (bundle: Line[], todo: Line[]): Line[] => {
  const fit: Line[] = []
  const changes = (): number => [...bundle, ...fit].filter(l => l.verdict === 'change').length
  for (const line of todo) {
    if (line.verdict === 'undecided') break
    if (line.verdict === 'change' && unknownsIn(line.steps).some(isUnknown)) break
    if (line.verdict === 'change' && !travels(line) && changes() > 0) break
    fit.push(line)
    if (line.verdict === 'change' && !travels(line)) break
  }
  return fit
}

const readWanted = async (runner: Runner, wanted: Wanted): Promise<void> => {
  const lost = runner.session.lost.size
  await Promise.all(
    [...wanted].map(([host, queries]) =>
      host === controllerSide
        ? readLocal(runner.session, runner, queries)
        : readHost(runner.session, runner, host, queries),
    ),
  )
  if (runner.session.lost.size > lost) runner.wake()
}

/**
 * A host comes to a group node: the last to arrive runs it for all. The others wait; whatever happens meanwhile, they
 * look around again before they come back, for something else they could do.
 */
const meetGroup = async (progress: Progress, node: Node, host: string): Promise<void> => {
  const { runner, arrived, claimed } = progress
  const { session } = runner
  const here = arrived.get(node.id) ?? new Set<string>()
  arrived.set(node.id, here.add(host))
  const isComplete = node.hosts.every(
    h => here.has(h) || session.lost.has(h) || session.finished.has(nodeId(h, node.task)) || !node.included.has(h),
  )
  if (isComplete && !claimed.has(node.id)) {
    claimed.add(node.id)
    await runGroup(runner, node)
    return runner.wake()
  }
  await waitFor(progress, host)
  if (!claimed.has(node.id)) here.delete(host)
  while (claimed.has(node.id) && !isDone(progress, node, host)) await runner.changed()
}
