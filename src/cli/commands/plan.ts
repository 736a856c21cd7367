import type { PlaybookOptions } from '../app/prepare.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import type { Shown } from '../app/with-report.ts'

/** `runbook plan`: what apply would do; with `out` it is saved, to be applied as it is. Returns the exit code. */
export const planPlaybook = (
  playbook: string,
  { out, ...options }: PlaybookOptions & Shown & { out?: string },
): Promise<number> => runPlaybook({ command: 'plan', ...(out === undefined ? {} : { out }) }, playbook, options)
