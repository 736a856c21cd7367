import { fc, seed } from '../chance.ts'
/** Checks a property of playbooks; one that breaks it is told task by task. RUNBOOK_SHRINK=1 looks for a smaller one. */
export const holds = async <T extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<T>,
  numRuns: number,
  lanes = 1,
): Promise<void> => {
  // Most of the time is waiting for processes: a few lanes at once, each with a seed of its own.
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(property, Math.ceil(numRuns / lanes), seed + i)))
}

const lane = async <T extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<T>,
  numRuns: number,
  seed: number,
): Promise<void> => {
  const found = await fc.check(property, { numRuns, seed, endOnFailure: process.env.RUNBOOK_SHRINK === undefined })
  if (!found.failed) return
  const { message, stack, details } = (found.errorInstance ?? {}) as Error & { details?: string }
  const lines = found.counterexample!.flatMap(value =>
    typeof value === 'string' && value.startsWith('[') ? tasksOf(value) : [JSON.stringify(value)],
  )
  throw new Error([`RUNBOOK_SEED=${seed} (${found.counterexamplePath})`, message, details, ...lines, stack].join('\n'))
}

const tasksOf = (playbook: string): string[] =>
  JSON.parse(playbook)[0].tasks.map((task: unknown) => JSON.stringify(task))
