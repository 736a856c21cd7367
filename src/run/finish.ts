import type { Status } from '../core/event.ts'
import type { Failure } from '../core/failure.ts'
import { born, isUnknown, Lost, strict } from '../core/unknown.ts'
import { isRecord, same } from '../core/value.ts'
import { nodeId } from '../graph/graph.ts'
import { touchedBy } from '../module/query.ts'
import { askAll, catchUnknown } from '../plan/decide.ts'
import { isRescued } from '../plan/failure-policy.ts'
import { inputFingerprints } from '../plan/input-fingerprints.ts'
import { ignoredLine, judgedLine } from '../plan/judgement.ts'
import { failureOf, type Line, outlivesFailure, refOf, skipLine, toldFailure } from '../plan/line.ts'
import { register } from '../plan/walk.ts'
import { boundReach, withoutPredictions, worldOn } from '../plan/walk-state.ts'
import { invalidate } from '../world/answers.ts'
import { answer } from '../world/world.ts'
import type { RunContext } from './context.ts'

const emitResult = ({ emit, key, started, ended }: RunContext, line: Line, status: Status, failure?: Failure): void => {
  const since = started.get(line.id)
  const asks = key && inputFingerprints(key, line)
  emit({
    type: 'result',
    ...refOf(line),
    status,
    ...(line.why === undefined ? {} : { why: line.why }),
    ...(line.needs === undefined || status !== 'skipped' ? {} : { needs: line.needs }),
    ...(failure === undefined ? {} : { failure }),
    ...(line.unbegun ? { unbegun: true } : {}),
    steps: ['changed', 'failed', 'rescued'].includes(status) ? line.steps.length : 0,
    ms: since === undefined ? 0 : (ended.get(line.id) ?? Date.now()) - since,
    diff: status === 'changed' ? line.diff : [],
    ...(asks ? { asks } : {}),
  })
}

/** Whether a change may be none in the end: it is waited for, or its task says what is one. */
const isOpenToWords = (line: Line): boolean =>
  line.byItself || line.toldAs !== undefined || outlivesFailure(line) || line.node.task.repeats !== undefined

/** A decided verdict was a promise. A wait that came true meanwhile broke none. */
const warnOfContradiction = ({ planned, known, emit }: RunContext, line: Line, status: Status): void => {
  const before = planned.get(line.id)
  // What another name of the machine was to do has not come about.
  const isLeft = (other: Line): boolean =>
    other.machine === line.machine && other.host !== line.host && other.verdict === 'fail'
  if (known.graph.source.machines.size > 0 && [...known.finished.values()].some(isLeft)) return
  // What was planned behind a block was so where nothing in it fails.
  const isOtherwise = (other: Line): boolean =>
    other.machine === line.machine && other.verdict === 'fail' && isRescued(known.graph, other)
  if ([...known.finished.values()].some(isOtherwise)) return
  const broken =
    (before?.verdict === 'ok' && status === 'changed' && before.toldAs === undefined) ||
    (before?.verdict === 'change' && !isOpenToWords(before) && !before.unchanging && status === 'ok')
  const { module } = line.node.task
  const why =
    status === 'ok'
      ? `somebody else did it meanwhile, or ${module} promised wrongly.`
      : `${module} promised wrongly, or the host changed meanwhile.`
  if (broken)
    emit({
      type: 'warning',
      host: line.host,
      node: line.id,
      text: `the plan said "${before!.verdict}", and it was "${status}": ${why}`,
    })
}

/** What only came to be known in its place; what the plan has said is not said again. */
const emitWarnings = ({ planned, emit }: RunContext, { host, id, warnings = [] }: Line): void => {
  const told = planned.get(id)?.warnings ?? []
  for (const text of warnings) if (!told.includes(text)) emit({ type: 'warning', host, node: id, text })
}

/** A line is dealt with: told once, kept, and whoever waits looks again. */
const finish = (context: RunContext, line: Line, status: Status, failure?: Failure): void => {
  const { known, gated, walk } = context
  if (known.finished.has(line.id)) return
  const passed = gated.get(line.id)
  gated.delete(line.id)
  if (passed && status === 'ok') {
    finishChanged(context, passed, line.outputs)
    return
  }
  warnOfContradiction(context, line, status)
  if (status === 'ok' || status === 'changed') emitWarnings(context, line)
  known.finished.set(line.id, line)
  const own = context.lines.get(nodeId(line.host, line.node.task)) ?? [line]
  register(
    walk,
    line.node,
    line.host,
    own.map(l => known.finished.get(l.id) ?? l),
  )
  if (line.text !== undefined) context.emit({ type: 'message', ...refOf(line), text: line.text })
  emitResult(context, line, status, failure)
  context.underWay.delete(line.id)
  context.wake()
}

/** `answer`: what a line answers that has begun. Its task may say that it has not failed, or that this is ignored. */
export const finishFailed = (
  context: RunContext,
  line: Line,
  failure: Failure,
  answer?: Record<string, unknown>,
): void => {
  const told = toldFailure(line, failure)
  const failed: Line = { ...line, verdict: 'fail', why: told.what, outputs: new Lost(line.id) }
  // Where a program has run, that was a change.
  const changed = answer?.rc !== undefined && !line.unchanging
  const own = answer && { msg: failure.what, ...answer, changed }
  const judged = judgedLine(withoutPredictions(context.walk), own ? { ...failed, answer: own } : failed)
  if (judged.verdict === 'ok') finishAnswered(context, judged, judged.ignored && told)
  else finishFailing(context, judged.answer ? { ...failed, answer: judged.answer } : failed, told)
}

