import { Refusal } from '../core/failure.ts'
import type { Output, Transport } from '../core/transport.ts'
import { nodeId } from '../graph/graph.ts'
import { causeOf } from '../plan/failure-policy.ts'
import { type Line, outlivesFailure } from '../plan/line.ts'
import { moduleLine } from '../plan/walk.ts'
import { batch } from '../world/batch.ts'
import { asReader } from './as-identity.ts'
import type { RunContext } from './context.ts'
import { lostFailure, withRunBehind } from './failure-messages.ts'
import { announceRun, finishChanged, finishFailed, finishQuiet, invalidateTouched } from './finish.ts'
import { type FramePart, type FrameProgress, sendFrame } from './frame-progress.ts'
import { planAnew } from './moved.ts'
import { promiseTest } from './promise-test.ts'
import { type Attempt, runRepeatedly } from './repeat.ts'
import { settle } from './settle.ts'
import type { StepAnswer } from './step-answer.ts'
import { fitsFrame, fragmentOf, judgeOutputs, runSteps, sentSteps } from './steps.ts'
import { clockText, spanText } from './times.ts'
import { hostQueries, type ReplanResult, replan, verdictOf } from './verify.ts'

/**
 * Whether a line can travel in a frame with others: its steps are plain shell, nothing has to be waited for, it is not done
 * again, and whether it has failed is told by its steps.
 */
export const travels = (line: Line): boolean =>
  fitsFrame(line.steps) && line.settle === undefined && !outlivesFailure(line) && !line.node.task.repeats

const linesOf = (text: string): string[] => (text === '' ? [] : text.split('\n'))
/** Outputs that only the steps could know; of a command that ran what it said, without the last line's end, and when. */
const saidOutputs = (context: RunContext, line: Line, said: StepAnswer | undefined): Record<string, unknown> => {
  if (!said) return {}
  if ('kept' in said) return said.kept
  const [stdout, stderr] = [said.stdout, said.stderr].map(text => text.replace(/\n+$/, '')) as [string, string]
  const end = Date.now()
  const start = context.started.get(line.id) ?? end
  const msg = said.rc === 0 ? '' : 'non-zero return code'
  const times = { start: clockText(start), end: clockText(end), delta: spanText(end - start) }
  return { ...said, stdout, stderr, stdout_lines: linesOf(stdout), stderr_lines: linesOf(stderr), ...times, msg }
}

/**
 * After its steps and fresh reads a line is planned again and must be `ok`, once it has settled. One that runs every
 * time is never `ok`: it only has to hold what it promised.
 */
const verified = async (context: RunContext, line: Line, first: Output[]): Promise<ReplanResult> => {
  const judge = async (): Promise<ReplanResult> => {
    const [again] = await replan(context, walk => [moduleLine(walk, line)])
    if (context.known.lost.has(line.machine)) throw new Refusal(lostFailure(line))
    return verdictOf(context, line, line.always ? { ...again!, verdict: 'ok', outputs: line.outputs } : again!)
  }
  if (line.always && line.will.length === 0) return { outputs: line.outputs }
  return settle(context, await context.connect(line.machine), line, first, judge)
}

/** Verifies a line that has run, and tells what it came to. */
const conclude = async (
  context: RunContext,
  line: Line,
  said: StepAnswer | undefined,
  first: Output[],
  behind: () => Promise<Line[]> = async () => [],
): Promise<void> => {
  const end = await verified(context, line, first)
  if (end.failure)
    finishFailed(context, line, withRunBehind(end.failure, await behind()), saidOutputs(context, line, said))
  else finishChanged(context, line, { ...(end.outputs as object), ...saidOutputs(context, line, said) })
}

const partsOf = (context: RunContext, machine: string, changes: Line[], login: string): FramePart[] =>
  changes.map(line => {
    const test = line === changes.at(-1) ? '' : promiseTest(line)!
    const sent = sentSteps(context, line)
    return {
      line,
      sent,
      steps: sent.map(step => fragmentOf(context, line, step, login)),
      test: test === '' ? [] : [{ ...asReader(context, line, test), step: true }],
      reads: batch(context.known.answers.get(machine)!, hostQueries(context.known, line)),
    }
  })

