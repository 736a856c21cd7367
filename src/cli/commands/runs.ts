import type { Event } from '../../core/event.ts'
import { exit } from '../../core/exit.ts'
import { attempt, refuse } from '../../core/failure.ts'
import { createReport, type ReportOptions, replay } from '../../report/report.ts'
import { runLines, type Unreadable, unendedText } from '../../report/runs.ts'
import { journalFolder, type Run, readRun, runIds } from '../../run/journal.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import { requireSameVariables } from '../app/run-record.ts'
import { reportOptionsFor, type Shown, withReport } from '../app/with-report.ts'
import { applyPlan } from './saved-plan.ts'

/** What is remembered is not drawn over. */
const replaying = (options: Shown): ReportOptions => ({ ...reportOptionsFor(options, 'apply'), tty: false })

/** Tells a refusal as any other command does. */
const refusing = (options: Shown, inside: () => number | Promise<number>): Promise<number> =>
  withReport(createReport(replaying(options)), inside)

const folder = (): string => journalFolder(process.cwd())
/** All of them: one that is damaged hides none of the others. */
const allRuns = (): (Run | Unreadable)[] =>
  runIds(folder()).map(id => {
    const { value, failures } = attempt(() => readRun(folder(), id))
    return value ?? { id, failure: failures![0]! }
  })

/** `runbook runs`. */
export const listRuns = (options: Shown): Promise<number> =>
  refusing(options, () => {
    const runs = allRuns()
    if (options.format === 'json')
      for (const run of runs) {
        const { id } = run
        const told = 'failure' in run ? run : { started: run.events[0], ended: run.events.at(-1) }
        process.stdout.write(`${JSON.stringify({ run: id, ...told, id: undefined })}\n`)
      }
    else process.stdout.write(runs.length === 0 ? 'No run is remembered here.\n' : runLines(runs))
    return exit.done
  })

/** `runbook runs show RUN`: what it said, as it said it. */
export const showRun = (name: string, options: Shown): Promise<number> =>
  refusing(options, () => {
    const run = readRun(folder(), name)
    replay(replaying(options), run.events)
    if (!run.summary && options.format === 'text') process.stdout.write(unendedText(run))
    return exit.done
  })

const isUnfinished = ({ summary }: Run): boolean => summary === undefined || summary.exit !== exit.done

const runToResume = (name: string | undefined): Run => {
  if (name !== undefined) return readRun(folder(), name)
  const [last] = runIds(folder())
  const run = last === undefined ? undefined : readRun(folder(), last)
  if (run && isUnfinished(run)) return run
  return refuse('usage-option', run ? 'The last run ended well.' : 'No run is remembered here.', {
    why: run ? `Run ${run.id} has nothing left to do.` : `Runs are remembered in ${folder()}.`,
    fix: '`runbook runs` lists them; name one to go on with it.',
  })
}

/** What a run said, and before that the runs that it went on with. */
const lineage = (run: Run): Event[] => {
  const started = run.events.find(event => event.type === 'started')
  return started?.resumes ? [...lineage(readRun(folder(), started.resumes)), ...run.events] : run.events
}

/**
 * `runbook resume [RUN]`: the same command once more, which goes on where hosts are now: nothing is taken from the
 * journal but what was asked for, and the handlers that were left due. Returns the exit code.
 */
export const resume = (
  name: string | undefined,
  { extraVars, lockTimeout, ...shown }: Shown & { extraVars: string[]; lockTimeout: number },
): Promise<number> =>
  refusing(shown, () => {
    const run = runToResume(name)
    const asked =
      run.events.find(event => event.type === 'started')?.asked ??
      refuse('usage-option', `Run ${run.id} ended before it began.`, { fix: 'Call it as it was called.' })
    const resumes = { id: run.id, events: lineage(run) }
    const { playbook, variableFiles, variableNames, plan, refresh = false, ...same } = asked
    if (plan !== undefined)
      return applyPlan(
        'apply',
        plan,
        { ...same, inventory: [], tags: [], extraVars, lockTimeout, ...shown, refresh },
        resumes,
      )
    requireSameVariables(run.id, variableNames, extraVars, 'runbook resume')
    return runPlaybook({ command: 'apply', lockTimeout, resumes }, playbook, {
      ...same,
      extraVars: [...variableFiles, ...extraVars],
      ...shown,
    })
  })
