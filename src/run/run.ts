import { Later, Lost } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { hostsOn, machineOf, type Node } from '../graph/graph.ts'
import { haltedHosts } from '../plan/failure-policy.ts'
import { isLost, type Known } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import { markLost } from '../plan/plan.ts'
import type { Walk } from '../plan/walk-state.ts'
import { runBundle } from './bundle.ts'
import { runCollective } from './collective.ts'
import { createRunContext, type RunContext, type RunParts } from './context.ts'
import { finishQuiet, finishSkipped } from './finish.ts'
import { leaseHosts, readAgain } from './lease-hosts.ts'
import { isDone, type Progress, recordPlanned } from './progress.ts'
import { runRolling } from './rolling.ts'
import { type Barrier, type NextWork, type Spot, scheduleNext } from './schedule.ts'
import { tellLost, tellUnfinished } from './unfinished.ts'

/**
 * Applies a plan, on machines that it leases for that time. Every line has a result in the end, also when the run is
 * interrupted or refused: what it has come to, as far as that is known.
 */
export const run = async (parts: RunParts, plan: Walk): Promise<void> => {
  let context = contextOf(parts, plan)
  // Hosts that wait for others look up.
  parts.signal.addEventListener('abort', () => context.wake())
  try {
    context = contextOf(parts, await leaseHosts(parts, plan))
    await apply(context)
  } finally {
    tellUnfinished(context)
    await parts.leases.giveAll()
  }
}

const contextOf = (parts: RunParts, plan: Walk): RunContext => {
  const context = createRunContext(parts, plan)
  for (const { lines } of plan.planned) recordPlanned(context, lines)
  return context
}

/**
 * Every machine goes its own way through the nodes of its hosts, planning each again from what is known by then, and waits
 * only where an edge, a collective or an earlier play says so.
 */
const apply = async (context: RunContext): Promise<void> => {
  const { known, walk, planned } = context
  for (const line of planned.values()) if (line.refusal) finishQuiet(context, line)
  const halted = haltedHosts(walk.planned, known.graph)
  const lines = halted.size > 0 ? linesByHost(context) : new Map<string, Line[]>()
  for (const [host, cause] of halted) halt(context, lines.get(host) ?? [], cause)
  if (isQuiet(context)) return tellAll(context)
  const alive = new Set(known.answers.keys())
  const progress: Progress = {
    context,
    arrived: new Map(),
    passing: new Set(),
    alive,
    open: new Map(),
    forAll: new Map(),
  }
  const ways = [...alive].map(machine => runMachine(progress, machine))
  await Promise.all(ways).catch(async error => {
    // What has been told to end on other hosts still says how far it has come.
    if (context.signal.aborted) await Promise.allSettled(ways)
    throw error
  })
}

/** Nothing is to be done on any host: the plan is the result, for nothing happens that could change it. */
const isQuiet = ({ planned, known }: RunContext): boolean =>
  [...planned.values()].every(
    line => known.finished.has(line.id) || line.verdict === 'ok' || line.verdict === 'skipped',
  )

/** The lines of each host, in plan order, where steps may run. */
const linesByHost = ({ planned }: RunContext): Map<string, Line[]> =>
  Map.groupBy(
    [...planned.values()].filter(line => line.node.included.has(line.host)),
    line => line.host,
  )

const tellAll = (context: RunContext): void => {
  const lines = linesByHost(context)
  for (const host of context.known.graph.hosts) for (const line of lines.get(host) ?? []) finishQuiet(context, line)
}

const mayAct = ({ verdict }: Line): boolean => verdict === 'change' || verdict === 'undecided' || verdict === 'standby'

/** A host that gets no step: what is ok there stays told, the rest is skipped with the cause. */
const halt = (context: RunContext, lines: Line[], cause: Line): void => {
  for (const line of lines)
    if (mayAct(line)) finishSkipped(context, line, cause.id, cause.outputs)
    else finishQuiet(context, { ...line, outputs: neverMade(line.outputs, new Lost(cause.id)) })
}

/** What is registered with nothing left open in it: what steps would have made known is lost. */
const neverMade = (value: unknown, lost: Lost): unknown => {
  if (value instanceof Later) return lost
  if (Array.isArray(value)) return value.map(one => neverMade(one, lost))
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, neverMade(one, lost)]))
    : value
}

