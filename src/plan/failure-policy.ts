import { type Graph, machineOf, type Node, nodeId } from '../graph/graph.ts'
import type { Play, Task } from '../load/playbook.ts'
import type { BlockPlace, TaskBlock } from '../load/surroundings.ts'
import { isLost, type Known, lostHosts } from './known.ts'
import { type Line, skipLine, standbyLine } from './line.ts'
import type { Hazard, Planned, Walk } from './walk-state.ts'

// What a failure stops, all of it. In a plan a line that would fail keeps its machine from any step, for what its names
// promise is one world; one that needs what a
// left-out step would make keeps every host. In a run a line that failed, or was never done, keeps what depends on it by
// order, `needs` or a value; other hosts go on. A refused line (not what a saved plan shows) stops what depends on it alone.
//
// In the written order of a host a failure goes from line to line until a block rescues it. Where it was met, and where a
// line stands, decides alone what it is to that line: see `isStopped` and `isCalled`.

const rescuing = new WeakMap<Graph, Map<TaskBlock, boolean>>()

/** Whether a block rescues in this run: what --tags leaves out of it is not there. */
const rescues = (graph: Graph, block: TaskBlock): boolean => {
  if (!block.rescues) return false
  const known = rescuing.get(graph) ?? new Map<TaskBlock, boolean>()
  if (!rescuing.has(graph)) {
    rescuing.set(graph, known)
    for (const { task, included } of graph.written)
      for (const place of task.blocks ?? [])
        if (place.section === 'rescue') known.set(place.block, included.size > 0 || known.get(place.block) === true)
  }
  return known.get(block) ?? true
}

const isRescuing =
  (graph: Graph) =>
  ({ block, section }: BlockPlace): boolean =>
    section === 'block' && rescues(graph, block)

/** Whether what fails there ends the work on its host: no block around it rescues it. */
const isRescuedAt = (graph: Graph, at: BlockPlace[]): boolean => at.some(isRescuing(graph))

const isSamePlace = (one: BlockPlace | undefined, other: BlockPlace | undefined): boolean =>
  one?.block === other?.block && one?.section === other?.section

/** Whether a failure that was met in some blocks stops a task that is written behind it. */
const isStopped = (graph: Graph, at: BlockPlace[], { blocks = [] }: Task): boolean => {
  const apart = at.findIndex((place, i) => !isSamePlace(place, blocks[i]))
  if (apart < 0) return true
  // In the same block it is in its rescue or its always, which are for that.
  return blocks[apart]?.block !== at[apart]!.block && !isRescuedAt(graph, at.slice(apart))
}

/** Whether a failure that was met in some blocks is one that the rescue at a place of a task is for. */
const isCalled = (graph: Graph, at: BlockPlace[], blocks: BlockPlace[], place: number): boolean =>
  blocks.slice(0, place).every((one, i) => isSamePlace(one, at[i])) &&
  at[place]?.block === blocks[place]!.block &&
  at[place]!.section === 'block' &&
  !isRescuedAt(graph, at.slice(place + 1))

/** What a node has to reckon with on a host, of all that is written before it there. */
const hazardsBefore = (
  { known, inFlight }: Walk,
  { task, edges }: Pick<Node, 'task' | 'edges'>,
  host: string,
): Hazard[] => {
  if (inFlight.size === 0) return []
  const found = edges.flatMap(({ on, kind }) =>
    kind === 'order' ? (inFlight.get(nodeId(host, known.graph.byId.get(on)!.task)) ?? []) : [],
  )
  // Behind its outermost block nothing is there that would rescue it.
  const isOver = ({ is, at }: Hazard): boolean => is === 'open' && at[0]?.block !== task.blocks?.[0]?.block
  return task.handler ? found : found.filter(hazard => !isOver(hazard))
}

/** What is no failure of the task itself: nobody could know it, or it is not what a saved plan shows. */
const isForeign = ({ refusal, isBarred }: Line): boolean => refusal !== undefined || isBarred === true

/** What keeps the dependants of a node on one host from running: the line that failed, or what that line was skipped for. */
const causeIn = (lines: Line[]): string | undefined =>
  lines.find(line => line.verdict === 'fail')?.id ??
  lines.find(line => line.verdict === 'skipped' && line.needs !== undefined)?.needs

