import type { Failure } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { countedChange, doesAsShown } from '../plan/as-shown.ts'
import { queriesOf } from '../plan/decide.ts'
import { failLine, type Line } from '../plan/line.ts'
import { type Answers, invalidate } from '../world/answers.ts'
import { isFileQuery, predictedKey, storedKey } from '../world/file-answers.ts'
import type { RunContext } from './context.ts'
import { movedFailure, restlessPathFailure } from './failure-messages.ts'
import { finishFailed, finishQuiet } from './finish.ts'

// What becomes of a line whose guard has found something else than what was read.

/** How often a line is planned anew because of that. */
const mostTimes = 3

const linksIn = ({ reals }: Answers) => ({ reals, predicted: [] })

/** The keys of what a line changes, each under its one name. */
const keysOf = ({ known }: RunContext, { machine, will }: Line): string[] =>
  will.map(([query]) => predictedKey(linksIn(known.answers.get(machine)!), query))

/** When what is known of a path was read, by the clock of the answers. */
const readAt = ({ known }: RunContext, { machine, reads }: Line, path: string): number => {
  const answers = known.answers.get(machine)!
  const query = queriesOf(reads).find(one => isFileQuery(one) && one.item === path)
  return (query && answers.raws.get(storedKey(linksIn(answers), query, 0))?.at) ?? 0
}

/** Lines that have run since a path was read. */
const runSince = (context: RunContext, line: Line, path: string): Line[] => {
  const since = readAt(context, line, path)
  const others = context.ran.filter(
    one => one.line.machine === line.machine && one.line.id !== line.id && one.at > since,
  )
  return [...new Map(others.map(one => [one.line.id, one.line])).values()]
}

/** What a line said that it changes. */
const saidOf = ({ will, labels }: Line): string => {
  const names = [...will.map(([{ subject }]) => subject), ...labels.map(label => label.slice(label.indexOf(':') + 1))]
  return [...new Set(names)].join(', ') || 'nothing'
}

/**
 * Names what has changed a path. Only a program may have touched more than was said; where none has run, what was written
 * by another name, such as a mount has made, may be the same file.
 */
const blame = (context: RunContext, line: Line, path: string): void => {
  const { emit } = context
  const { host } = line
  const since = runSince(context, line, path)
  const programs = since.filter(({ steps }) => steps.some(step => step.do === 'exec'))
  const [only] = programs
  if (only && programs.length === 1) {
    const text = `it was taken at its word that it changes only ${saidOf(only)}; ${path} changed meanwhile.`
    emit({ type: 'warning', host, node: only.id, text })
    return
  }
  const others = (only ? programs : since).map(({ id }) => id)
  const who = others.length === 0 ? '' : `by ${others.join(' or ')}${only ? '' : ' under another name'}, or `
  emit({ type: 'warning', host, node: line.id, text: `${path} was changed after it was read, ${who}by somebody else.` })
}

/**
 * A line has not been done, since something else is at a path than what was read. What touched it is named where that can
 * be told, and the line is planned once more over what is there; not for ever.
 */
export const planAnew = (context: RunContext, line: Line, path: string): void => {
  const { moved, underWay } = context
  underWay.delete(line.id)
  const met = [...(moved.met.get(line.id) ?? []), path]
  moved.met.set(line.id, met)
  for (const key of keysOf(context, line)) moved.keys.add(`${line.machine} ${key}`)
  // What a line only looks at is not among what it has touched.
  invalidate(context.known.answers.get(line.machine)!, [`path:${path}`])
  if (met.length === 1) blame(context, line, path)
  if (met.length === mostTimes) finishFailed(context, line, restlessPathFailure(line, path, mostTimes))
  context.wake()
}

const refused = (line: Line, refusal: Failure): Line => ({
  ...failLine(line, refusal.what, refusal.fix),
  steps: [],
  phases: [],
  diff: [],
  refusal,
})

/** A line that has met something else, where it cannot be planned anew: hosts that decide together, or take turns. */
export const refuseMoved = (context: RunContext, line: Line): void => {
  const met = context.moved.met.get(line.id)
  if (met && !context.known.finished.has(line.id)) finishQuiet(context, refused(line, movedFailure(line, met)))
}

/**
 * A line as it may be done: one that is planned over what has moved, and would do something else than was shown, is
 * refused.
 */
export const asShown = (context: RunContext, line: Line): Line => {
  if (line.verdict !== 'change' || line.phases.length > 0) return line
  const shown = context.planned.get(line.id)
  const keys = keysOf(context, line).filter(key => context.moved.keys.has(`${line.machine} ${key}`))
  if (keys.length === 0 || shown === undefined || doesAsShown(shown, line)) return line
  const paths = line.will.flatMap(([query, patch]) => (isRecord(patch) && query.guard ? [query.subject] : []))
  return refused(line, movedFailure(line, paths, [countedChange(shown), countedChange(line)]))
}
