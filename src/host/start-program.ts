import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { sessionRefusal } from './connection-errors.ts'
import { LOGIN_LINE, startLine } from './environment.ts'
import type { Link } from './link.ts'
import { connectionClosed, type Wire } from './shell.ts'

/**
 * Starts a program of ours for a target, as its identity. `refused` makes the failure of a host that is there and does not
 * start it.
 *
 * @throws Refusal that failure, or `host-lost` where the link is gone.
 */
export const startProgram = async (
  target: Target,
  link: Link,
  program: string,
  refused: (refusal: { why: string; fix: string }) => Failure,
): Promise<Wire> => {
  try {
    const wire = await link.start(LOGIN_LINE)
    wire.stdin.write(startLine(target, program))
    return wire
  } catch (error) {
    if (link.stands) throw new Refusal(refused(sessionRefusal(error as Error)))
    throw new Refusal(connectionClosed(target.name, { started: false, said: '', ending: { why: link.why() } }))
  }
}