const spotsOn = ({ graph }: Known, machine: string): Spot[] => {
  const hosts = hostsOn(graph, machine)
  const isHere = (node: Node, host: string): boolean => node.included.has(host) && machineOf(node, host) === machine
  return graph.nodes.flatMap(node =>
    (node.delegates ? node.hosts : hosts).flatMap(host => (isHere(node, host) ? [{ node, host }] : [])),
  )
}

const runMachine = async (progress: Progress, machine: string): Promise<void> => {
  const { context } = progress
  const { known } = context
  let [graph, own] = [known.graph, spotsOn(known, machine)]
  for (;;) {
    context.signal.throwIfAborted()
    if (known.lost.has(machine)) tellLost(context, machine)
    // Includes bring nodes when their turn comes.
    if (graph !== known.graph) [graph, own] = [known.graph, spotsOn(known, machine)]
    const left = own.filter(({ node, host }) => !isDone(progress, node, host))
    if (left.length === 0) break
    // Taken before looking around: what changes meanwhile must not be missed when it waits.
    const change = context.changed()
    const next = await scheduleNext(progress, left)
    try {
      if (mayStep(next) && !context.leases.has(machine)) await leaseLate(context, machine)
      else if (next.barrier) await reachBarrier(progress, next.barrier, machine, change)
      else if (next.bundle.length > 0) await runBundle(context, machine, next.bundle)
      else if (!next.progressed) await waitFor(progress, machine, change)
    } catch (error) {
      markLost(known, machine, error, context.emit)
      context.wake()
    }
  }
  progress.alive.delete(machine)
  context.wake()
}

const mayStep = ({ bundle, barrier }: NextWork): boolean =>
  barrier !== undefined || bundle.some(line => line.verdict === 'change')

/** A machine that was to get no step gets one after all: it is leased now, and planned from what it is then. */
const leaseLate = async (context: RunContext, machine: string): Promise<void> => {
  await context.leases.acquire([machine])
  await readAgain(context.known, context, [machine])
}

/**
 * Waits for the next change after the one a machine knows of. Machines that all wait for each other would wait for ever:
 * that is a mistake of ours, told at once.
 */
const waitFor = async ({ context, alive }: Progress, machine: string, last: Promise<void>): Promise<void> => {
  if (context.changed() !== last) return
  context.waiting.add(machine)
  if ([...alive].every(one => context.waiting.has(one)))
    throw new Error(`all hosts wait for each other: ${[...alive].join(', ')}`)
  await last
}

/** The nodes of a barrier: a collective is one for all its hosts, a task whose hosts take turns has one for each. */
const barrierNodes = ({ nodes }: { nodes: Node[] }, node: Node): [Node, ...Node[]] =>
  node.collective ? [node] : (nodes.filter(n => n.task === node.task) as [Node, ...Node[]])

/**
 * Hosts of a machine come to a node that several hosts are needed for: the last to arrive runs it for all. The others wait;
 * whatever happens meanwhile, they look around again before they come back, for something else they could do.
 */
const reachBarrier = async (
  progress: Progress,
  { node, hosts }: Barrier,
  machine: string,
  last: Promise<void>,
): Promise<void> => {
  const { context, arrived, passing } = progress
  const { known } = context
  const all = barrierNodes(known.graph, node)
  const [{ id: barrier }] = all
  const here = arrived.get(barrier) ?? new Set<string>()
  for (const host of hosts) here.add(host)
  arrived.set(barrier, here)
  const isComplete = all.every(n => n.hosts.every(h => here.has(h) || isLost(known, h) || isDone(progress, n, h)))
  if (isComplete && !passing.has(barrier)) {
    passing.add(barrier)
    await (node.collective ? runCollective(context, node) : runRolling(context, all))
    return context.wake()
  }
  await waitFor(progress, machine, last)
  if (!passing.has(barrier)) for (const host of hosts) here.delete(host)
  while (passing.has(barrier) && !hosts.every(host => isDone(progress, node, host))) {
    context.signal.throwIfAborted()
    await context.changed()
  }
}
