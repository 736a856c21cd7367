import { hostname, userInfo } from 'node:os'
import type { ArtifactLock } from '../../artifact/lock.ts'
import type { LeaseRequest } from '../../core/transport.ts'
import type { Environment } from '../../plan/plan.ts'
import type { Walk } from '../../plan/walk-state.ts'
import { type AppliedPlan, replanMatched } from '../../planfile/match-saved-plan.ts'
import { createLeases } from '../../run/lease.ts'
import { run } from '../../run/run.ts'
import { saveLock } from './save-lock.ts'

/** The lock of archives, what ends the run, and the run's id where it is remembered. */
type Around = { lock: ArtifactLock; signal: AbortSignal; run: string | undefined }

/** Does what is planned, and writes down what was learnt of archives, however that ended. */
export const applyPlanned = async (
  walk: Walk,
  { lockTimeout, saved }: { lockTimeout: number; saved?: AppliedPlan },
  outside: Environment,
  { lock, signal, run: id }: Around,
): Promise<void> => {
  const { known } = walk
  try {
    const leases = createLeases(known, outside, leaseRequestOf(id), lockTimeout, signal)
    const again = (): Promise<Walk> => replanMatched(known, outside, saved?.expected)
    await run({ known, leases, again, ...outside, signal }, walk)
  } finally {
    await saveLock(lock, outside.emit)
  }
}

/** Which run this is, for others who ask for the same machines. */
const leaseRequestOf = (run = `${process.pid}`): LeaseRequest => ({ run, who: `${userName()}@${hostname()}` })

const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    // Somebody without an entry in the list of users.
    return `${process.getuid?.()}`
  }
}
