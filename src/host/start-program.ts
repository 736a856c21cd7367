import { sessionRefusal } from '../connection/connection-errors.ts'
import type { Link, Wire } from '../connection/link.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { becomes } from './become.ts'
import { asksNothing } from './become-command.ts'
import { LOGIN_LINE, startLine } from './environment.ts'
import { connectionClosed } from './shell.ts'

/** Machines whose sudo begins nothing without a terminal: what one program has met counts for those after it. */
const terminals = new WeakSet<Link>()
const hasTerminal = (link: Link): boolean => terminals.has(link)

/** Whether sudo has refused for want of a terminal, and was not tried in one: then it is from now on. */
export const triesTerminal = (error: unknown, link: Link): boolean => {
  const why =
    error instanceof Refusal && error.failures[0]!.reason === 'host-become' ? error.failures[0]!.why : undefined
  if (!/must have a tty/.test(why ?? '') || hasTerminal(link)) return false
  terminals.add(link)
  return true
}

/** A program that begins at once, or says in its first words why not; another user's, where something is to be asked. */
const begin = async (target: Target, link: Link, program: string): Promise<Wire> => {
  const become = becomes(target)
  if (become && (!asksNothing(become) || hasTerminal(link))) {
    const { startAsked } = await import('./start-asked.ts')
    return startAsked(target, become, link, program, hasTerminal(link))
  }
  const wire = await link.start(LOGIN_LINE)
  wire.stdin.write(startLine(target, program))
  return wire
}

/**
 * Starts a program of ours for a target, as its identity. `refused` makes the failure of a host that is there and does not
 * start it.
 *
 * @throws Refusal that failure, `host-become` where a password or a terminal is wanted and that is no way either, or
 * `host-lost` where the link is gone.
 */
export const startProgram = async (
  target: Target,
  link: Link,
  program: string,
  refused: (refusal: { why: string; fix: string }) => Failure,
): Promise<Wire> => {
  try {
    return await begin(target, link, program)
  } catch (error) {
    if (triesTerminal(error, link)) return startProgram(target, link, program, refused)
    if (error instanceof Refusal) throw error
    if (link.stands) throw new Refusal(refused(sessionRefusal(error as Error)))
    throw new Refusal(connectionClosed(target.name, { started: false, said: '', ending: { why: link.why() } }))
  }
}
