import type { Node } from '../graph/graph.ts'
import { markLost } from '../plan/plan.ts'
import type { Line } from '../plan/session.ts'
import type { Planned } from '../plan/walk.ts'
import { runBundle } from './bundle.ts'
import { runCollective } from './collective.ts'
import { readAgain, takeHosts } from './lease.ts'
import { isDone, type Progress, recordPlanned } from './progress.ts'
import { runRolling } from './rolling.ts'
import { finishQuiet, finishSkipped, type Runner } from './runner.ts'
import { type NextWork, scheduleNext } from './schedule.ts'

/** Applies a plan, on hosts that it takes for that time. */
export const run = async (runner: Runner, planned: Planned[]): Promise<void> => {
  try {
    await apply(runner, await takeHosts(runner, planned))
  } finally {
    await runner.leases.giveAll()
  }
}

/**
 * Every host goes its own way through its nodes, planning each again from what is known by then, and waits only where
 * an edge or a collective says so.
 */
const apply = async (runner: Runner, planned: Planned[]): Promise<void> => {
  const { session } = runner
  for (const p of planned) {
    recordPlanned(runner, p.lines)
    for (const line of p.lines) runner.planned.set(line.id, line)
  }
  for (const world of session.worlds.values()) world.predicted = []
  const progress: Progress = {
    runner,
    arrived: new Map(),
    claimed: new Set(),
    alive: new Set(session.graph.hosts),
  }
  const barred = [...runner.planned.values()].find(line => line.isBarred)
  for (const line of runner.planned.values()) if (line.refusal) finishQuiet(runner, line)
  for (const host of session.graph.hosts) halt(progress, host, barred)
  if (isQuiet(runner)) return rest(runner)
  await Promise.all(session.graph.hosts.map(host => runHost(progress, host)))
}

/** Nothing is to be done on any host: the plan is the result, for nothing happens that could change it. */
const isQuiet = ({ planned, session }: Runner): boolean =>
  [...planned.values()].every(
    line => session.finished.has(line.id) || line.verdict === 'ok' || line.verdict === 'skipped',
  )

const rest = (runner: Runner): void => {
  for (const host of runner.session.graph.hosts)
    for (const line of runner.planned.values())
      if (line.host === host && line.node.included.has(host)) finishQuiet(runner, line)
}

/**
 * A host whose plan holds a `fail` gets no step at all: what is ok there stays told, the rest is skipped with the cause.
 * So does every host where a value is needed that only a left-out step would make: that is to be mended first.
 */
const halt = ({ runner }: Progress, host: string, barred: Line | undefined): void => {
  const own = [...runner.planned.values()].filter(l => l.host === host && l.node.included.has(host))
  const cause = own.find(l => l.verdict === 'fail' && !l.refusal) ?? barred
  if (!cause) return
  for (const line of own) {
    if (line.verdict === 'change' || line.verdict === 'undecided') finishSkipped(runner, line, cause.id, cause.outputs)
    else finishQuiet(runner, line)
  }
}

const runHost = async (progress: Progress, host: string): Promise<void> => {
  const { runner } = progress
  const { session } = runner
  const mine = session.graph.nodes.filter(n => n.hosts.includes(host) && n.included.has(host))
  for (;;) {
    runner.signal.throwIfAborted()
    const left = mine.filter(node => !isDone(progress, node, host))
    if (left.length === 0) break
    // Taken before looking around: what changes while this host looks must not be missed when it waits.
    const change = runner.changed()
    const next = await scheduleNext(progress, host, left)
    try {
      if (mayStep(next) && !runner.leases.has(host)) await takeLate(runner, host)
      else if (next.meeting) await meet(progress, next.meeting, host, change)
      else if (next.bundle.length > 0) await runBundle(runner, host, next.bundle)
      else if (!next.progressed) await waitFor(progress, host, change)
    } catch (error) {
      markLost(session, host, error, runner.emit)
      runner.wake()
    }
  }
  progress.alive.delete(host)
  runner.wake()
}

const mayStep = ({ bundle, meeting }: NextWork): boolean =>
  meeting !== undefined || bundle.some(line => line.verdict === 'change')

/** A host that was to get no step gets one after all: it is taken now, and planned from what it is then. */
const takeLate = async (runner: Runner, host: string): Promise<void> => {
  await runner.leases.take([host])
  await readAgain(runner.session, runner, [host])
}

/**
 * Waits for the next change after the one a host knows of. Hosts that all wait for each other would wait for ever: that
 * is a mistake of ours, told at once.
 */
const waitFor = async ({ runner, alive }: Progress, host: string, known: Promise<void>): Promise<void> => {
  if (runner.changed() !== known) return
  runner.waiting.add(host)
  if ([...alive].every(h => runner.waiting.has(h)))
    throw new Error(`all hosts wait for each other: ${[...alive].join(', ')}`)
  await known
}

/**
 * A host comes to a node that several hosts are needed for: the last to arrive runs it for all. The others wait; whatever
 * happens meanwhile, they look around again before they come back, for something else they could do.
 */
const meet = async (progress: Progress, node: Node, host: string, known: Promise<void>): Promise<void> => {
  const { runner, arrived, claimed } = progress
  const { session } = runner
  const here = arrived.get(node.task) ?? new Set<string>()
  arrived.set(node.task, here.add(host))
  const all = node.collective ? [node] : session.graph.nodes.filter(n => n.task === node.task)
  const isComplete = all.every(n => n.hosts.every(h => here.has(h) || session.lost.has(h) || isDone(progress, n, h)))
  if (isComplete && !claimed.has(node.task)) {
    claimed.add(node.task)
    await (node.collective ? runCollective(runner, node) : runRolling(runner, all))
    return runner.wake()
  }
  await waitFor(progress, host, known)
  if (!claimed.has(node.task)) here.delete(host)
  while (claimed.has(node.task) && !isDone(progress, node, host)) await runner.changed()
}
