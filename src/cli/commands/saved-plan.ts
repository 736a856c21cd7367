import { normalize } from 'node:path'
import packageJson from '../../../package.json' with { type: 'json' }
import { refuse } from '../../core/failure.ts'
import { same } from '../../core/value.ts'
import { type ExpectedPlan, expectedPlanFrom, unfinishedLines } from '../../planfile/match-saved-plan.ts'
import { parseSavedPlan, refuseDamagedPlan, type SavedPlan } from '../../planfile/saved-plan.ts'
import { createReport, type Report } from '../../report/report.ts'
import { readPlanFile } from '../app/plan-file.ts'
import { findPlanKey, requirePlanKey } from '../app/plan-key.ts'
import { checkSources } from '../app/plan-sources.ts'
import type { PlaybookOptions } from '../app/prepare.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import type { Resumed } from '../app/run-record.ts'
import { caveatsOf } from '../app/save-plan.ts'
import { matchExtraVars } from '../app/saved-extra-vars.ts'
import { reportOptionsFor, type Shown, withReport } from '../app/with-report.ts'

/** A saved plan that is being applied. */
export type AppliedPlan = { file: string; held: ExpectedPlan; caveats: string[] }

type Options = PlaybookOptions & Shown & { refresh?: boolean; lockTimeout: number }

const sameOrRefuse = (file: string, option: string, given: unknown, planned: unknown): void => {
  if (same(given, planned)) return
  const word = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : `${value ?? ''}`) || 'none'
  refuse('plan-asked', `The plan ${file} was made with another ${option}.`, {
    why: `The plan: ${word(planned)}. Given now: ${word(given)}.`,
    fix: `Leave ${option} away to apply the plan as it is, or make the plan again.`,
  })
}

/** What the plan was asked for, which may be said once more but not be something else. */
const askedOf = (file: string, plan: SavedPlan, options: Options, key: Buffer): PlaybookOptions => {
  const { asked } = plan
  if (options.limit !== undefined) sameOrRefuse(file, '--limit', options.limit, asked.limit)
  if (options.tags.length > 0) sameOrRefuse(file, '--tags', options.tags, asked.tags)
  if (options.inventory.length > 0)
    sameOrRefuse(file, '--inventory', options.inventory.map(normalize), asked.inventory.map(normalize))
  const artifacts = options.artifacts ?? (process.env.RUNBOOK_ARTIFACTS || asked.artifacts)
  const lock = options.lock ?? (process.env.RUNBOOK_LOCK || asked.lock)
  return {
    inventory: asked.inventory,
    ...(asked.limit === undefined ? {} : { limit: asked.limit }),
    tags: asked.tags,
    extraVars: matchExtraVars(plan.extra, options.extraVars, key, file),
    ...(artifacts ? { artifacts } : {}),
    ...(lock ? { lock } : {}),
  }
}

/** `runbook apply PLAN`: what it shows, where hosts are still as it saw them. Returns the exit code. */
export const applyPlan = (
  command: 'plan' | 'apply',
  file: string,
  options: Options,
  resumes?: Resumed,
): Promise<number> =>
  withReport(createReport(reportOptionsFor(options, command)), () => {
    let key!: Buffer
    const plan = parseSavedPlan(readPlanFile(file), file, () => {
      key = requirePlanKey(process.cwd())
      return key
    })
    const asked = askedOf(file, plan, options, key)
    checkSources(plan, packageJson.version, key)
    const begun = unfinishedLines(resumes?.events ?? [])
    const saved = {
      file,
      held: expectedPlanFrom(plan, { key, moved: options.refresh ? 'refresh' : 'refuse', begun }),
      caveats: caveatsOf(plan.events),
    }
    const { lockTimeout } = options
    const doing =
      command === 'plan' ? { command, saved } : { command, lockTimeout, saved, ...(resumes ? { resumes } : {}) }
    return runPlaybook(doing, plan.asked.playbook, { ...options, ...asked })
  })

/** `runbook plan show PLAN`: what it said, as it said it. Returns the exit code. */
export const showPlan = (file: string, options: Shown): Promise<number> => {
  const newReport = (): Report => createReport({ ...reportOptionsFor(options, 'plan'), tty: false })
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
      // What nobody vouches for may be anything: a report that has choked on it can tell no more.
      return withReport(newReport(), () => refuseDamagedPlan(file, 'What it says cannot be shown.'))
    }
  })
}
