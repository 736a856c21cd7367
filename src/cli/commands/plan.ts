import { asksForList, type Lists, type PlaybookOptions } from '../app/prepare.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import type { Shown } from '../app/with-report.ts'

type Asked = PlaybookOptions & Shown & Partial<Lists> & { out?: string }

/** `runbook plan`: what apply would do; with `out` it is saved, to be applied as it is. Returns the exit code. */
export const planPlaybook = async (
  playbook: string,
  { out, syntaxCheck, listHosts, listTasks, listTags, ...options }: Asked,
): Promise<number> => {
  const lists = { syntaxCheck, listHosts, listTasks, listTags }
  if (asksForList(lists)) return (await import('./list-playbook.ts')).listPlaybook(playbook, { ...options, ...lists })
  return runPlaybook({ command: 'plan', ...(out === undefined ? {} : { out }) }, playbook, options)
}
