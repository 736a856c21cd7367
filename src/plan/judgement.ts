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
  const { changedWhen } = line.node.compiled
  const answer: Answer = outlivesFailure(line)
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

/** A line that fails, where its task says that this is ignored: it is done then. */
const ignoredLine = (walk: Walk, line: Line): Line => {
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
    outputs: { changed: false, failed: true, msg: line.why, ...line.answer },
  }
}

/** A line as the words of its task have it, whether it is planned or has run. */
export const judgedLine = (walk: Walk, line: Line): Line => {
  const { changedWhen, failedWhen, ignoreErrors } = line.node.compiled
  if (!changedWhen && !failedWhen && !ignoreErrors) return line
  if (line.isBarred || !['ok', 'change', 'fail'].includes(line.verdict)) return line
  const judged = refused(line, () => (line.verdict === 'change' ? judgedChange : judgedEnd)(walk, line)) as Line
  return judged.verdict === 'fail' ? (refused(judged, () => ignoredLine(walk, judged)) as Line) : judged
}
