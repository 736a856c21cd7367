import { setTimeout as pause } from 'node:timers/promises'
import { type Failure, Refusal } from '../core/failure.ts'
import { born } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { answeredLine, isEnough } from '../plan/judgement.ts'
import { blank, failureOf, type Line, refOf } from '../plan/line.ts'
import { scopeOf } from '../plan/scope.ts'
import { moduleLine } from '../plan/walk.ts'
import { withoutPredictions } from '../plan/walk-state.ts'
import { batch } from '../world/batch.ts'
import type { RunContext } from './context.ts'
import { lostFailure } from './failure-messages.ts'
import { finishChanged, finishFailed, finishInVain, finishQuiet } from './finish.ts'
import { planAnew } from './moved.ts'
import { hostQueries, replan } from './verify.ts'

/** How the steps of one line alone have ended. */
export type Attempt =
  | { moved: string; failure?: undefined }
  | { moved?: undefined; failure?: Failure; outputs: Record<string, unknown> }

/** As in Ansible: how often it is tried again, and how many seconds lie between. */
const MOST_RETRIES = 3
const DELAY = 5

/** A number that a task says. Throws a Refusal (`playbook-value`). */
const numberOf = (
  word: string,
  said: { evaluate(scope: Record<string, unknown>): unknown } | undefined,
  fallback: number,
  line: Line,
  scope: object,
): number => {
  if (said === undefined) return fallback
  const value = said.evaluate(scope as Record<string, unknown>)
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return Math.max(0, number)
  const { origin } = line.node.task
  throw new Refusal({
    reason: 'playbook-value',
    what: `\`${word}\` wants a number.`,
    why: `It is ${JSON.stringify(value)}.`,
    origin,
  })
}

const limitsOf = (context: RunContext, line: Line): { retries: number; delay: number } => {
  const { node, host, item } = line
  const { retries, delay } = node.compiled.repeats!
  const scope = scopeOf(withoutPredictions(context.walk), node, host, item)
  return {
    retries: Math.floor(numberOf('retries', retries, MOST_RETRIES, line, scope)),
    delay: numberOf('delay', delay, DELAY, line, scope),
  }
}

/** A line with nothing planned of it. */
const unplanned = ({ node, host, id, item }: Line): Line => ({ ...blank(node, host), id, ...(item ? { item } : {}) })

/** The line as its module has it now. */
const planNow = async (context: RunContext, line: Line): Promise<Line> => {
  const [now] = await replan(context, walk => [moduleLine(walk, unplanned(line))])
  if (context.known.lost.has(line.machine)) throw new Refusal(lostFailure(line))
  return now!
}

/** Asks the host anew what the line looks at. */
const readAnew = async (context: RunContext, line: Line): Promise<void> => {
  const reads = batch(context.known.answers.get(line.machine)!, hostQueries(context.known, line))
  if (reads.fragments.length === 0) return
  const transport = await context.connect(line.machine)
  reads.record(await transport.run(reads.fragments))
}

/** What one attempt has come to: the line with its answer, and why it has failed. */
type End = { line: Line; failure?: Failure }

/** One attempt: steps where there are any, else what is seen now. Undefined: something else was there than was read. */
const tryOnce = async (
  context: RunContext,
  now: Line,
  count: number,
  attempt: (context: RunContext, line: Line) => Promise<Attempt>,
): Promise<End | { moved: string }> => {
  const end: Attempt = now.verdict === 'change' ? await attempt(context, now) : { outputs: {} }
  if (end.moved !== undefined) return { moved: end.moved }
  const attempts = { attempts: count }
  const isFailing = end.failure !== undefined || now.verdict === 'fail'
  const failure = end.failure ?? (isFailing ? failureOf(now) : undefined)
  const own = now.verdict === 'change' ? { changed: !now.unchanging } : {}
  if (failure) {
    const changed = end.outputs.rc !== undefined && !now.unchanging
    const answer = { ...now.answer, failed: true, msg: failure.what, ...end.outputs, changed, ...attempts }
    return { line: { ...now, verdict: 'fail', why: failure.what, answer }, failure }
  }
  const outputs = { ...(isRecord(now.outputs) ? now.outputs : {}), ...end.outputs, ...own, ...attempts }
  delete (outputs as { [born]?: unknown })[born]
  return { line: { ...now, verdict: 'ok', outputs } }
}

const inVain = (line: Line, attempts: number, last: Failure | undefined): Failure => {
  const { until } = line.node.task.repeats!
  const said = until.map(({ value }) => String(value)).join(' and ')
  return {
    reason: 'task-failed',
    what: said === '' ? `It has failed ${attempts} times.` : `until did not hold in ${attempts} attempts: ${said}`,
    ...(last ? { why: [last.what, last.why].filter(Boolean).join('\n') } : {}),
    origin: until[0]?.origin ?? line.node.task.origin,
  }
}

/** Tells what the last attempt has come to. `now`: as it was planned for that. */
const conclude = (context: RunContext, now: Line, { line, failure }: End): void => {
  if (failure) finishFailed(context, now, failure, line.answer)
  else if (now.verdict === 'change') finishChanged(context, now, line.outputs)
  else finishQuiet(context, answeredLine(withoutPredictions(context.walk), line))
}

/**
 * Does a line again until its task says that it is enough, with a pause in between; each time it is planned from what is
 * seen then. In vain it has failed.
 */
export const runRepeatedly = async (
  context: RunContext,
  line: Line,
  attempt: (context: RunContext, line: Line) => Promise<Attempt>,
): Promise<void> => {
  try {
    const { retries, delay } = limitsOf(context, line)
    for (let count = 1; ; count++) {
      const now = await planNow(context, line)
      const end = await tryOnce(context, now, count, attempt)
      if ('moved' in end) return planAnew(context, line, end.moved)
      const walk = withoutPredictions(context.walk)
      const judged = answeredLine(walk, end.line)
      if (isEnough(walk, judged) === true) return conclude(context, now, end)
      if (count > retries) {
        const answer = judged.verdict === 'ok' ? (judged.outputs as Record<string, unknown>) : judged.answer
        const told = { msg: 'until did not hold', ...answer, failed: true, attempts: retries }
        return finishInVain(context, now, inVain(line, count, end.failure), told)
      }
      context.emit({
        type: 'message',
        ...refOf(line),
        text: `not yet; ${retries + 1 - count} more of ${retries + 1} attempts`,
      })
      // Ended by the signal it says so itself, with its own reason.
      await pause(delay * 1000, undefined, { signal: context.signal }).catch(() => {})
      context.signal.throwIfAborted()
      if (now.verdict !== 'change') await readAnew(context, now)
    }
  } catch (error) {
    if (!(error instanceof Refusal) || !error.failures[0]!.reason.startsWith('playbook-')) throw error
    finishFailed(context, line, error.failures[0]!)
  }
}
