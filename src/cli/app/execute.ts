import { existsSync } from 'node:fs'
import type { DueHandler, Emit, EventBody } from '../../core/event.ts'
import { exit } from '../../core/exit.ts'
import { attempt, type Failure } from '../../core/failure.ts'
import { nodeId } from '../../graph/graph.ts'
import { inFileOrder } from '../../load/check.ts'
import { warningsOfPattern } from '../../load/pattern.ts'
import { misspelt } from '../../load/variables.ts'
import { keyFingerprint } from '../../plan/input-fingerprints.ts'
import type { Known } from '../../plan/known.ts'
import { failureOf, type Line } from '../../plan/line.ts'
import { announce, byHost, type Environment, type Plan, plan, warningOnce } from '../../plan/plan.ts'
import type { Walk } from '../../plan/walk-state.ts'
import type { AppliedPlan } from '../../planfile/match-saved-plan.ts'
import { journalFolder } from '../../run/journal.ts'
import type { DueHandlers } from './due-handlers.ts'
import type { DriftBaseline } from './emit-drift.ts'
import { type Resumed, runKey } from './run-record.ts'
import type { WithTargets } from './targets.ts'

type Started = EventBody & { type: 'started' }
/** What a command came to besides its events. */
export type Executed = { exit?: number; failures?: Failure[]; walk?: Walk }

/** What is done with a plan (`isForgotten`: it leaves no run record): shown, saved or not; run, going on with an earlier run or not; a part of it explained. */
export type Action =
  | { command: 'plan'; out?: string; saved?: AppliedPlan }
  | { command: 'apply'; lockTimeout: number; resumes?: Resumed; saved?: AppliedPlan; isForgotten?: true }
  | { command: 'explain'; node: string }
  | { command: 'drift'; since: DriftBaseline }

/** Where a run's events go, what ends it, and what it says of itself. */
type RunSetting = { emit: Emit; signal: AbortSignal; about: Pick<Started, 'run' | 'asked'> }

/** Plans, and does with the plan what is to be done. Says what the events do not. */
export const execute = async (action: Action, given: WithTargets, setting: RunSetting): Promise<Executed> => {
  const { emit, signal } = setting
  const key = action.command === 'apply' && setting.about.run !== undefined ? runKey() : undefined
  const outside: Environment = {
    connect: given.pool.connect,
    local: given.controller.local,
    emit,
    signal,
    ask: (question, isShown) => askOnTerminal(question, isShown, signal),
    ...(key ? { key } : {}),
  }
  const readsMore = given.composing && given.known.graph.nodes.some(({ task }) => task.include)
  if (readsMore) {
    const { createReadInclude } = await import('./read-include.ts')
    outside.readInclude = createReadInclude(given.composing!, given.known, given.controller)
  }
  const due = action.command === 'drift' ? undefined : await findDue(action, given)
  emit(startedEvent(action, given.known, setting, { key, due: due?.all }))
  const known = due ? { ...given.known, pendingHandlers: due.now } : given.known
  for (const text of due?.told ?? []) emit({ type: 'warning', text })
  warnOfInput(known, given.warnings, emit)
  const saved = 'saved' in action ? action.saved : undefined
  for (const text of saved?.caveats ?? []) emit({ type: 'warning', text: `${saved!.file}: ${text}.` })
  const matching = saved && (await import('../../planfile/match-saved-plan.ts'))
  matching?.checkTasks(known, saved!.expected)
  const planning = plan(known, outside)
  // Loaded while the hosts answer.
  if (action.command === 'apply') void import('./apply-planned.ts')
  const { untouched, ...first } = await planning
  if (untouched) return { exit: exit.badInput, failures: await failuresOf(first.walk) }
  if (signal.aborted) return {}
  const walk = matching ? await matching.matchSavedPlan(first.walk, outside, saved!.expected) : first.walk
  return finishAction(action, { ...first, walk }, outside, given, setting)
}

const askOnTerminal = async (question: string, isShown: boolean, signal: AbortSignal): Promise<string | undefined> => {
  const { openTerminal } = await import('./terminal.ts')
  const terminal = openTerminal(signal)
  if (terminal === undefined) return undefined
  try {
    return await (isShown ? terminal.askShown : terminal.ask)(`${question}: `)
  } finally {
    terminal.close()
  }
}