/**
 * Runs decided lines of one machine, in order, in one frame: the steps of each followed by the test of what it promised
 * and the reads that verify it. A failed step ends the frame, and so does a promise that does not hold; what comes after
 * it is planned anew.
 */
export const runBundle = async (context: RunContext, machine: string, lines: Line[]): Promise<void> => {
  const changes = lines.filter(l => l.verdict === 'change')
  if (changes.length === 1 && !travels(changes[0]!)) return runAlone(context, changes[0]!, lines)
  if (changes.length === 0) return lines.forEach(line => void finishQuiet(context, line))
  const transport = await context.connect(machine)
  const frame = sendFrame(context, transport, partsOf(context, machine, changes, transport.user))
  let isBroken = false
  for (const line of lines) {
    const part = frame.parts.find(p => p.line === line)
    if (!part) {
      // Behind a failure what needed no step is planned anew; what ran in the same frame is told as it came out.
      if (!isBroken) finishQuiet(context, line)
      continue
    }
    const outputs = await frame.outputsOf(part)
    if (outputs === undefined || (await concludePart(context, transport, part, frame, outputs))) break
    isBroken ||= context.known.finished.get(line.id)?.verdict === 'fail'
  }
  await frame.over
}

/** Judges one line of a frame by its outputs. Returns whether the frame ended with it. */
const concludePart = async (
  context: RunContext,
  transport: Transport,
  part: FramePart,
  frame: FrameProgress,
  outputs: Output[],
): Promise<boolean> => {
  const { line, sent, steps, test, reads } = part
  const judged = judgeOutputs(context, line, sent, outputs.slice(0, steps.length))
  invalidateTouched(context, line)
  if (judged.moved !== undefined) {
    planAnew(context, line, judged.moved)
    return true
  }
  if (judged.failure) {
    // A step that only printed too much has not ended the frame: what is behind it has run as well.
    for (const behind of await frame.begunBehind(part)) invalidateTouched(context, behind)
    finishFailed(context, line, judged.failure, saidOutputs(context, line, judged.said))
    return true
  }
  const tested = steps.length + test.length
  const holds = outputs.slice(steps.length, tested).every(({ status }) => status === 0)
  const first = holds ? outputs.slice(tested) : await transport.run(reads.fragments)
  reads.record(first)
  await conclude(context, line, judged.said, first, () => frame.begunBehind(part))
  // It has run, but what it depends on has failed: so what depends on it does not run.
  const cause = causeOf(context.walk, line.node, line.host)
  if (cause !== undefined) context.walk.causes.set(nodeId(line.host, line.node.task), cause)
  return !holds
}

/** Runs the steps of one line by themselves, and verifies it. */
const attempt = async (context: RunContext, line: Line): Promise<Attempt> => {
  const transport = await context.connect(line.machine)
  const reads = batch(context.known.answers.get(line.machine)!, hostQueries(context.known, line))
  const ran = await runSteps(context, transport, line, sentSteps(context, line), reads.fragments)
  invalidateTouched(context, line)
  if (ran.moved !== undefined) return { moved: ran.moved }
  const outputs = saidOutputs(context, line, ran.said)
  if (ran.failure) return { failure: ran.failure, outputs }
  reads.record(ran.rest!)
  const end = await verified(context, line, ran.rest!)
  return end.failure ? { failure: end.failure, outputs } : { outputs: { ...(end.outputs as object), ...outputs } }
}

/** One line whose steps are more than a frame, or that has to be waited for. */
const runAlone = async (context: RunContext, line: Line, lines: Line[]): Promise<void> => {
  for (const quiet of lines.slice(0, lines.indexOf(line))) finishQuiet(context, quiet)
  announceRun(context, line)
  if (line.node.task.repeats) return runRepeatedly(context, line, attempt)
  const end = await attempt(context, line)
  if (end.moved !== undefined) planAnew(context, line, end.moved)
  else if (end.failure) finishFailed(context, line, end.failure, end.outputs)
  else finishChanged(context, line, end.outputs)
}
