import type { Fragment } from '../core/transport.ts'
import type { Node } from '../graph/graph.ts'
import type { Line } from '../plan/line.ts'
import { markLost } from '../plan/plan.ts'
import { batch } from '../world/batch.ts'
import type { RunContext } from './context.ts'
import { unmadeFailure } from './failure-messages.ts'
import { announceRun, finishChanged, finishFailed, finishQuiet, finishSkipped, invalidateTouched } from './finish.ts'
import { planAnew, refuseMoved } from './moved.ts'
import { runSteps, sentSteps, valuesNeededBy } from './steps.ts'
import { tellLost } from './unfinished.ts'
import { hostQueries, replanNode, verdictOf } from './verify.ts'

/** The lines that are still to be dealt with, on machines that are there. */
const present = ({ known }: RunContext, lines: Line[]): Line[] =>
  lines.filter(({ id, machine }) => !known.finished.has(id) && !known.lost.has(machine))

/**
 * Runs a collective whose hosts have all arrived: planned once more, over what is known by then, and phase by phase on all
 * hosts at once; a phase starts when the one before has ended everywhere. A host that fails or is lost leaves.
 */
export const runCollective = async (whole: RunContext, node: Node): Promise<void> => {
  // What one collective's steps make known is nobody else's business.
  const context = { ...whole, memory: new Map<string, string>() }
  const lines = (await replanNode(context, node)).filter(line => !context.known.finished.has(line.id))
  const changes = await runPhases(context, lines)
  const again = changes.length > 0 ? await replanNode(context, node) : []
  for (const line of lines) if (node.included.has(line.host)) finishQuiet(context, line)
  const left = present(context, changes).map(line => ({
    line,
    end: verdictOf(context, line, again.find(l => l.id === line.id)!),
  }))
  for (const { line, end } of left)
    end.failure ? finishFailed(context, line, end.failure) : finishChanged(context, line, end.outputs)
}

/** Runs the phases of all lines that have some, where at least one changes something. Returns those that do. */
const runPhases = async (context: RunContext, lines: Line[]): Promise<Line[]> => {
  const acting = lines.filter(line => line.phases.length > 0)
  const changes = acting.filter(line => line.verdict === 'change')
  for (const line of changes) announceRun(context, line)
  const phases = changes.length === 0 ? 0 : Math.max(...acting.map(l => l.phases.length))
  for (let phase = 0; phase < phases; phase++) {
    leaveWithoutSource(context, acting, phase)
    await Promise.all(present(context, acting).map(line => runPhase(context, line, phase)))
  }
  return changes
}

/** Who needs a value whose maker failed or was lost leaves, with that as its cause; so does who needs what nobody makes. */
const leaveWithoutSource = (context: RunContext, acting: Line[], phase: number): void => {
  const makes = (line: Line, name: string): boolean =>
    line.steps.some(step => (step.do === 'generate' || step.do === 'fetch' || step.do === 'exec') && step.name === name)
  for (const line of present(context, acting)) {
    const unmade = (line.phases[phase] ?? []).flatMap(valuesNeededBy).filter(name => !context.memory.has(name))
    const makers = unmade.map(name => acting.find(other => makes(other, name)))
    if (makers.includes(undefined)) {
      finishFailed(context, line, unmadeFailure(line))
      continue
    }
    const maker = makers.find(other => other !== undefined && other !== line && present(context, [other]).length === 0)
    if (maker) finishSkipped(context, line, maker.id)
  }
}

/** What runs on a machine that may be lost on the way: then that ends the line. */
export const guarded = async (context: RunContext, line: Line, inside: () => Promise<void>): Promise<void> => {
  try {
    await inside()
  } catch (error) {
    markLost(context.known, line.machine, error, context.emit)
    if (context.signal.aborted) return
    tellLost(context, line.machine)
    if (!context.known.finished.has(line.id)) finishSkipped(context, line, line.host)
  }
}

const runPhase = (context: RunContext, line: Line, phase: number): Promise<void> =>
  guarded(context, line, async () => {
    const steps = line.phases[phase] ?? []
    if (steps.length === 0) return
    const transport = await context.connect(line.machine)
    const last = phase === line.phases.length - 1
    const reads = batch(context.known.answers.get(line.machine)!, last ? hostQueries(context.known, line) : [])
    const tail: Fragment[] = last ? reads.fragments : []
    const ran = await runSteps(context, transport, line, sentSteps(context, line, steps), tail)
    invalidateTouched(context, line)
    if (ran.moved !== undefined) {
      planAnew(context, line, ran.moved)
      return refuseMoved(context, line)
    }
    if (ran.failure) return finishFailed(context, line, ran.failure)
    if (last) reads.record(ran.rest!)
  })
