import { normalize } from 'node:path'
import packageJson from '../../../package.json' with { type: 'json' }
import { refuse } from '../../core/failure.ts'
import { unfinishedLines } from '../../core/unfinished-lines.ts'
import { same } from '../../core/value.ts'
import { matchExtraVars } from '../../planfile/extra-vars.ts'
import { type AppliedPlan, expectedPlanFrom } from '../../planfile/match-saved-plan.ts'
import { readPlanFile } from '../../planfile/plan-file.ts'
import { requirePlanKey } from '../../planfile/plan-key.ts'
import { parseSavedPlan, type SavedPlan } from '../../planfile/saved-plan.ts'
import { createReport } from '../../report/report.ts'
import { connectionOptionsLike } from './connection-options.ts'
import { checkSources } from './plan-sources.ts'
import type { PlaybookOptions } from './prepare.ts'
import { runPlaybook } from './run-playbook.ts'
import type { Resumed } from './run-record.ts'
import { caveatsOf } from './save-plan.ts'
import { reportOptionsFor, type Shown, withReport } from './with-report.ts'

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
  if (options.skipTags?.length) sameOrRefuse(file, '--skip-tags', options.skipTags, asked.skipTags)
  if (options.startAtTask !== undefined) sameOrRefuse(file, '--start-at-task', options.startAtTask, asked.startAtTask)
  if (options.inventory.length > 0)
    sameOrRefuse(file, '--inventory', options.inventory.map(normalize), asked.inventory.map(normalize))
  if (options.become) sameOrRefuse(file, '--become', true, asked.become)
  if (options.becomeUser !== undefined) sameOrRefuse(file, '--become-user', options.becomeUser, asked.becomeUser)
  if (options.becomeMethod !== undefined)
    sameOrRefuse(file, '--become-method', options.becomeMethod, asked.becomeMethod)
  const artifacts = options.artifacts ?? (process.env.RUNBOOK_ARTIFACTS || asked.artifacts)
  const lock = options.lock ?? (process.env.RUNBOOK_LOCK || asked.lock)
  return {
    ...connectionOptionsLike(asked, options, `runbook apply ${file}`),
    inventory: asked.inventory,
    ...(asked.limit === undefined ? {} : { limit: asked.limit }),
    tags: asked.tags,
    ...(asked.skipTags === undefined ? {} : { skipTags: asked.skipTags }),
    ...(asked.startAtTask === undefined ? {} : { startAtTask: asked.startAtTask }),
    extraVars: matchExtraVars(plan.extra, options.extraVars, key, file),
    ...(artifacts ? { artifacts } : {}),
    ...(lock ? { lock } : {}),
    ...(asked.become === undefined ? {} : { become: asked.become }),
    ...(asked.becomeUser === undefined ? {} : { becomeUser: asked.becomeUser }),
    ...(asked.becomeMethod === undefined ? {} : { becomeMethod: asked.becomeMethod }),
  }
}

/** A saved plan as it is to be applied, and what it was made for. */
const openPlan = (
  file: string,
  options: Options,
  resumes?: Resumed,
): { saved: AppliedPlan; playbook: string; asked: PlaybookOptions } => {
  let key!: Buffer
  const plan = parseSavedPlan(readPlanFile(file), file, () => {
    key = requirePlanKey(process.cwd())
    return key
  })
  const asked = askedOf(file, plan, options, key)
  checkSources(plan, packageJson.version, key)
  const begun = unfinishedLines(resumes?.events ?? [])
  const expected = expectedPlanFrom(plan, { key, moved: options.refresh ? 'refresh' : 'refuse', begun })
  const { due = [] } = plan.events.find(event => event.type === 'started') ?? {}
  const saved = { file, expected, made: new Date(plan.made), due, caveats: caveatsOf(plan.events) }
  return { saved, playbook: plan.asked.playbook, asked }
}

/** `runbook apply PLAN`: what it shows, where hosts are still as it saw them. Returns the exit code. */
export const applySavedPlan = (
  command: 'plan' | 'apply',
  file: string,
  options: Options,
  resumes?: Resumed,
): Promise<number> =>
  withReport(createReport(reportOptionsFor(options, command)), () => {
    const { saved, playbook, asked } = openPlan(file, options, resumes)
    const { lockTimeout } = options
    const action =
      command === 'plan' ? { command, saved } : { command, lockTimeout, saved, ...(resumes ? { resumes } : {}) }
    return runPlaybook(action, playbook, { ...options, ...asked })
  })
