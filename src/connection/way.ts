import type { Target } from '../settings/target.ts'
import { type Bastions, closeBastions, dialThrough } from './bastions.ts'
import type { Dialled } from './dial.ts'
import type { HostKeys } from './host-keys.ts'
import { runProxy } from './proxy-command.ts'

/**
 * A way to a target that is not a socket of our own: through other servers, or by a proxy command. Servers that no run
 * shares are let go of with the connection.
 *
 * @throws Refusal as `dialThrough`.
 */
export const wayTo = async (
  target: Target,
  shared: { bastions?: Bastions | undefined; hostKeys: HostKeys; signal?: AbortSignal | undefined },
): Promise<Dialled> => {
  const { via = [], proxyCommand, retries = 0 } = target
  if (via.length === 0) return runProxy(target, proxyCommand!)
  if (shared.bastions) return dialThrough(target, via, { ...shared, retries, bastions: shared.bastions })
  const bastions: Bastions = new Map()
  try {
    const dialled = await dialThrough(target, via, { ...shared, bastions })
    dialled.socket.once('close', () => void closeBastions(bastions))
    return dialled
  } catch (error) {
    await closeBastions(bastions)
    throw error
  }
}
