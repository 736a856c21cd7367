import { born, isUnknown, Later, Missing, type Unknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { areTrue } from './arguments.ts'
import { failLine, failureOf, type Line, outlivesFailure, refused, unknownLine } from './line.ts'
import { scopeOf } from './scope.ts'
import type { Walk } from './walk-state.ts'

// What the words changed_when, failed_when and ignore_errors of a task make of its answer, in a plan and in a run alike.

/** What a task registers. */
type Answer = Record<string, unknown>

/** An answer with `changed` and `failed` as the task's words have them; what they read may be unknown, and so are they then. */
const judgedAnswer = (walk: Walk, { node, host, item }: Line, answer: Answer): Answer => {
  const { compiled, task } = node
  const over = (value: Answer) => scopeOf(walk, node, host, item, undefined, { value })
  const seen = compiled.changedWhen
    ? { ...answer, changed: areTrue('changed_when', compiled.changedWhen, task.changedWhen!, over(answer)) }
    : answer
  if (!compiled.failedWhen) return seen
  const failed = areTrue('failed_when', compiled.failedWhen, task.failedWhen!, over({ failed: false, ...seen }))
  return { ...seen, failed, failed_when_result: failed }
}

/** A line that is no longer what it was planned as: what decides it is not known. */
const openLine = ({ why: _, fix: __, ...line }: Line, open: Unknown): Line =>
  unknownLine({ ...line, verdict: 'pending', outputs: new Missing() }, open, () => line.labels)

/** What `failed_when` says, as it is written. */
const wordsOf = ({ node }: Line): string => node.task.failedWhen!.map(({ value }) => String(value)).join(' and ')

/** A line whose answer is there: what its module has answered, or with what it has failed. */
const judgedEnd = (walk: Walk, line: Line): Line => {
  const isFailing = line.verdict === 'fail'
  if (isFailing && line.answer === undefined) return line
  const own = isFailing ? { changed: false, failed: true, msg: line.why, ...line.answer } : line.outputs
  if (!isRecord(own)) return line
  const answer = judgedAnswer(walk, line, own)
  const open = [answer.changed, answer.failed].find(isUnknown)
  if (open) return openLine(line, open)
  if (answer.failed === true) {
    if (isFailing) return { ...line, answer }
    const [written] = line.node.task.failedWhen!
    return { ...failLine(line, `failed_when holds: ${wordsOf(line)}`), origin: written!.origin, answer }
  }
  const { why: _, fix: __, origin: ___, toldAs: ____, ...rest } = line
  const told = answer.changed === true ? { toldAs: 'change' as const } : {}
  return {
    ...(isFailing ? rest : { ...rest, ...(line.why ? { why: line.why } : {}) }),
    ...told,
    verdict: 'ok',
    outputs: answer,
  }
}

/** A line that has steps: they run whatever is said of them, so only what is told and registered of it may be open. */
const judgedChange = (walk: Walk, line: Line): Line => {
  const own = new Later(line.id)
  const { changedWhen, repeats } = line.node.compiled
  // What is repeated may find at last that it is done.
  const answer: Answer =
    outlivesFailure(line) || (repeats && !line.always)
      ? { changed: line.unchanging ? false : own, failed: own, [born]: own }
      : (line.outputs as Answer)
  if (!changedWhen) return { ...line, outputs: answer }
  const changed = areTrue(
    'changed_when',
    changedWhen,
    line.node.task.changedWhen!,
    scopeOf(walk, line.node, line.host, line.item, undefined, { value: answer }),
  )
  if (changed instanceof Missing) return openLine(line, changed)
  if (isUnknown(changed))
    return {
      ...line,
      toldAs: 'undecided',
      why: 'it runs, and changed_when tells from its answer whether that is a change',
      outputs: { ...answer, changed: own },
    }
  return { ...line, ...(changed ? {} : { unchanging: true }), outputs: { ...answer, changed } }
}

/** What is registered of a line that has failed, where what follows goes on. */
export const failedOutputs = ({ why, answer }: Line): Record<string, unknown> => ({
  changed: false,
  failed: true,
  msg: why,
  ...answer,
})

/** A line that fails, where its task says that this is ignored: it is done then. */
export const ignoredLine = (walk: Walk, line: Line): Line => {
  const ignoring = line.node.compiled.ignoreErrors?.evaluate(scopeOf(walk, line.node, line.host, line.item))
  if (isUnknown(ignoring)) return openLine(line, ignoring)
  if (ignoring !== true && !/^(yes|true|on)$/i.test(String(ignoring))) return line
  const ignored = failureOf(line)
  return {
    ...line,
    verdict: 'ok',
    reads: {},
    ignored,
    warnings: [...(line.warnings ?? []), `it would fail, and that is ignored: ${ignored.what}`],
    outputs: failedOutputs(line),
  }
}

/** Whether a line is decided, and by more than that others are left out. */
const isAnswered = ({ isBarred, verdict }: Line): boolean => !isBarred && ['ok', 'change', 'fail'].includes(verdict)

/** A line as its task has its answer: whether it is a change, and whether it has failed. */
export const answeredLine = (walk: Walk, line: Line): Line => {
  const { changedWhen, failedWhen, ignoreErrors, repeats } = line.node.compiled
  if ((!changedWhen && !failedWhen && !ignoreErrors && !repeats) || !isAnswered(line)) return line
  return refused(line, () => (line.verdict === 'change' ? judgedChange : judgedEnd)(walk, line)) as Line
}

const lastWord = (walk: Walk, line: Line): Line =>
  line.verdict === 'fail' && !line.isBarred ? (refused(line, () => ignoredLine(walk, line)) as Line) : line

/** The same, and whether its failure is ignored: in a plan as when it has run. */
export const judgedLine = (walk: Walk, line: Line): Line => lastWord(walk, answeredLine(walk, line))

/** Whether a line that is repeated has come to its end, by its answer. */
export const isEnough = (walk: Walk, line: Line): boolean | Unknown => {
  const { node, host, item, verdict } = line
  const { until } = node.compiled.repeats!
  if (until.length === 0) return verdict === 'ok'
  const value = verdict === 'ok' ? line.outputs : { failed: true, ...line.answer }
  return areTrue('until', until, node.task.repeats!.until, scopeOf(walk, node, host, item, undefined, { value }))
}

/** A line of a plan that is answered, and will be asked again: nothing is done by it but to wait. */
const waitingLine = (line: Line): Line => {
  const own = new Later(line.id)
  const { why: _, fix: __, toldAs: ___, ...rest } = line
  const said = line.node.task.repeats!.until.map(({ value }) => String(value)).join(' and ')
  const why = said === '' ? 'it is tried again until it does not fail' : `it is asked again until ${said}`
  return { ...rest, verdict: 'change', byItself: true, why, outputs: { changed: own, failed: own, [born]: own } }
}

/** A line of a plan as the words of its task have it. */
export const plannedLine = (walk: Walk, line: Line): Line => {
  const answered = answeredLine(walk, line)
  const isEnd = answered.verdict === 'ok' || (answered.verdict === 'fail' && answered.answer !== undefined)
  if (!line.node.compiled.repeats || !isEnd || !isAnswered(answered)) return lastWord(walk, answered)
  const attempted = answered.verdict === 'ok' ? { ...answered, outputs: withFirst(answered.outputs) } : answered
  const planned = refused(attempted, (): Line => {
    const enough = isEnough(walk, attempted)
    if (isUnknown(enough)) return openLine(attempted, enough)
    return enough ? attempted : waitingLine(attempted)
  }) as Line
  return lastWord(walk, planned)
}

const withFirst = (outputs: unknown): unknown => (isRecord(outputs) ? { ...outputs, attempts: 1 } : outputs)