/** A line that is repeated has not come to its end in all its attempts: whatever `failed_when` says. */
export const finishInVain = (
  context: RunContext,
  line: Line,
  failure: Failure,
  answer: Record<string, unknown>,
): void => {
  const told = toldFailure(line, failure)
  const failed: Line = { ...line, verdict: 'fail', why: told.what, outputs: new Lost(line.id), answer }
  const ended = ignoredLine(withoutPredictions(context.walk), failed)
  if (ended.ignored) finishAnswered(context, ended, told)
  else finishFailing(context, failed, told)
}

/** A line has failed, and that is not ignored: its block may say what is done then. */
const finishFailing = (context: RunContext, line: Line, failure: Failure): void =>
  finish(context, line, isRescued(context.known.graph, line) ? 'rescued' : 'failed', failure)

/** A line has an answer, and its task has said what that is. */
const finishAnswered = (context: RunContext, line: Line, ignored = line.ignored): void => {
  if (ignored) finish(context, line, 'ignored', ignored)
  else finish(context, line, line.toldAs === 'change' ? 'changed' : 'ok')
}

/** A line is not run because of another: the root cause, named once. */
export const finishSkipped = (
  context: RunContext,
  line: Line,
  cause: string,
  outputs: unknown = new Lost(cause),
): void => finish(context, { ...line, verdict: 'skipped', why: `needs ${cause}`, needs: cause, outputs }, 'skipped')

/** Whether what has run was a change, where that is told by what is seen afterwards. */
const hasCounted = ({ walk }: RunContext, { counts, machine, reads }: Line): boolean => {
  if (counts === undefined) return true
  const world = worldOn(withoutPredictions(walk), machine)
  const now = catchUnknown(() => counts.of(strict(askAll(reads, query => answer(world, query)))))
  return isUnknown(now) || isUnknown(counts.before) || !same(now, counts.before)
}

/** What planning again said, as a change that has happened. */
export const finishChanged = (context: RunContext, line: Line, outputs: unknown): void => {
  const isChange = !line.unchanging && hasCounted(context, line)
  const registered = { ...(isRecord(outputs) ? outputs : {}), changed: isChange }
  delete (registered as { [born]?: unknown })[born]
  const { changedWhen, failedWhen } = line.node.compiled
  if (!changedWhen && !failedWhen) {
    finish(context, { ...line, verdict: 'change', outputs: registered }, isChange ? 'changed' : 'ok')
    return
  }
  const { toldAs: _, ...told } = line
  const judged = judgedLine(withoutPredictions(context.walk), { ...told, verdict: 'ok', outputs: registered })
  if (judged.ignored) finishAnswered(context, judged)
  else if (judged.verdict !== 'ok') finishFailed(context, line, failureOf(judged))
  else finish(context, { ...judged, verdict: 'change' }, judged.toldAs === 'change' ? 'changed' : 'ok')
}

/** A verdict that needs no step: told as it is. Returns whether it was one. */
export const finishQuiet = (context: RunContext, line: Line): boolean => {
  if (line.verdict === 'ok') finishAnswered(context, line)
  else if (line.verdict === 'skipped') finish(context, line, 'skipped')
  else if (line.verdict === 'standby')
    finish(context, skipLine({ ...line, needs: undefined }, 'nothing failed'), 'skipped')
  else if (line.refusal) finish(context, line, 'refused', line.refusal)
  else if (line.verdict === 'fail') finishFailed(context, line, failureOf(line))
  else return false
  return true
}

/** The host was lost, or the run interrupted, while a line was under way: how far it has come is not known. */
export const finishUnverified = (context: RunContext, line: Line, why: string): void =>
  finish(context, { ...line, verdict: 'fail', why, outputs: new Lost(line.id) }, 'unverified')

/** The end of the run came before this line. */
export const finishUnbegun = (context: RunContext, line: Line): void =>
  finish(
    context,
    { ...line, verdict: 'skipped', why: 'not begun', unbegun: true, outputs: new Lost(line.id) },
    'skipped',
  )

/** A line's steps begin, or its wait; `behind` are the lines that travel behind it in its frame. */
export const announceRun = (context: RunContext, line: Line, behind: Line[] = []): void => {
  context.started.set(line.id, Date.now())
  for (const sent of behind) context.underWay.set(sent.id, { line: sent, begun: false })
  context.underWay.set(line.id, { line, begun: true })
  context.emit({
    type: 'running',
    ...refOf(line),
    steps: [],
    ...(line.steps.length === 0 ? { waits: true } : {}),
    ...(behind.length === 0 ? {} : { behind: behind.map(({ id }) => id) }),
  })
}

/** Steps of this line have run: older answers about what they touch are stale. */
export const invalidateTouched = ({ known, ran, walk }: RunContext, line: Line): void => {
  const answers = known.answers.get(line.machine)!
  const own = line.will.flatMap(([query, patch]) => touchedBy(query, isRecord(patch) ? patch : {}))
  invalidate(answers, [...own, ...line.labels], boundReach(withoutPredictions(walk), line))
  ran.push({ line, at: answers.clock })
}
