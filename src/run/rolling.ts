import type { EventBody } from '../core/event.ts'
import type { Failure } from '../core/failure.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import type { Line } from '../plan/session.ts'
import { runBundle } from './bundle.ts'
import { guarded, runCollective } from './collective.ts'
import { finishFailed, finishSkipped, type Runner } from './runner.ts'
import { clearPredictions, replanNode } from './verify.ts'

/**
 * A rolling task on all hosts where it interrupts what runs: one host after the other, each through the gates before
 * the next begins. The first that fails, or does not pass, keeps all others from their turn; so does one that had
 * nothing to interrupt and did not come up.
 */
export const runRolling = async (runner: Runner, nodes: Node[]): Promise<void> => {
  const ended = [...runner.session.finished.values()]
  let cause = ended.find(({ verdict, node }) => verdict === 'fail' && nodes.includes(node))?.id
  for (const node of nodes) {
    const [host] = node.hosts as [string]
    if (!node.included.has(host) || runner.session.lost.has(host)) continue
    runner.signal.throwIfAborted()
    const lines = await planned(runner, node)
    for (const line of lines) {
      if (cause === undefined) cause = await takeTurn(runner, line)
      else finishSkipped(runner, line, cause)
    }
    if (lines.length > 0) cause ??= await passGates(runner, node, host)
  }
}

/** The lines of a node that are still to be dealt with, from what is known now; nothing of them is laid over the hosts. */
const planned = async (runner: Runner, node: Node): Promise<Line[]> => {
  const lines = await replanNode(runner, node)
  clearPredictions(runner, node)
  return lines.filter(line => node.included.has(line.host) && !runner.session.finished.has(line.id))
}

/** Runs one line; returns what keeps the others from theirs. */
const takeTurn = async (runner: Runner, line: Line): Promise<string | undefined> => {
  await guarded(runner, line, () => runBundle(runner, line.host, [line]))
  return runner.session.finished.get(line.id)?.verdict === 'fail' ? line.id : undefined
}

const passGates = async (runner: Runner, node: Node, host: string): Promise<string | undefined> => {
  for (const { value: slug } of node.task.rolling ?? []) {
    const gate = runner.session.graph.nodes.find(
      n => n.play === node.play && n.task.slug === slug && n.hosts.includes(host) && n.included.has(host),
    )
    if (!gate) continue
    // A gate that a saved plan does not let pass is shut.
    const shut = runner.session.finished.get(nodeId(host, gate.task))
    const failed = shut?.refusal ? shut.id : await pass(runner, gate)
    if (failed !== undefined) return failed
  }
  return undefined
}

type Result = Extract<EventBody, { type: 'result' }>

/**
 * Passes a gate: its task is run as ever, but as if it had not been, so that it runs again in its own place. Only a
 * failure is told, and counts there too. Returns the line that failed.
 */
const pass = async (whole: Runner, gate: Node): Promise<string | undefined> => {
  const { session } = whole
  const results: Result[] = []
  const runner: Runner = {
    ...whole,
    session: {
      ...session,
      finished: new Map(session.finished),
      outputs: new Map(session.outputs),
      causes: new Map(session.causes),
    },
    planned: new Map(),
    gated: new Map(),
    emit: event => void (event.type === 'result' ? results.push(event) : whole.emit(event)),
  }
  if (gate.collective) await runCollective(runner, gate)
  else
    for (const line of await planned(runner, gate))
      if (line.verdict === 'undecided' || line.details) finishFailed(runner, line, cannotWait(line))
      else await takeTurn(runner, line)
  clearPredictions(whole, gate)
  for (const { node, status, failure } of results) {
    const line = runner.session.finished.get(node)!
    if (status === 'changed') whole.gated.set(node, line)
    if (status === 'failed') finishFailed(whole, line, failure!)
  }
  return results.find(({ status }) => status === 'failed')?.node
}

const cannotWait = (line: Line): Failure => ({
  reason: 'playbook-reference',
  what: `"${line.node.task.slug}" cannot be passed between turns: it is only known after ${line.needs}.`,
  fix: 'Put that task before the rolling one, or leave this one out of "rolling".',
  origin: line.node.task.origin,
})
