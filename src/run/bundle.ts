import type { Fragment } from '../core/transport.ts'
import { batch } from '../plan/observe.ts'
import type { Line } from '../plan/session.ts'
import { planLine } from '../plan/walk.ts'
import { finishChanged, finishFailed, finishQuiet, hostQueries, markHappened, type Runner } from './runner.ts'
import { fitsFrame, fragmentOf, judge, type Kept, runSteps } from './steps.ts'
import { type Again, replan, settle, verdictOf } from './verify.ts'

/** Whether a line can travel in a frame with others: its steps are plain shell and nothing has to be waited for. */
export const travels = (line: Line): boolean => fitsFrame(line.steps) && line.settle === undefined

const announceRun = (runner: Runner, line: Line): void => {
  runner.started.set(line.id, Date.now())
  runner.emit({
    type: 'running',
    host: line.host,
    node: line.id,
    task: line.node.task.name,
    steps: [],
    ...(line.steps.length === 0 ? { waits: true } : {}),
  })
}

/** Outputs of a command that ran: what it said, without the last line's end. */
const keptOutputs = (kept: Kept | undefined): object => {
  if (!kept) return {}
  const stdout = kept.stdout.replace(/\n+$/, '')
  return { ...kept, stdout, stdout_lines: stdout === '' ? [] : stdout.split('\n') }
}

/**
 * After its steps and fresh reads a line is planned again and must be `ok`, once it has settled. One that runs every
 * time is never `ok`: it only has to hold what it promised.
 */
const conclude = async (runner: Runner, line: Line, kept: Kept | undefined): Promise<void> => {
  const judge = async (): Promise<Again> => {
    const [again] = await replan(runner, wanted => [planLine(runner.session, line, wanted)])
    return verdictOf(runner, line, line.always ? { ...again!, verdict: 'ok', outputs: line.outputs } : again!)
  }
  const end =
    line.always && line.will.length === 0
      ? { outputs: line.outputs }
      : await settle(runner, await runner.connect(line.host), line, judge)
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
  for (const line of lines) {
    if (finishQuiet(runner, line)) continue
    const { steps, reads } = parts.find(p => p.line === line)!
    const judged = judge(runner, line, line.steps, outputs.splice(0, steps.length))
    if (judged.failure) {
      markHappened(runner, line)
      return finishFailed(runner, line, judged.failure)
    }
    markHappened(runner, line)
    reads.take(outputs.splice(0, reads.fragments.length))
    await conclude(runner, line, judged.kept)
    if (runner.session.finished.get(line.id)?.verdict === 'fail') return
  }
}

/** One line whose steps are more than a frame, or that has to be waited for. */
const runAlone = async (runner: Runner, line: Line, lines: Line[]): Promise<void> => {
  for (const quiet of lines.slice(0, lines.indexOf(line))) finishQuiet(runner, quiet)
  announceRun(runner, line)
  const transport = await runner.connect(line.host)
  const reads = batch(runner.session.worlds.get(line.host)!, hostQueries(line))
  const ran = await runSteps(runner, transport, line, line.steps, reads.fragments)
  markHappened(runner, line)
  if (ran.failure) return finishFailed(runner, line, ran.failure)
  reads.take(ran.rest!)
  await conclude(runner, line, ran.kept)
}
