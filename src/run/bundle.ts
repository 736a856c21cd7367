import type { Fragment, Output } from '../core/transport.ts'
import { nodeId } from '../graph/graph.ts'
import { causeOf, type Line } from '../plan/session.ts'
import { planLine } from '../plan/walk.ts'
import { batch } from '../world/batch.ts'
import {
  announceRun,
  finishChanged,
  finishFailed,
  finishQuiet,
  hostQueries,
  invalidateTouched,
  type Runner,
} from './runner.ts'
import { fitsFrame, fragmentOf, judgeOutputs, type KeptOutput, runSteps } from './steps.ts'
import { type ReplanResult, replan, settle, verdictOf } from './verify.ts'

/** Whether a line can travel in a frame with others: its steps are plain shell and nothing has to be waited for. */
export const travels = (line: Line): boolean => fitsFrame(line.steps) && line.settle === undefined

/** Outputs of a command that ran: what it said, without the last line's end. */
const keptOutputs = (kept: KeptOutput | undefined): object => {
  if (!kept) return {}
  const stdout = kept.stdout.replace(/\n+$/, '')
  return { ...kept, stdout, stdout_lines: stdout === '' ? [] : stdout.split('\n') }
}

/**
 * After its steps and fresh reads a line is planned again and must be `ok`, once it has settled. One that runs every
 * time is never `ok`: it only has to hold what it promised.
 */
const conclude = async (runner: Runner, line: Line, kept: KeptOutput | undefined, first: Output[]): Promise<void> => {
  const judge = async (): Promise<ReplanResult> => {
    const [again] = await replan(runner, wanted => [planLine(runner.session, line, wanted)])
    return verdictOf(runner, line, line.always ? { ...again!, verdict: 'ok', outputs: line.outputs } : again!)
  }
  const end =
    line.always && line.will.length === 0
      ? { outputs: line.outputs }
      : await settle(runner, await runner.connect(line.host), line, first, judge)
  if (end.failure) finishFailed(runner, line, end.failure)
  else finishChanged(runner, line, { ...(end.outputs as object), ...keptOutputs(kept) })
}

/**
 * Runs decided lines of one host, in order, in one frame: the steps of each followed by the reads that verify it,
 * each at its own moment. A failed step ends the frame; what comes after it is planned anew.
 */
export const runBundle = async (runner: Runner, host: string, lines: Line[]): Promise<void> => {
  const world = runner.session.worlds.get(host)!
  world.predicted = []
  const changes = lines.filter(l => l.verdict === 'change')
  if (changes.length === 1 && !travels(changes[0]!)) return runAlone(runner, changes[0]!, lines)
  if (changes.length === 0) return lines.forEach(line => void finishQuiet(runner, line))
  const transport = await runner.connect(host)
  const parts = changes.map(line => ({
    line,
    steps: line.steps.map(step => fragmentOf(runner, line, step, transport.user)),
    reads: batch(world, hostQueries(line)),
  }))
  for (const line of changes) announceRun(runner, line)
  const outputs = await transport.run(parts.flatMap(({ steps, reads }): Fragment[] => [...steps, ...reads.fragments]))
  let isBroken = false
  for (const line of lines) {
    // Behind a broken promise what needed no step is planned anew; what ran in the same frame is told as it came out.
    if (line.verdict !== 'change' ? isBroken || finishQuiet(runner, line) : outputs.length === 0) continue
    const { steps, reads } = parts.find(p => p.line === line)!
    const judged = judgeOutputs(runner, line, line.steps, outputs.splice(0, steps.length))
    invalidateTouched(runner, line)
    if (judged.failure) {
      // A step that only printed too much has not ended the frame: what is behind it has run as well.
      if (outputs.length > 0) for (const behind of changes) invalidateTouched(runner, behind)
      return finishFailed(runner, line, judged.failure)
    }
    const first = outputs.splice(0, reads.fragments.length)
    reads.take(first)
    await conclude(runner, line, judged.kept, first)
    isBroken ||= runner.session.finished.get(line.id)?.verdict === 'fail'
    // It has run, but what it depends on has failed: so what depends on it does not run.
    const cause = causeOf(runner.session, line.node, host)
    if (cause !== undefined) runner.session.causes.set(nodeId(host, line.node.task), cause)
  }
}

/** One line whose steps are more than a frame, or that has to be waited for. */
const runAlone = async (runner: Runner, line: Line, lines: Line[]): Promise<void> => {
  for (const quiet of lines.slice(0, lines.indexOf(line))) finishQuiet(runner, quiet)
  announceRun(runner, line)
  const transport = await runner.connect(line.host)
  const reads = batch(runner.session.worlds.get(line.host)!, hostQueries(line))
  const ran = await runSteps(runner, transport, line, line.steps, reads.fragments)
  invalidateTouched(runner, line)
  if (ran.failure) return finishFailed(runner, line, ran.failure)
  reads.take(ran.rest!)
  await conclude(runner, line, ran.kept, ran.rest!)
}