const finishAction = async (
  action: Action,
  made: Plan,
  outside: Environment,
  { lock, beginApply }: WithTargets,
  { emit, signal, about }: RunSetting,
): Promise<Executed> => {
  const { walk } = made
  if (action.command === 'explain') {
    const { emitExplained } = await import('./emit-explained.ts')
    const failures = emitExplained(walk, action.node, emit)
    return failures.length > 0 ? { failures } : {}
  }
  if (action.command === 'drift') {
    const { emitDrift } = await import('./emit-drift.ts')
    await emitDrift(made, outside, action.since)
    return {}
  }
  await emitPlan(made, emit)
  if (action.command !== 'apply') return { walk }
  beginApply()
  const { applyPlanned } = await import('./apply-planned.ts')
  await applyPlanned(walk, action, outside, { lock, signal, run: about.run })
  return { walk }
}

const startedEvent = (
  action: Action,
  { graph, loaded }: Known,
  { about }: RunSetting,
  { key, due }: { key: Buffer | undefined; due: DueHandler[] | undefined },
): Started => {
  const isApply = action.command === 'apply'
  return {
    type: 'started',
    command: isApply ? 'apply' : 'plan',
    playbook: loaded.playbook.file,
    hosts: graph.hosts.filter(host => graph.nodes.some(n => n.included.has(host))),
    ...(isApply ? about : {}),
    ...(due ? { due } : {}),
    ...(key ? { keyPrint: keyFingerprint(key) } : {}),
    ...(isApply && action.resumes ? { resumes: action.resumes.id } : {}),
  }
}

/** What earlier runs of the playbook have left due. Where none are remembered nothing is loaded for it. */
const findDue = async (action: Action, { asked, known }: WithTargets): Promise<DueHandlers> => {
  const folder = journalFolder(process.cwd())
  const nothing = { now: new Map(), all: [], told: [] }
  if (!existsSync(folder)) return nothing
  const { dueHandlers } = await import('./due-handlers.ts')
  const saved = 'saved' in action ? action.saved : undefined
  const { value, failures } = attempt(() =>
    dueHandlers(known, {
      folder,
      playbook: known.loaded.playbook.file,
      ...(saved ? { saved } : {}),
      pending: asked.pending !== false,
    }),
  )
  return value ?? { ...nothing, told: [`what earlier runs have left due is not known: ${failures![0]!.what}`] }
}

const warnOfInput = ({ loaded: { extra, playbook, inventory } }: Known, more: string[], emit: Emit): void => {
  const slips = misspelt(extra, playbook, inventory)
  const unnamed = playbook.plays.flatMap(({ hosts }) => warningsOfPattern(inventory, hosts.value, hosts.origin))
  for (const text of [...(inventory.warnings ?? []), ...unnamed, ...slips, ...more]) emit({ type: 'warning', text })
}

const emitPlan = async ({ walk, conflicts }: Plan, emit: Emit): Promise<void> => {
  const { notifiedHandlers } = await import('../../graph/handlers.ts')
  const notified = notifiedHandlers(walk.known.graph)
  const tell = warningOnce(emit)
  for (const line of byHost(walk))
    if (line.node.included.has(line.host))
      announce(walk.known.graph, line, tell, notified.get(nodeId(line.host, line.node.task)))
  for (const { line, why } of conflicts) emit({ type: 'warning', node: line, text: why })
}

/**
 * Why nothing can be done anywhere. Behind the first mistake of a host nothing is planned, so values are tried by
 * themselves; what several hosts would meet alike is told once.
 */
const failuresOf = async ({ planned, known }: Walk): Promise<Failure[]> => {
  const { checkValues } = await import('./check-values.ts')
  const values = checkValues(known.loaded, known.modules, [])
  const isTold = (line: Line): boolean => values.some(({ what }) => line.why?.startsWith(what))
  const others = planned.flatMap(p => p.lines.filter(l => l.verdict === 'fail' && !isTold(l)).map(failureOf))
  const each = [...new Map(others.map(failure => [JSON.stringify(failure), failure])).values()]
  return inFileOrder([...values, ...each], known.loaded.playbook.file)
}
