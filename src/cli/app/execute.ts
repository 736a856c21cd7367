import { hostname, userInfo } from 'node:os'
import type { Emit, EventBody } from '../../core/event.ts'
import { exit } from '../../core/exit.ts'
import type { Failure } from '../../core/failure.ts'
import type { LeaseClaim } from '../../core/transport.ts'
import { didYouMean } from '../../load/suggest.ts'
import { misspelt } from '../../load/variables.ts'
import { explain, namesOf } from '../../plan/explain.ts'
import { keyFingerprint } from '../../plan/input-fingerprints.ts'
import type { Known } from '../../plan/known.ts'
import { failureOf } from '../../plan/line.ts'
import { announce, byHost, type Environment, type Plan, plan } from '../../plan/plan.ts'
import type { Walk } from '../../plan/walk-state.ts'
import { type AppliedPlan, checkTasks, matchSavedPlan, replanMatched } from '../../planfile/match-saved-plan.ts'
import { createLeases } from '../../run/lease.ts'
import { pendingHandlers } from '../../run/pending-handlers.ts'
import { run } from '../../run/run.ts'
import type { DriftBaseline } from './emit-drift.ts'
import { type Resumed, runKey } from './run-record.ts'
import { saveLock } from './save-lock.ts'
import type { WithTargets } from './targets.ts'

type Started = EventBody & { type: 'started' }
/** What a command came to besides its events. */
export type Executed = { exit?: number; failures?: Failure[]; walk?: Walk }

/** What is done with a plan: shown, saved or not; run, going on with an earlier run or not; a part of it explained. */
export type Action =
  | { command: 'plan'; out?: string; saved?: AppliedPlan }
  | { command: 'apply'; lockTimeout: number; resumes?: Resumed; saved?: AppliedPlan }
  | { command: 'explain'; node: string }
  | { command: 'drift'; since: DriftBaseline }

/** Whom a run tells, what ends it, and what it says of itself. */
export type Telling = { emit: Emit; signal: AbortSignal; about: Pick<Started, 'run' | 'asked'> }

/** Plans, and does with the plan what is to be done. Says what the events do not. */
export const execute = async (action: Action, given: WithTargets, telling: Telling): Promise<Executed> => {
  const { emit, signal } = telling
  const key = action.command === 'apply' && telling.about.run !== undefined ? runKey() : undefined
  const outside: Environment = {
    connect: given.pool.connect,
    local: given.controller.local,
    emit,
    ...(key ? { key } : {}),
  }
  emit(startedEvent(action, given.known, telling, key))
  const known = knownFor(action, given.known)
  warnOfInput(known, emit)
  const saved = 'saved' in action ? action.saved : undefined
  for (const text of saved?.caveats ?? []) emit({ type: 'warning', text: `${saved!.file}: ${text}.` })
  if (saved) checkTasks(known, saved.expected)
  const { untouched, ...first } = await plan(known, outside)
  if (untouched) return { exit: exit.badInput, failures: failuresOf(first.walk) }
  if (signal.aborted) return {}
  const walk = saved ? await matchSavedPlan(first.walk, outside, saved.expected) : first.walk
  return finishAction(action, { ...first, walk }, outside, given, telling)
}

const finishAction = async (
  action: Action,
  made: Plan,
  outside: Environment,
  { lock }: WithTargets,
  { emit, signal, about }: Telling,
): Promise<Executed> => {
  const { walk } = made
  if (action.command === 'explain') return emitExplained(walk, action.node, emit)
  if (action.command === 'drift') {
    const { emitDrift } = await import('./emit-drift.ts')
    await emitDrift(made, outside, action.since)
    return {}
  }
  emitPlan(made, emit)
  if (action.command !== 'apply') return { walk }
  const { known } = walk
  try {
    const leases = createLeases(known, outside, claimOf(about.run), action.lockTimeout, signal)
    const again = (): Promise<Walk> => replanMatched(known, outside, action.saved?.expected)
    await run({ known, leases, again, ...outside, signal }, walk)
  } finally {
    await saveLock(lock, emit)
  }
  return { walk }
}

const startedEvent = (action: Action, { graph, loaded }: Known, { about }: Telling, key?: Buffer): Started => {
  const isApply = action.command === 'apply'
  return {
    type: 'started',
    command: isApply ? 'apply' : 'plan',
    playbook: loaded.playbook.file,
    hosts: graph.hosts.filter(host => graph.nodes.some(n => n.included.has(host))),
    ...(isApply ? about : {}),
    ...(key ? { keyPrint: keyFingerprint(key) } : {}),
    ...(isApply && action.resumes ? { resumes: action.resumes.id } : {}),
  }
}

/** What is known of a playbook; of a run that goes on with another also the handlers that one left due. */
const knownFor = (action: Action, known: Known): Known =>
  action.command === 'apply' && action.resumes
    ? { ...known, pendingHandlers: pendingHandlers(known.graph, action.resumes.events) }
    : known

const warnOfInput = ({ loaded: { extra, playbook, inventory } }: Known, emit: Emit): void => {
  const slips = misspelt(extra, playbook, inventory)
  for (const text of [...(inventory.warnings ?? []), ...slips]) emit({ type: 'warning', text })
}

const emitPlan = ({ walk, conflicts }: Plan, emit: Emit): void => {
  for (const line of byHost(walk)) if (line.node.included.has(line.host)) announce(line, emit)
  for (const { line, why } of conflicts) emit({ type: 'warning', node: line, text: why })
}

/** What others who want the same machines are told. */
const claimOf = (run = `${process.pid}`): LeaseClaim => ({ run, who: `${userName()}@${hostname()}` })

const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    // Somebody without an entry in the list of users.
    return `${process.getuid?.()}`
  }
}

/** Explains the lines that a name stands for. */
const emitExplained = (walk: Walk, name: string, emit: Emit): Executed => {
  const lines = byHost(walk)
  const meant = new Set(lines.filter(line => namesOf(line).includes(name)).map(line => line.id))
  if (meant.size === 0)
    return {
      failures: [
        {
          reason: 'usage-option',
          what: `The playbook has no "${name}".`,
          why: 'A node is named by its id, HOST/task, or by its task alone.',
          fix: didYouMean(name, lines.flatMap(namesOf)),
        },
      ],
    }
  for (const one of explain(walk, line => meant.has(line.id))) emit({ type: 'explained', ...one })
  return {}
}

/** What several hosts would meet alike is told once. */
const failuresOf = ({ planned }: Walk): Failure[] => {
  const failures = planned.flatMap(p => p.lines.filter(l => l.verdict === 'fail').map(failureOf))
  return [...new Map(failures.map(failure => [JSON.stringify(failure), failure])).values()]
}