/** Whether a line may still fail, whatever its verdict: its steps are to run, or it is not decided. */
const mayFail = ({ finished }: Known, { id, node, verdict, steps }: Line): boolean =>
  !finished.has(id) &&
  node.task.ignoreErrors?.value !== true &&
  (verdict === 'ok' ? steps.length > 0 : verdict !== 'skipped' && verdict !== 'fail')

/** What the lines of a node add to what is in flight on their host. */
const hazardOf = ({ known }: Walk, { task, play }: Node, lines: Line[]): Hazard | undefined => {
  const { host, machine } = lines[0]!
  const at = task.blocks ?? []
  const cause = causeIn(lines)
  if (cause !== undefined) {
    // No rescue is for a machine that is gone, nor for what is none of the task's own failures.
    const isBeyond = known.lost.has(machine) || lines.some(isForeign)
    return { is: 'failed', host, task, play, cause, at: isBeyond ? [] : at }
  }
  const isWaitedFor = isRescuedAt(known.graph, at)
  const open = isWaitedFor ? lines.find(line => mayFail(known, line)) : undefined
  return open && { is: 'open', host, task, play, cause: open.id, at }
}

/** Keeps what the lines of a node mean to those behind them, as they were planned or have ended. */
export const registerFailures = (walk: Walk, node: Node, host: string, lines: Line[]): void => {
  const { causes, inFlight, shared } = walk
  const id = nodeId(host, node.task)
  const cause = node.included.has(host) ? causeIn(lines) : undefined
  if (cause === undefined) causes.delete(id)
  else causes.set(id, cause)
  const isKept = causeBefore(walk, node, host) !== undefined
  const met = isKept || !node.included.has(host) ? undefined : hazardOf(walk, node, lines)
  const hazards = [...hazardsBefore(walk, node, host), ...(met ? [met] : [])]
  if (hazards.length === 0) inFlight.delete(id)
  else inFlight.set(id, hazards)
  if (met && isForAll(node) && !lines.some(isForeign)) shared.set(id, { ...met, at: node.task.blocks ?? [] })
  else shared.delete(id)
}

/** Whether what fails at a task may stop other hosts of its play. */
export const isForAll = ({ task, play }: Pick<Node, 'task' | 'play'>): boolean =>
  (task.anyErrorsFatal === true && task.ignoreErrors?.value !== true) || play.mostFailed !== undefined

const hostsOfPlays = new WeakMap<Graph, Map<Play, ReadonlySet<string>>>()
const hostsOfPlay = (graph: Graph, play: Play): ReadonlySet<string> => {
  const known = hostsOfPlays.get(graph) ?? new Map<Play, ReadonlySet<string>>()
  hostsOfPlays.set(graph, known)
  const found = known.get(play) ?? new Set(graph.written.filter(one => one.play === play).flatMap(one => one.hosts))
  known.set(play, found)
  return found
}

/** Whether more hosts of a play have failed than it may go on with. */
const areTooMany = ({ mostFailed }: Play, failed: ReadonlySet<string>, all: number): boolean =>
  mostFailed !== undefined && (failed.size * 100) / all > mostFailed

/** What a node has to reckon with that was met on any host of its play: all of it where that stops all. */
const sharedBefore = ({ known: { graph }, shared }: Walk, { id, task, play }: Node): Hazard[] => {
  if (shared.size === 0) return []
  const at = graph.writtenAt.get(id)!
  const ahead = [...shared]
    .filter(([by, one]) => one.play === play && one.task !== task && graph.writtenAt.get(by)! < at)
    .map(([, one]) => one)
  const failed = ahead.filter(one => one.is === 'failed' && !isRescuedAt(graph, one.at))
  const hosts = new Set(failed.map(({ host }) => host))
  if (areTooMany(play, hosts, hostsOfPlay(graph, play).size)) return ahead
  return ahead.filter(one => one.task.anyErrorsFatal)
}

/** Whether what was met stops a node that is written behind it. With force_handlers what is no handler stops none of its play. */
const stops = (graph: Graph, { is, at, task, play }: Hazard, node: Node): boolean => {
  const isForced = node.task.handler && node.play.forceHandlers === true && node.play === play && !task.handler
  return is === 'failed' && !isForced && isStopped(graph, at, node.task)
}

/** The root cause that keeps a node from running in its place in the written order. */
const causeBefore = (walk: Walk, node: Node, host: string): string | undefined =>
  [...hazardsBefore(walk, node, host), ...sharedBefore(walk, node)].find(one => stops(walk.known.graph, one, node))
    ?.cause

