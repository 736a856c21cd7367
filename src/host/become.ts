import type { Failure } from '../core/failure.ts'
import { connectionClosed, type ShellLoss } from './shell.ts'
import type { Target } from './target.ts'

/** Whether programs get to be root by sudo. */
const bySudo = ({ become, user }: Target): boolean => become && user !== 'root'

/**
 * The command line for a program to be run as the target's identity. The login shell reads it, which may be any:
 * hence `exec /bin/sh` at once, no line breaks and single quotes only. A login user who is root by another name needs
 * no sudo, and may not have it.
 */
export const commandLine = (target: Target, program: string): string =>
  bySudo(target)
    ? `exec /bin/sh -c 'if test "$(id -u)" = 0; then exec "$@"; else exec sudo -n -H -- "$@"; fi' sh ${program}`
    : `exec ${program}`

/** The identity that programs of `commandLine` have. */
export const identity = ({ become, user }: Target): string => (become ? 'root' : user)

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

/** The failure when sudo refuses. `said` is what it printed. */
const becomeFailure = ({ name, user }: Target, said: string): Failure => ({
  reason: 'host-become',
  what: `${user} cannot become root on ${name}`,
  why: lastLine(said) || 'sudo ended without a word',
  fix: `as root on ${name}, write this line to /etc/sudoers.d/${user}, or log in as root:\n${user} ALL=(ALL) NOPASSWD: ALL`,
})

/**
 * The failure when a program did not start because sudo refused, told by what was printed; undefined if it was not
 * sudo.
 */
export const becomeRefused = (target: Target, said: string): Failure | undefined =>
  bySudo(target) && /\bsudo|sudoers/.test(said) ? becomeFailure(target, said) : undefined

/** The failure when a host's shell has ended: sudo refuses, the login has no shell, or the connection broke. */
export const shellLost = (target: Target, loss: ShellLoss): Failure => {
  const { name, user } = target
  const refused = loss.started ? undefined : becomeRefused(target, loss.said)
  if (refused) return refused
  // A connection that broke has no status; a program that refused ends with one of its own.
  if (loss.started || loss.ending.status === undefined) return connectionClosed(name, loss)
  if (bySudo(target)) return becomeFailure(target, loss.said)
  return {
    reason: 'host-login',
    what: `${name} lets ${user} in, but gives no shell`,
    why: lastLine(loss.said) || `/bin/sh ended with ${loss.ending.status}`,
    fix: 'log in as a user with a login shell (ansible_user)',
  }
}
