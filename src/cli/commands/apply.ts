import { refuse } from '../../core/failure.ts'
import { isPlanFile } from '../../planfile/plan-file.ts'
import { createReport } from '../../report/report.ts'
import { asksForList, type Lists, type PlaybookOptions } from '../app/prepare.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import { reportOptionsFor, type Shown, withReport } from '../app/with-report.ts'

type Asked = PlaybookOptions & Shown & Partial<Lists> & { refresh: boolean; lockTimeout: number }

/** `runbook apply`: of a playbook, or of a saved plan. Returns the exit code. */
export const apply = async (
  command: 'plan' | 'apply',
  file: string,
  { syntaxCheck, listHosts, listTasks, listTags, ...options }: Asked,
): Promise<number> => {
  const lists = { syntaxCheck, listHosts, listTasks, listTags }
  if (asksForList(lists)) return (await import('./list-playbook.ts')).listPlaybook(file, { ...options, ...lists })
  if (isPlanFile(file)) return (await import('../app/apply-saved-plan.ts')).applySavedPlan(command, file, options)
  if (!options.refresh)
    return runPlaybook(command === 'plan' ? { command } : { command, lockTimeout: options.lockTimeout }, file, options)
  return withReport(createReport(reportOptionsFor(options, command)), () =>
    refuse('usage-option', '--refresh is for a saved plan.', { fix: 'A playbook is always planned anew.' }),
  )
}
