import type { Fragment } from '../core/transport.ts'
import type { Node } from '../graph/graph.ts'
import { markLost } from '../plan/plan.ts'
import type { Line } from '../plan/session.ts'
import { batch } from '../world/batch.ts'
import {
  announceRun,
  finishChanged,
  finishFailed,
  finishQuiet,
  finishSkipped,
  hostQueries,
  invalidateTouched,
  type Runner,
} from './runner.ts'
import { runSteps, valuesNeededBy } from './steps.ts'
import { replanNode, verdictOf } from './verify.ts'

const present = (runner: Runner, lines: Line[]): Line[] =>
  lines.filter(l => !runner.session.finished.has(l.id) && !runner.session.lost.has(l.host))

/**
 * Runs a collective node whose hosts have all arrived: planned once more, over what is known by then, and phase by phase on all
 * hosts at once; a phase starts when the one before has ended everywhere. A host that fails or is lost leaves.
 */
export const runCollective = async (whole: Runner, node: Node): Promise<void> => {
  // What one collective's steps make known is nobody else's business.
  const runner = { ...whole, memory: new Map<string, string>() }
  const { session } = runner
  const lines = (await replanNode(runner, node)).filter(line => !session.finished.has(line.id))
  const acting = lines.filter(line => line.phases.length > 0)
  const changes = acting.filter(line => line.verdict === 'change')
  for (const line of changes) announceRun(runner, line)
  const phases = Math.max(0, ...acting.map(l => l.phases.length))
  if (changes.length > 0)
    for (let phase = 0; phase < phases; phase++) {
      leaveWithoutSource(runner, acting, phase)
      await Promise.all(present(runner, acting).map(line => runPhase(runner, line, phase)))
    }
  const again = changes.length > 0 ? await replanNode(runner, node) : []
  for (const line of lines) if (node.included.has(line.host)) finishQuiet(runner, line)
  const left = present(runner, changes).map(line => ({
    line,
    end: verdictOf(runner, line, again.find(l => l.id === line.id)!),
  }))
  for (const { line, end } of left)
    end.failure ? finishFailed(runner, line, end.failure) : finishChanged(runner, line, end.outputs)
}

/** Who needs a value whose maker failed or was lost leaves, with that as its cause; so does who needs what nobody makes. */
const leaveWithoutSource = (runner: Runner, acting: Line[], phase: number): void => {
  const makes = (line: Line, name: string): boolean =>
    line.steps.some(step => (step.do === 'generate' || step.do === 'fetch' || step.do === 'exec') && step.name === name)
  for (const line of present(runner, acting)) {
    const unmade = (line.phases[phase] ?? []).flatMap(valuesNeededBy).filter(name => !runner.memory.has(name))
    const makers = unmade.map(name => acting.find(other => makes(other, name)))
    if (makers.includes(undefined)) {
      const what = `No host that takes part hands out what ${line.host} needs.`
      finishFailed(runner, line, { reason: 'module-bug', what, origin: line.node.task.origin })
      continue
    }
    const maker = makers.find(other => other !== undefined && other !== line && present(runner, [other]).length === 0)
    if (maker === undefined) continue
    finishSkipped(runner, line, maker.id)
  }
}

/** What runs on a host that may be lost on the way: then that ends the line. */
export const guarded = async (runner: Runner, line: Line, inside: () => Promise<void>): Promise<void> => {
  try {
    await inside()
  } catch (error) {
    markLost(runner.session, line.host, error, runner.emit)
    finishFailed(runner, line, {
      reason: 'host-lost',
      what: `${line.host} was lost in the middle of "${line.node.task.name}".`,
    })
  }
}

const runPhase = (runner: Runner, line: Line, phase: number): Promise<void> =>
  guarded(runner, line, async () => {
    const steps = line.phases[phase] ?? []
    if (steps.length === 0) return
    const transport = await runner.connect(line.host)
    const last = phase === line.phases.length - 1
    const reads = batch(runner.session.worlds.get(line.host)!, last ? hostQueries(line) : [])
    const tail: Fragment[] = last ? reads.fragments : []
    const ran = await runSteps(runner, transport, line, steps, tail)
    invalidateTouched(runner, line)
    if (ran.failure) return finishFailed(runner, line, ran.failure)
    if (last) reads.take(ran.rest!)
  })
