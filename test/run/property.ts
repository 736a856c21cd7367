import { fc, seed } from '../chance.ts'
import type { Playbook } from '../laws/playbooks.ts'

/** Milliseconds. Who takes as long for one playbook hangs. */
const timeout = 120_000

/** Where one that was found stands behind its seed, as it was told with it: that one alone is tried. */
const path = process.env.RUNBOOK_PATH

/** Checks a property of playbooks; one that breaks it is told task by task. RUNBOOK_SHRINK=1 looks for a smaller one. */
export const holds = async <T extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<T>,
  numRuns: number,
  lanes = 1,
): Promise<void> => {
  // Most of the time is waiting for processes: a few lanes at once, each with a seed of its own.
  const isOne = process.env.RUNBOOK_SHRINK !== undefined || path !== undefined
  const all = Array.from({ length: isOne ? 1 : lanes }, (_, i) => lane(property, Math.ceil(numRuns / lanes), seed + i))
  // What one has found is told when all have ended: they may share hosts with what comes next.
  const ended = await Promise.allSettled(all)
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

const lane = async <T extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<T>,
  numRuns: number,
  seed: number,
): Promise<void> => {
  const found = await fc.check(property, {
    numRuns,
    seed,
    ...(path === undefined ? {} : { path }),
    timeout,
    endOnFailure: process.env.RUNBOOK_SHRINK === undefined,
  })
  if (!found.failed) return
  const { message, stack, details } = (found.errorInstance ?? {}) as Error & { details?: string }
  const lines = found.counterexample!.flatMap(value => (isPlaybook(value) ? toldOf(value) : [JSON.stringify(value)]))
  throw new Error(
    [`RUNBOOK_SEED=${seed} RUNBOOK_PATH=${found.counterexamplePath}`, message, details, ...lines, stack].join('\n'),
  )
}

const isPlaybook = (value: unknown): value is Playbook => typeof (value as Playbook | null)?.text === 'string'

const toldOf = ({ text, hosts }: Playbook): string[] => [
  hosts.join(),
  ...JSON.parse(text)[0].tasks.map((task: unknown) => JSON.stringify(task)),
]
