import { hostname, userInfo } from 'node:os'
import type { Emit, EventBody } from '../../core/event.ts'
import { exit } from '../../core/exit.ts'
import type { Failure } from '../../core/failure.ts'
import type { LeaseClaim } from '../../core/transport.ts'
import { didYouMean } from '../../load/suggest.ts'
import { misspelt } from '../../load/variables.ts'
import { explain, namesOf } from '../../plan/explain.ts'
import { keyFingerprint } from '../../plan/input-fingerprints.ts'
import { failureOf } from '../../plan/line.ts'
import { announce, byHost, type Environment, plan } from '../../plan/plan.ts'
import type { Session } from '../../plan/session.ts'
import type { Planned } from '../../plan/walk.ts'
import { checkTasks, matchSavedPlan, replanMatched } from '../../planfile/match-saved-plan.ts'
import { createLeases } from '../../run/lease.ts'
import { pendingHandlers } from '../../run/pending-handlers.ts'
import { run } from '../../run/run.ts'
import { createRunner } from '../../run/runner.ts'
import type { AppliedPlan } from '../commands/saved-plan.ts'
import type { DriftBaseline } from './emit-drift.ts'
import { type Resumed, runKey } from './run-record.ts'
import { saveLock } from './save-lock.ts'
import type { WithTargets } from './targets.ts'

type Started = EventBody & { type: 'started' }
/** What a command came to besides its events. */
export type Executed = { exit?: number; failures?: Failure[]; planned?: Planned[] }

/** What is done with a plan: shown, kept or not; run, going on with an earlier run or not; a part of it explained. */
export type Action =
  | { command: 'plan'; out?: string; saved?: AppliedPlan }
  | { command: 'apply'; lockTimeout: number; resumes?: Resumed; saved?: AppliedPlan }
  | { command: 'explain'; node: string }
  | { command: 'drift'; since: DriftBaseline }

/** Plans, and does with the plan what is to be done. Says what the events do not. */
export const execute = async (
  doing: Action,
  { session, controller, lock, pool }: WithTargets,
  emit: Emit,
  signal: AbortSignal,
  about: Pick<Started, 'run' | 'asked'>,
): Promise<Executed> => {
  const { loaded } = session
  const key = doing.command === 'apply' && about.run !== undefined ? runKey() : undefined
  const outside: Environment = { connect: pool.connect, local: controller.local, emit, ...(key ? { key } : {}) }
  const hosts = session.graph.hosts.filter(host => session.graph.nodes.some(n => n.included.has(host)))
  const resumes = doing.command === 'apply' ? doing.resumes : undefined
  emit({
    type: 'started',
    command: doing.command === 'apply' ? 'apply' : 'plan',
    playbook: loaded.playbook.file,
    hosts,
    ...(doing.command === 'apply' ? about : {}),
    ...(key ? { keyPrint: keyFingerprint(key) } : {}),
    ...(resumes ? { resumes: resumes.id } : {}),
  })
  if (resumes) session.pendingHandlers = pendingHandlers(session.graph, resumes.events)
  const slips = misspelt(loaded.extra, loaded.playbook, loaded.inventory)
  for (const text of [...(loaded.inventory.warnings ?? []), ...slips]) emit({ type: 'warning', text })
  const saved = 'saved' in doing ? doing.saved : undefined
  for (const text of saved?.caveats ?? []) emit({ type: 'warning', text: `${saved!.file}: ${text}.` })
  if (saved) checkTasks(session, saved.held)
  const { planned: first, untouched, fighting } = await plan(session, outside)
  if (untouched) return { exit: exit.badInput, failures: failuresOf(first) }
  if (signal.aborted) return {}
  const planned = saved ? await matchSavedPlan(session, outside, first, saved.held) : first
  if (doing.command === 'drift') {
    const { emitDrift } = await import('./emit-drift.ts')
    await emitDrift(session, outside, { planned, fighting }, doing.since)
    return {}
  }
  if (doing.command === 'explain') return tell(session, planned, doing.node, emit)
  for (const line of byHost(session, planned)) if (line.node.included.has(line.host)) announce(line, emit)
  for (const { line, why } of fighting) emit({ type: 'warning', node: line, text: why })
  if (doing.command === 'apply') {
    try {
      const leases = createLeases(session, outside, claimOf(about.run), doing.lockTimeout, signal)
      const again = () => replanMatched(session, outside, saved?.held)
      await run(createRunner({ session, leases, again, ...outside, signal }), planned)
    } finally {
      await saveLock(lock, emit)
    }
  }
  return { planned }
}

/** What others who want the same hosts are told. */
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
const tell = (session: Session, planned: Planned[], name: string, emit: Emit): Executed => {
  const lines = byHost(session, planned)
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
  for (const one of explain(session, line => meant.has(line.id))) emit({ type: 'explained', ...one })
  return {}
}

/** What several hosts would meet alike is told once. */
const failuresOf = (planned: Planned[]): Failure[] => {
  const failures = planned.flatMap(p => p.lines.filter(l => l.verdict === 'fail').map(failureOf))
  return [...new Map(failures.map(failure => [JSON.stringify(failure), failure])).values()]
}