/**
 * The root cause that keeps a line from running: a failed or lost node it depends on by order or needs. Values are no
 * such edge: reading one throws by itself, and a list over a group may do without.
 */
export const causeOf = (walk: Walk, node: Node, host: string): string | undefined => {
  const { known, causes } = walk
  if (isLost(known, host)) return host
  const machine = machineOf(node, host)
  if (known.lost.has(machine)) return machine
  for (const edge of node.edges) {
    if (edge.kind !== 'needs') continue
    const on = known.graph.byId.get(edge.on)!
    for (const at of on.hosts.includes(host) ? [host] : on.hosts) {
      const cause = causes.get(nodeId(at, on.task))
      if (cause !== undefined) return cause
      if (at !== host && isLost(known, at)) return at
    }
  }
  return causeBefore(walk, node, host)
}

/** Lines that call a rescue: none where it is to be done now, for something has failed; else all that may still fail. */
type RescueCall = string[]

const callAmong = (calling: Hazard[]): RescueCall | undefined => {
  if (calling.some(({ is }) => is === 'failed')) return []
  return calling.length > 0 ? calling.map(({ cause }) => cause) : undefined
}

/** What calls each of the rescues that a task stands in; undefined where nothing before it in that block has failed, or may. */
const callsOf = (walk: Walk, node: Node, host: string): (RescueCall | undefined)[] => {
  const { graph } = walk.known
  const blocks = node.task.blocks ?? []
  if (blocks.every(({ section }) => section !== 'rescue')) return []
  const before = [...hazardsBefore(walk, node, host), ...sharedBefore(walk, node)]
  return blocks.flatMap(({ section }, i) =>
    section === 'rescue' ? [callAmong(before.filter(({ at }) => isCalled(graph, at, blocks, i)))] : [],
  )
}

/** The line of a task in a rescue that nothing has called so far; undefined where the task is to be done. */
export const uncalledLine = (walk: Walk, line: Line): Line | undefined => {
  const calls = callsOf(walk, line.node, line.host)
  if (calls.includes(undefined)) return skipLine(line, 'nothing failed')
  const open = calls.find(by => by!.length > 0)
  return open && standbyLine(line, open)
}

/** What a block has rescued last before a node on a host, or may have to. */
export const rescuedBefore = (walk: Walk, node: Node, host: string): Hazard | undefined => {
  const { graph } = walk.known
  return hazardsBefore(walk, node, host).findLast(
    ({ at }) => isRescuedAt(graph, at) && !isStopped(graph, at, node.task),
  )
}

/** Whether a block goes on behind the failure of a line. */
export const isRescued = (graph: Graph, line: Line): boolean =>
  !isForeign(line) && isRescuedAt(graph, line.node.task.blocks ?? [])

/** Whether a line ends the work on its host, as it was planned or has ended. */
export const endsHost = (graph: Graph, line: Line): boolean =>
  line.verdict === 'fail' && !line.refusal && !isRescued(graph, line)

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

/** The lines of a plan that keep all hosts of their play from any step, each with these hosts. */
const haltingAll = (graph: Graph, ending: Line[]): [string, Line][] => {
  const failed = Map.groupBy(
    ending.filter(({ node }) => isForAll(node)),
    ({ node }) => node.play,
  )
  return [...failed].flatMap(([play, lines]): [string, Line][] => {
    const hosts = hostsOfPlay(graph, play)
    const isOver = areTooMany(play, new Set(lines.map(({ host }) => host)), hosts.size)
    const cause = lines.find(({ node }) => isOver || node.task.anyErrorsFatal)
    return cause ? [...hosts].map(host => [host, cause]) : []
  })
}

/**
 * By host the line that keeps it from getting any step: a `fail` in the plan of its machine, or one that stops all; on every
 * host one that needs a value which only a left-out step would make, for that is to be mended first.
 */
export const haltedHosts = (planned: Planned[], graph: Graph): Map<string, Line> => {
  const { hosts, source } = graph
  const lines = included(planned)
  const barring = lines.find(line => line.isBarred)
  const ending = lines.filter(line => endsHost(graph, line))
  const failing = new Map(ending.toReversed().map(line => [machineOf(source, line.host), line]))
  const all = new Map(haltingAll(graph, ending))
  return new Map(
    hosts.flatMap(host => {
      const cause = failing.get(machineOf(source, host)) ?? all.get(host) ?? barring
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
