import type { Failure } from '../core/failure.ts'
import type { Become } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { becomeFailure, isRefusal } from './become-failure.ts'
import { connectionClosed, type ShellLoss } from './shell.ts'

/** Who programs are to become; undefined where the login user is that one already. */
export const becomes = ({ become, user }: Target): Become | undefined =>
  become && become.user !== user ? become : undefined

/** The identity that programs have. */
export const identity = ({ become, user }: Target): string => become?.user ?? user

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

/**
 * The failure when a program did not start because the user could not be become, told by what was printed; undefined if it
 * was not that.
 */
export const becomeRefused = (target: Target, said: string): Failure | undefined => {
  const become = becomes(target)
  return become && isRefusal(become, said) ? becomeFailure(target, become, said) : undefined
}

/** The failure when a host's shell has ended: nobody lets it become the user, the login has no shell, or the connection broke. */
export const shellLost = (target: Target, loss: ShellLoss): Failure => {
  const { name, user } = target
  const refused = loss.started ? undefined : becomeRefused(target, loss.said)
  if (refused) return refused
  // A connection that broke has no status; a program that refused ends with one of its own.
  if (loss.started || loss.ending.status === undefined) return connectionClosed(name, loss)
  const become = becomes(target)
  if (become) return becomeFailure(target, become, loss.said)
  return {
    reason: 'host-login',
    what: `${name} lets ${user} in, but gives no shell`,
    why:
      lastLine(loss.said) ||
      `the login ended with status ${loss.ending.status} and without a word, as an \`exit\` in .bashrc does`,
    fix: `\`ssh ${user}@${target.host} echo here\` has to print it: take out of .bashrc or .zshenv there what ends the shell, or log in as a user with a login shell (ansible_user)`,
  }
}

/** The failure when a login takes what is sent to it and runs nothing. `said`: what it has printed until then. */
export const shellSilent = ({ name, host, user }: Target, seconds: number, said: string): Failure => ({
  reason: 'host-login',
  what: `${name} lets ${user} in, but nothing of ours has begun there after ${seconds} s`,
  why: lastLine(said)
    ? `it has printed: ${lastLine(said)}`
    : 'a file that the login shell reads (such as .bashrc) may wait for something, or read what is sent to the shell',
  fix: `\`echo | ssh ${user}@${host} true\` has to end at once: take out of .bashrc, .zshenv or /etc/bash.bashrc there what keeps it`,
})
