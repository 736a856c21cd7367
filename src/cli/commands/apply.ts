import { refuse } from '../../core/failure.ts'
import { isPlanFile } from '../../planfile/plan-file.ts'
import { createReport } from '../../report/report.ts'
import type { PlaybookOptions } from '../app/prepare.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import { reportOptionsFor, type Shown, withReport } from '../app/with-report.ts'

/** `runbook apply`: of a playbook, or of a saved plan. Returns the exit code. */
export const apply = async (
  command: 'plan' | 'apply',
  file: string,
  options: PlaybookOptions & Shown & { refresh: boolean; lockTimeout: number },
): Promise<number> => {
  if (isPlanFile(file)) return (await import('../app/apply-saved-plan.ts')).applySavedPlan(command, file, options)
  if (!options.refresh)
    return runPlaybook(command === 'plan' ? { command } : { command, lockTimeout: options.lockTimeout }, file, options)
  return withReport(createReport(reportOptionsFor(options, command)), () =>
    refuse('usage-option', '--refresh is for a saved plan.', { fix: 'A playbook is always planned anew.' }),
  )
}
