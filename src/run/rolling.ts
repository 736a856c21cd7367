import type { EventBody } from '../core/event.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import { causeOfTurns } from '../plan/failure-policy.ts'
import { isLost } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import { runBundle } from './bundle.ts'
import { guarded, runCollective } from './collective.ts'
import type { RunContext } from './context.ts'
import { gateFailure } from './failure-messages.ts'
import { finishFailed, finishSkipped, finishUnverified } from './finish.ts'
import { refuseMoved } from './moved.ts'
import { replanNode } from './verify.ts'

/**
 * A rolling task on all hosts where it interrupts what runs: one host after the other, each through the gates before
 * the next begins. The first that fails, or does not pass, keeps all others from their turn; so does one that had
 * nothing to interrupt and did not come up.
 */
export const runRolling = async (context: RunContext, nodes: Node[]): Promise<void> => {
  const { known } = context
  let cause = causeOfTurns(known.finished.values(), nodes)
  for (const node of nodes) {
    const [host] = node.hosts as [string]
    if (!node.included.has(host) || isLost(known, host)) continue
    context.signal.throwIfAborted()
    const lines = await linesLeft(context, node)
    for (const line of lines) {
      if (cause === undefined) cause = await runTurn(context, line)
      else finishSkipped(context, line, cause)
    }
    if (lines.length > 0) cause ??= await passGates(context, node, host)
  }
}

/** The lines of a node that are still to be dealt with, from what is known now. */
const linesLeft = async (context: RunContext, node: Node): Promise<Line[]> => {
  const lines = await replanNode(context, node)
  return lines.filter(line => node.included.has(line.host) && !context.known.finished.has(line.id))
}

/** Runs one line; returns what keeps the others from theirs. */
const runTurn = async (context: RunContext, line: Line): Promise<string | undefined> => {
  await guarded(context, line, () => runBundle(context, line.machine, [line]))
  // In a turn nothing is planned anew: the others wait.
  refuseMoved(context, line)
  const hasFailed = context.known.finished.get(line.id)?.verdict === 'fail' || isLost(context.known, line.host)
  return hasFailed ? line.id : undefined
}

const passGates = async (context: RunContext, node: Node, host: string): Promise<string | undefined> => {
  const { graph, finished } = context.known
  for (const { value: slug } of node.task.rolling ?? []) {
    const gate = graph.nodes.find(
      n => n.play === node.play && n.task.slug === slug && n.hosts.includes(host) && n.included.has(host),
    )
    if (!gate) continue
    // A gate that a saved plan does not let pass is shut.
    const shut = finished.get(nodeId(host, gate.task))
    const failed = shut?.refusal ? shut.id : await pass(context, gate)
    if (failed !== undefined) return failed
  }
  return undefined
}

type Result = Extract<EventBody, { type: 'result' }>

/** The same run, with what happens in it kept apart: nothing is dealt with, and results go to `results`. */
const rehearsal = (context: RunContext, results: Result[]): RunContext => {
  const { walk, emit } = context
  const known = { ...context.known, finished: new Map(context.known.finished) }
  return {
    ...context,
    known,
    walk: {
      ...walk,
      known,
      outputs: new Map(walk.outputs),
      causes: new Map(walk.causes),
      inFlight: new Map(walk.inFlight),
      shared: new Map(walk.shared),
    },
    planned: new Map(),
    gated: new Map(),
    emit: event => void (event.type === 'result' ? results.push(event) : emit(event)),
  }
}

/**
 * Passes a gate: its task is run here, and once more in its own place, for which nothing of this run counts. Only a
 * failure is told, and counts there too. Returns the line that failed.
 */
const pass = async (whole: RunContext, gate: Node): Promise<string | undefined> => {
  const results: Result[] = []
  const context = rehearsal(whole, results)
  if (gate.collective) await runCollective(context, gate)
  else
    for (const line of await linesLeft(context, gate))
      if (line.verdict === 'undecided' || line.details) finishFailed(context, line, gateFailure(line))
      else await runTurn(context, line)
  for (const { node, status, failure } of results) {
    const line = context.known.finished.get(node)!
    if (status === 'changed') whole.gated.set(node, line)
    if (status === 'failed') finishFailed(whole, line, failure!)
    if (status === 'unverified') finishUnverified(whole, line, line.why!)
  }
  return results.find(({ status }) => status === 'failed' || status === 'unverified')?.node
}
