import { quoted } from '../core/quote.ts'
import type { Become } from '../core/transport.ts'

// The command lines of sudo, su and doas. How a password is asked for is runbook's to say, whatever flags are given.

/** Flags of sudo's without a value, which may stand together in one word. */
const TOGETHER = /^-[AbBEHiknPsS]+$/
const ASKING = new Set(['--non-interactive', '--stdin', '--askpass'])

const flagsOf = ({ flags, method }: Become): string[] => {
  if (flags === undefined) return method === 'sudo' ? ['-H'] : []
  if (method === 'su') return flags
  return flags
    .map(flag => (TOGETHER.test(flag) ? flag.replaceAll(/[nSA]/g, '') : flag))
    .filter(flag => flag !== '-' && !ASKING.has(flag))
}

const exeOf = ({ exe, method }: Become): string[] => exe?.split(/\s+/).filter(word => word !== '') ?? [method]

/** Whether nobody has to be asked for anything, so that a program can be begun without waiting for an answer. */
export const asksNothing = ({ method, password }: Become): boolean => method !== 'su' && password === undefined

/**
 * The command that runs a program as another user. With a `prompt` sudo asks for a password by exactly this text, and reads
 * it from its input; without one neither sudo nor doas asks for anything. su and doas have prompts of their own.
 */
export const commandOf = (become: Become, program: string[], prompt?: string): string[] => {
  const { method, user } = become
  const [exe, flags] = [exeOf(become), flagsOf(become)]
  const who = user === 'root' ? [] : ['-u', user]
  if (method === 'sudo') {
    const asking = prompt === undefined ? ['-n'] : ['-S', '-p', prompt]
    return [...exe, ...asking, ...flags, ...who, '--', ...program]
  }
  if (method === 'doas') return [...exe, ...(prompt === undefined ? ['-n'] : []), ...flags, ...who, '--', ...program]
  // Its shell is said, since a user who runs services has none.
  const login = flags.includes('-') ? ['-'] : []
  return [...exe, ...flags.filter(flag => flag !== '-'), '-s', '/bin/sh', '-c', quoted(program), ...login, user]
}

/** What asks for a password there. */
export const prompts: Record<Become['method'], (prompt: string) => (said: string) => boolean> = {
  sudo: prompt => said => said.includes(prompt),
  su: () => said => /(^|\n)\s*(\S+'s )?[Pp]assword: ?$/.test(said),
  doas: () => said => /(^|\n)\s*(doas \([^\n]*\) )?[Pp]assword: ?$/.test(said),
}
