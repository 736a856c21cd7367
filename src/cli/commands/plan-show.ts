import { readPlanFile, refuseDamagedPlan } from '../../planfile/plan-file.ts'
import { findPlanKey } from '../../planfile/plan-key.ts'
import { parseSavedPlan } from '../../planfile/saved-plan.ts'
import { createReport, type Report } from '../../report/report.ts'
import { replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

/** `runbook plan show PLAN`: what it said, as it said it. Returns the exit code. */
export const showPlan = (file: string, options: Shown): Promise<number> => {
  const newReport = (): Report => createReport(replayOptionsFor(options, 'plan'))
  const report = newReport()
  return withReport(report, () => {
    let key: Buffer | undefined
    const plan = parseSavedPlan(readPlanFile(file), file, () => {
      key = findPlanKey(process.cwd())
      return key
    })
    if (!key) report.emit({ type: 'warning', text: `${file} is unverified: there is no key to check its seal with.` })
    try {
      for (const { seq: _, time: __, ...event } of plan.events) report.emit(event)
      return report.finish({ roundTrips: plan.roundTrips })
    } catch (error) {
      if (key) throw error
      // The content of an unverified plan may be anything; a report that failed over it is not used any further.
      return withReport(newReport(), () => refuseDamagedPlan(file, 'What it says cannot be shown.'))
    }
  })
}
