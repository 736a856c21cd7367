import type { Status } from '../core/event.ts'
import type { Failure } from '../core/failure.ts'
import type { Output } from '../core/transport.ts'
import { born, Lost } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { nodeId } from '../graph/graph.ts'
import { touchedBy } from '../module/query.ts'
import { queriesOf } from '../plan/decide.ts'
import { inputFingerprints } from '../plan/input-fingerprints.ts'
import { failureOf } from '../plan/line.ts'
import type { Environment } from '../plan/plan.ts'
import type { Line, Session } from '../plan/session.ts'
import { type Planned, register } from '../plan/walk.ts'
import { invalidate } from '../world/world.ts'
import type { Leases } from './lease.ts'
import type { StepValues } from './step-script.ts'

/** What a run carries besides the session: the outside, secrets in memory, and who waits for whom. */
export type Runner = Environment & {
  session: Session
  memory: StepValues
  leases: Leases
  /** Plans everything anew, from what has been read by then. */
  again(): Promise<Planned[]>
  signal: AbortSignal
  /** Resolves at the next change of anything: hosts wait for each other by it, never by time. */
  changed(): Promise<void>
  wake(): void
  started: Map<string, number>
  /** Every line as the plan had it. */
  planned: Map<string, Line>
  /** The lines of each node on each host (`host/task`), as planned last. */
  lines: Map<string, Line[]>
  /** What gates have already changed between turns: their tasks, in their own place, are told as changed. */
  gated: Map<string, Line>
  /** Hosts that wait for another; emptied by every change. */
  waiting: Set<string>
}

export const createRunner = (
  parts: Pick<Runner, 'session' | 'leases' | 'again' | 'connect' | 'local' | 'emit' | 'key' | 'signal'>,
): Runner => {
  let { promise, resolve } = Promise.withResolvers<void>()
  const waiting = new Set<string>()
  return {
    ...parts,
    memory: new Map(),
    started: new Map(),
    planned: new Map(),
    lines: new Map(),
    gated: new Map(),
    waiting,
    changed: () => promise,
    wake: () => {
      waiting.clear()
      resolve()
      ;({ promise, resolve } = Promise.withResolvers<void>())
    },
  }
}

const emitResult = ({ emit, key, started }: Runner, line: Line, status: Status, failure?: Failure): void => {
  const since = started.get(line.id)
  const asks = key && inputFingerprints(key, line)
  emit({
    type: 'result',
    host: line.host,
    node: line.id,
    task: line.node.task.name,
    status,
    ...(line.why === undefined ? {} : { why: line.why }),
    ...(line.needs === undefined || status !== 'skipped' ? {} : { needs: line.needs }),
    ...(failure === undefined ? {} : { failure }),
    steps: status === 'changed' || status === 'failed' ? line.steps.length : 0,
    ms: since === undefined ? 0 : Date.now() - since,
    diff: status === 'changed' ? line.diff : [],
    ...(asks ? { asks } : {}),
  })
}

/** A decided verdict was a promise. A wait that came true meanwhile broke none. */
const contradiction = ({ planned, emit }: Runner, line: Line, status: Status): void => {
  const before = planned.get(line.id)
  const broken =
    (before?.verdict === 'ok' && status === 'changed') ||
    (before?.verdict === 'change' && !before.byItself && status === 'ok')
  const why =
    status === 'ok'
      ? `somebody else did it meanwhile, or ${line.node.task.module} promised wrongly.`
      : `${line.node.task.module} promised wrongly, or the host changed meanwhile.`
  if (broken)
    emit({
      type: 'warning',
      host: line.host,
      node: line.id,
      text: `the plan said "${before!.verdict}", and it was "${status}": ${why}`,
    })
}

