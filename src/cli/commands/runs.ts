import { exit } from '../../core/exit.ts'
import { attempt, Refusal, refuse } from '../../core/failure.ts'
import { jsonText } from '../../report/json.ts'
import { createReport, replay } from '../../report/report.ts'
import { runLines, type Unreadable, unfinishedText } from '../../report/runs.ts'
import { journalFolder, runIds } from '../../run/journal.ts'
import { type Run, readRun } from '../../run/run-records.ts'
import { replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

/** Tells a refusal as any other command does. */
const refusing = (options: Shown, inside: () => number | Promise<number>): Promise<number> =>
  withReport(createReport(replayOptionsFor(options)), inside)

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
        const said = 'failure' in run ? run : { started: run.events[0], ended: run.events.at(-1) }
        process.stdout.write(`${jsonText({ run: id, ...said, id: undefined })}\n`)
      }
    else process.stdout.write(runs.length === 0 ? 'No run is remembered here.\n' : runLines(runs))
    return exit.done
  })

/** `runbook runs show RUN`: what it said, as it said it; without RUN, the newest. */
export const showRun = (name: string | undefined, options: Shown): Promise<number> =>
  refusing(options, () => {
    const wanted = name ?? runIds(folder())[0]
    if (wanted === undefined)
      return refuse('usage-option', 'No run is remembered here.', { why: `Runs are remembered in ${folder()}.` })
    const run = readRun(folder(), wanted)
    try {
      replay(replayOptionsFor(options), run.events)
    } catch (error) {
      if (error instanceof Refusal) throw error
      // Each line is an event, and still they may tell no story.
      return refuse('usage-file', `What run ${run.id} says cannot be shown.`, {
        why: 'Its events do not follow from each other: it was edited.',
        fix: '`runbook runs show --format json` shows them as they are.',
      })
    }
    if (!run.summary && options.format === 'text') process.stdout.write(unfinishedText(run))
    return exit.done
  })
