import { resolve } from 'node:path'
import type { Event, RunRequest } from '../../core/event.ts'
import { attempt, type Failure, inOneLine, refuse } from '../../core/failure.ts'
import { leftStates } from '../../drift/drift.ts'
import { keyFingerprint } from '../../plan/input-fingerprints.ts'
import { findPlanKey, planKeyVariable } from '../../planfile/plan-key.ts'
import { createReport } from '../../report/report.ts'
import { journalFolder, runIds } from '../../run/journal.ts'
import { type Run, readRun } from '../../run/run-records.ts'
import { connectionOptionsLike } from '../app/connection-options.ts'
import type { DriftBaseline } from '../app/emit-drift.ts'
import type { PlaybookOptions } from '../app/prepare.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import { requireSameVariables } from '../app/run-record.ts'
import { reportOptionsFor, type Shown, withReport } from '../app/with-report.ts'

type Started = Event & { type: 'started'; asked: RunRequest }
const startOf = ({ events }: Run): Started | undefined =>
  events.find((event): event is Started => event.type === 'started' && event.asked !== undefined)

/** The runs of a playbook that are remembered here, the newest first. */
const runsOf = (playbook: string): { runs: { run: Run; started: Started }[]; damaged: Failure[] } => {
  const folder = journalFolder(process.cwd())
  const damaged: Failure[] = []
  const runs = runIds(folder).flatMap(id => {
    const { value: run, failures = [] } = attempt(() => readRun(folder, id))
    damaged.push(...failures)
    const started = run && startOf(run)
    return started && resolve(started.asked.playbook) === resolve(playbook) ? [{ run, started }] : []
  })
  return { runs, damaged }
}

const unreadText = (failure: Failure): string => `${inOneLine(failure)} Nothing is compared with what its run has left.`

/** What is not given is as it was given to the newest run; which hosts and tasks are looked at is not. */
const askedLike = ({ asked }: Started, options: PlaybookOptions, run: string): PlaybookOptions => {
  const { inventory, variableFiles, artifacts, lock } = asked
  requireSameVariables(run, asked.variableNames, options.extraVars, `runbook drift ${asked.playbook}`)
  return {
    ...(artifacts === undefined ? {} : { artifacts }),
    ...(lock === undefined ? {} : { lock }),
    ...options,
    ...connectionOptionsLike(asked, options, `runbook drift ${asked.playbook}`),
    inventory: options.inventory.length > 0 ? options.inventory : inventory,
    extraVars: [...variableFiles, ...options.extraVars],
  }
}

/** Whether a run has looked at anything: not one that was refused before. */
const hasLeft = ({ run }: { run: Run }): boolean =>
  run.events.some(event => event.type === 'result' && (event.status === 'ok' || event.status === 'changed'))

const sinceLast = (playbook: string): { since: DriftBaseline; started: Started } => {
  const { runs, damaged } = runsOf(playbook)
  const [newest] = runs
  if (newest === undefined)
    return refuse('usage-option', `No apply of ${playbook} is remembered here.`, {
      why: [`Runs are remembered in ${journalFolder(process.cwd())}.`, ...damaged.map(unreadText)].join('\n'),
      fix: '`runbook plan` says what differs from the playbook; after an apply `runbook drift` says what has moved.',
    })
  const key = findPlanKey(process.cwd())
  const ours = key && keyFingerprint(key)
  if (!runs.some(({ started }) => started.keyPrint !== undefined && started.keyPrint === ours))
    return refuse('plan-key', `What was asked of ${playbook} cannot be compared.`, {
      why: key
        ? 'Its fingerprints were made with another key.'
        : 'The key that its fingerprints were made with is not here.',
      fix: `Apply it once more, or set ${planKeyVariable} to what it was.`,
    })
  const left = leftStates(
    runs.map(({ run }) => run),
    ours!,
  )
  const { run } = runs.find(hasLeft) ?? newest
  const unread = damaged.map(unreadText)
  return { started: newest.started, since: { run: run.id, time: run.events.at(-1)!.time, left, key: key!, unread } }
}

/**
 * `runbook drift PLAYBOOK`: what hosts have become since it was applied, without what the playbook has become. Returns
 * the exit code: 2 where something has moved.
 */
export const showDrift = (
  playbook: string,
  options: PlaybookOptions & Omit<Shown, 'detailedExitcode'>,
): Promise<number> => {
  const shown = { ...options, detailedExitcode: true }
  return withReport(createReport(reportOptionsFor(shown, 'drift')), () => {
    const { since, started } = sinceLast(playbook)
    return runPlaybook({ command: 'drift', since }, playbook, { ...shown, ...askedLike(started, options, since.run) })
  })
}
