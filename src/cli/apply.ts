import { refuse } from '../core/failure.ts'
import { createReport } from '../report/report.ts'
import { isPlanFile } from './planfile.ts'
import { runPlaybook } from './playbook.ts'
import type { Asked } from './prepare.ts'
import { reading, type Shown, telling } from './telling.ts'

/** `runbook apply`: of a playbook, or of a plan that was kept. Returns the exit code. */
export const apply = async (
  command: 'plan' | 'apply',
  file: string,
  options: Asked & Shown & { refresh: boolean; lockTimeout: number },
): Promise<number> => {
  if (isPlanFile(file)) return (await import('./saved.ts')).applyPlan(command, file, options)
  if (!options.refresh)
    return runPlaybook(command === 'plan' ? { command } : { command, lockTimeout: options.lockTimeout }, file, options)
  return telling(createReport(reading(options, command)), () =>
    refuse('usage-option', '--refresh is for a plan that was kept.', { fix: 'A playbook is always planned anew.' }),
  )
}
