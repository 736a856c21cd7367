import type { PlaybookOptions } from '../app/prepare.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import type { Shown } from '../app/with-report.ts'

/** `runbook explain`: why a plan says what it says of the lines that `node` names. Returns the exit code. */
export const explainNode = (playbook: string, node: string, options: PlaybookOptions & Shown): Promise<number> =>
  runPlaybook({ command: 'explain', node }, playbook, options)
