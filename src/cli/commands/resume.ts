import type { Event } from '../../core/event.ts'
import { exit } from '../../core/exit.ts'
import { refuse } from '../../core/failure.ts'
import { createReport } from '../../report/report.ts'
import { journalFolder, runIds } from '../../run/journal.ts'
import { type Run, readRun } from '../../run/run-records.ts'
import type { ConnectionOptions } from '../../settings/precedence.ts'
import { applySavedPlan } from '../app/apply-saved-plan.ts'
import type { AskedPasswords } from '../app/ask-passwords.ts'
import { connectionOptionsLike } from '../app/connection-options.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import { askedLike, requireSameVariables, withoutPasswords } from '../app/run-record.ts'
import { replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

const isUnfinished = ({ summary }: Run): boolean => summary === undefined || summary.exit !== exit.done

const runToResume = (name: string | undefined): Run => {
  if (name !== undefined) return readRun(journalFolder(process.cwd()), name)
  const [last] = runIds(journalFolder(process.cwd()))
  const run = last === undefined ? undefined : readRun(journalFolder(process.cwd()), last)
  if (run && isUnfinished(run)) return run
  return refuse('usage-option', run ? 'The last run ended well.' : 'No run is remembered here.', {
    why: run ? `Run ${run.id} has nothing left to do.` : `Runs are remembered in ${journalFolder(process.cwd())}.`,
    fix: '`runbook runs` lists them; name one to go on with it.',
  })
}

/** What a run said, and before that the runs that it went on with: each of them is older. */
const lineage = (run: Run): Event[] => {
  const started = run.events.find(event => event.type === 'started')
  if (!started?.resumes) return run.events
  const before = readRun(journalFolder(process.cwd()), started.resumes)
  if (before.id < run.id) return [...lineage(before), ...run.events]
  return refuse('usage-file', `The record of run ${run.id} is damaged.`, {
    why: `It says that it goes on with ${before.id}, which is not older.`,
    fix: 'Call it as it was called.',
  })
}

/**
 * `runbook resume [RUN]`: the same command once more, which goes on where hosts are now: nothing is taken from the
 * journal but what was asked for, and as by any run the handlers that were left due. Returns the exit code.
 */
export const resume = (
  name: string | undefined,
  {
    extraVars,
    lockTimeout,
    ...shown
  }: Shown & ConnectionOptions & AskedPasswords & { extraVars: string[]; lockTimeout: number },
): Promise<number> =>
  withReport(createReport(replayOptionsFor(shown)), () => {
    const run = runToResume(name)
    const asked =
      run.events.find(event => event.type === 'started')?.asked ??
      refuse('usage-option', `Run ${run.id} ended before it began.`, { fix: 'Call it as it was called.' })
    const resumes = { id: run.id, events: lineage(run) }
    const { playbook, variableFiles, variableNames, plan, refresh = false, noPending, ...given } = asked
    const same = {
      ...withoutPasswords(given),
      pending: noPending !== true,
      ...connectionOptionsLike(asked, shown, 'runbook resume'),
      ...askedLike(asked, shown),
    }
    if (plan !== undefined)
      return applySavedPlan(
        'apply',
        plan,
        { ...withoutPasswords(shown), ...same, inventory: [], tags: [], extraVars, lockTimeout, refresh },
        resumes,
      )
    requireSameVariables(run.id, variableNames, extraVars, 'runbook resume')
    return runPlaybook({ command: 'apply', lockTimeout, resumes }, playbook, {
      ...withoutPasswords(shown),
      ...same,
      extraVars: [...variableFiles, ...extraVars],
    })
  })
