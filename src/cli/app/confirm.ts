import type { Confirm } from '../../connection/host-keys.ts'
import { Refusal } from '../../core/failure.ts'
import type { Pool } from '../../host/pool.ts'

/** Asks for a yes or a no on the terminal, until it is one of both. Where nobody is there it is no. */
export const confirmAt =
  (signal: AbortSignal): Confirm =>
  async question => {
    const { openTerminal } = await import('./terminal.ts')
    const terminal = openTerminal(signal)
    if (!terminal) return false
    try {
      for (let text = question; ; text = 'Please type yes or no: ') {
        const answer = (await terminal.askShown(text)).trim().toLowerCase()
        if (answer === 'yes' || answer === 'no') return answer === 'yes'
      }
    } finally {
      terminal.close()
    }
  }

/**
 * Has all questions asked that connecting raises before anything else is shown: a question among rows that are drawn over would be
 * lost. Throws a Refusal `run-interrupted` where it was broken off.
 */
export const introduce = async (pool: Pool, machines: string[], signal: AbortSignal): Promise<void> => {
  await pool.introduce(machines)
  if (!signal.aborted) return
  await pool.closeAll()
  throw new Refusal({ reason: 'run-interrupted', what: 'What was asked was not answered.' })
}