/** A line is dealt with: told once, kept, and whoever waits looks again. */
export const finish = (runner: Runner, line: Line, status: Status, failure?: Failure): void => {
  const { session } = runner
  if (session.finished.has(line.id)) return
  const gated = runner.gated.get(line.id)
  runner.gated.delete(line.id)
  if (gated && status === 'ok') {
    finishChanged(runner, gated, line.outputs)
    return
  }
  contradiction(runner, line, status)
  session.finished.set(line.id, line)
  const own = runner.lines.get(nodeId(line.host, line.node.task)) ?? [line]
  register(
    session,
    line.node,
    line.host,
    own.map(l => session.finished.get(l.id) ?? l),
  )
  if (line.text !== undefined)
    runner.emit({ type: 'message', host: line.host, node: line.id, task: line.node.task.name, text: line.text })
  emitResult(runner, line, status, failure)
  runner.wake()
}

export const finishFailed = (runner: Runner, line: Line, failure: Failure): void =>
  finish(runner, { ...line, verdict: 'fail', why: failure.what, outputs: new Lost(line.id) }, 'failed', failure)

/** A line is not run because of another: the root cause, named once. */
export const finishSkipped = (runner: Runner, line: Line, cause: string, outputs: unknown = new Lost(cause)): void =>
  finish(runner, { ...line, verdict: 'skipped', why: `needs ${cause}`, needs: cause, outputs }, 'skipped')

/** A line's steps begin, or its wait. */
export const announceRun = (runner: Runner, line: Line): void => {
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

/** What re-planning said, as a change that has happened. */
export const finishChanged = (runner: Runner, line: Line, outputs: unknown): void => {
  const known = isRecord(outputs) ? { ...outputs, changed: true } : { changed: true }
  delete (known as { [born]?: unknown })[born]
  finish(runner, { ...line, verdict: 'change', outputs: known }, 'changed')
}

/** A verdict that needs no step: told as it is. Returns whether it was one. */
export const finishQuiet = (runner: Runner, line: Line): boolean => {
  if (line.verdict === 'ok') finish(runner, line, 'ok')
  else if (line.verdict === 'skipped') finish(runner, line, 'skipped')
  else if (line.refusal) finish(runner, line, 'refused', line.refusal)
  else if (line.verdict === 'fail') finishFailed(runner, line, failureOf(line))
  else return false
  return true
}

/** Steps of this line have run: older answers about what they touch are stale. */
export const invalidateTouched = (runner: Runner, line: Line): void => {
  const own = line.will.flatMap(([query, patch]) => touchedBy(query, isRecord(patch) ? patch : {}))
  invalidate(runner.session.worlds.get(line.host)!, [...own, ...line.labels])
}

const tail = (buffer: Buffer): string => buffer.toString().trimEnd().split('\n').slice(-12).join('\n')

/** What any step may meet, whatever its module knows of it. dash, Debian's sh, says no more of a full disk than `I/O error`. */
const ofAnyStep = (text: string): { cause: string; fix: string } | undefined =>
  /No space left on device|Disk quota exceeded|printf: I\/O error/i.test(text)
    ? { cause: 'The disk is full, or a quota is used up.', fix: 'free some space there (`df -h`) and run again' }
    : undefined

/** A failed step, told with what it was, its exit status and its last lines; by its cause where that is known. */
export const stepFailure = (line: Line, what: string, output: Output): Failure => {
  const said = `${output.stderr}\n${output.stdout}`
  const found = line.explain?.(said) ?? ofAnyStep(said)
  return {
    reason: 'host-step',
    what: found?.cause ?? `A step failed with exit status ${output.status}.`,
    why: [`$ ${what.length > 200 ? `${what.slice(0, 200)}…` : what}`, tail(output.stdout), tail(output.stderr)]
      .filter(text => text !== '')
      .join('\n'),
    ...(found ? { fix: found.fix } : {}),
    origin: line.node.task.origin,
  }
}

export const hostQueries = (line: Line): ReturnType<typeof queriesOf> =>
  queriesOf(line.reads).filter(q => q.probe.side === 'host')
