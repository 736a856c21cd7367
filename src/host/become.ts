import type { Failure } from '../core/failure.ts'
import type { Become } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { connectionClosed, type ShellLoss } from './shell.ts'

/** Who programs are to become; undefined where the login user is that one already. */
export const becomes = ({ become, user }: Target): Become | undefined =>
  become && become.user !== user ? become : undefined

/** The identity that programs have. */
export const identity = ({ become, user }: Target): string => become?.user ?? user

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? ''

/** What sudo says when it refuses, and what to do about it: a line for sudoers, or something that no line can mend. */
const SUDO: [words: RegExp, fix: (target: Target) => { line?: string; todo?: string }][] = [
  [/must have a tty|no tty present/, ({ user }) => ({ line: `Defaults:${user} !requiretty` })],
  [
    /sudo.*not found|No such file.*sudo/,
    () => ({ todo: 'install sudo there, or log in as root (ansible_user: root)' }),
  ],
  [
    /setuid|nosuid|effective uid is not 0/,
    () => ({
      todo: 'as root there: chown root:root /usr/bin/sudo && chmod 4755 /usr/bin/sudo, on a file system mounted without nosuid',
    }),
  ],
  [
    /no new privileges/i,
    () => ({ todo: 'sshd runs there with NoNewPrivileges, as in a container: allow it, or log in as root' }),
  ],
  [
    /(syntax|parse) error|no valid sudoers|is (owned by|world writable|group writable|mode)|unable to open .*sudoers/,
    () => ({ todo: 'as root there: `visudo -c` says what is wrong with /etc/sudoers and the files in /etc/sudoers.d' }),
  ],
  [
    /expired|account validation|account management/i,
    ({ user }) => ({ todo: `as root there: \`chage -l ${user}\` and \`passwd -S ${user}\` say what keeps it out` }),
  ],
  [/unknown user/, () => ({ todo: 'there is no user root there: log in as one whose number is 0' })],
]

/** A warning that sudo gives on the way. */
const isWarning = (line: string): boolean => /^sudo: unable to resolve host/.test(line)
/** sudo's words, or a shell's about it; a greeting that only speaks of sudo is none of them. */
const isOfSudo = (line: string): boolean =>
  /^(\S*\/)?sudo(-rs)?: |sudo: (command )?not found|sudoers|^Sorry, user .*(not allowed|may not run)/.test(line) &&
  !isWarning(line)

/** The failure when sudo refuses. `said` is what was printed until then. */
const becomeFailure = (target: Target, said: string): Failure => {
  const { name, user } = target
  const other = identity(target)
  const lines = said.split('\n').map(line => line.trim())
  const own = lines.filter(isOfSudo)
  const [, fix] = SUDO.find(([words]) => own.some(line => words.test(line))) ?? []
  const { line = `${user} ALL=(${other === 'root' ? 'ALL' : other}) NOPASSWD: ALL`, todo } = fix?.(target) ?? {}
  return {
    reason: 'host-become',
    what: `${user} cannot become ${other} on ${name}`,
    why: own.at(-1) || lines.filter(text => text !== '' && !isWarning(text)).at(-1) || 'sudo ended without a word',
    fix: todo ?? `as root on ${name}, write this line to /etc/sudoers.d/${user}, or log in as root:\n${line}`,
  }
}

/**
 * The failure when a program did not start because sudo refused, told by what was printed; undefined if it was not
 * sudo.
 */
export const becomeRefused = (target: Target, said: string): Failure | undefined =>
  becomes(target) && said.split('\n').some(line => isOfSudo(line.trim())) ? becomeFailure(target, said) : undefined

/** The failure when a host's shell has ended: sudo refuses, the login has no shell, or the connection broke. */
export const shellLost = (target: Target, loss: ShellLoss): Failure => {
  const { name, user } = target
  const refused = loss.started ? undefined : becomeRefused(target, loss.said)
  if (refused) return refused
  // A connection that broke has no status; a program that refused ends with one of its own.
  if (loss.started || loss.ending.status === undefined) return connectionClosed(name, loss)
  if (becomes(target)) return becomeFailure(target, loss.said)
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
