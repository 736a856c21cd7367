/** A place in a text file of the user's. Lines and columns count from 1. `unquoted`: what stands there may not be shown. */
export type Origin = { file: string; line: number; column: number; length?: number; unquoted?: true }

/**
 * Why something was refused or went wrong. The family shows who can mend it: `playbook-*`, `inventory-*` and
 * `usage-*` are the author's, `host-*` the machine's or the network's, `module-*` the module author's, `bug-*` ours;
 * with `plan-*` a plan can no longer be applied as it was shown, and is to be made again.
 */
export type Reason =
  | 'usage-option'
  | 'usage-file'
  | 'usage-vault'
  | 'usage-needs-root'
  | 'playbook-yaml'
  | 'playbook-shape'
  | 'playbook-module'
  | 'playbook-argument'
  | 'playbook-expression'
  | 'playbook-name'
  | 'playbook-template'
  | 'playbook-cycle'
  | 'playbook-reference'
  | 'playbook-left-out'
  | 'playbook-value'
  | 'inventory-missing'
  | 'inventory-yaml'
  | 'inventory-shape'
  | 'inventory-no-host'
  | 'inventory-variable'
  | 'host-unreachable'
  | 'host-login'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-become'
  | 'host-lost'
  | 'host-protocol'
  | 'host-permission'
  | 'host-step'
  | 'host-settle'
  | 'host-upload'
  | 'host-locked'
  | 'lab-host'
  | 'task-failed'
  | 'module-broke-promise'
  | 'module-bug'
  | 'run-interrupted'
  | 'plan-key'
  | 'plan-edited'
  | 'plan-version'
  | 'plan-asked'
  | 'plan-stale'
  | 'plan-moved'
  | 'bug-engine'

/** One thing that went wrong, as data: what is wrong, why, and what to do about it. */
export type Failure = {
  reason: Reason
  /** What is wrong, one sentence. */
  what: string
  /** Why it is so: what was seen. May have several lines. */
  why?: string
  /** What to do about it. */
  fix?: string
  origin?: Origin
}

/** What a room's door returns where its input may be bad: the value, or every failure found. */
export type Result<T> = { value: T; failures?: undefined } | { value?: undefined; failures: Failure[] }

/** Carries failures from deep inside a room to its door, where `attempt` turns them into a Result. */
export class Refusal extends Error {
  readonly failures: Failure[]
  constructor(...failures: Failure[]) {
    super(failures.map(f => f.what).join('; '))
    this.failures = failures
  }
}

/**
 * The failure of a host whose answer is none to what was asked: nothing of it is believed, and the host leaves the run.
 * `what` names the host or the thing asked of it, `why` says what came.
 */
export const notAnAnswer = (what: string, why: string): Failure => ({
  reason: 'host-protocol',
  what,
  why,
  fix: 'nothing of that answer was believed. Look whether the shell, the login files or the ssh server there have been tampered with; log in by hand and try `sh -c "echo here"`',
})

/** The place in a file that stands behind this part of its text. */
export const originBehind = (file: string, before: string): Origin => ({
  file,
  line: before.split('\n').length,
  column: before.length - before.lastIndexOf('\n'),
})

/** A failure in one line, for who goes on without what it is about. */
export const inOneLine = ({ what, why }: Failure): string => (why === undefined ? what : `${what} ${why}`)

export const refuse = (reason: Reason, what: string, more: Omit<Failure, 'reason' | 'what'> = {}): never => {
  throw new Refusal({ reason, what, ...more })
}

/** Runs a room's inside; a Refusal becomes its failures, anything else is a bug and goes on. */
export const attempt = <T>(inside: () => T): Result<T> => {
  try {
    return { value: inside() }
  } catch (error) {
    if (error instanceof Refusal) return { failures: error.failures }
    throw error
  }
}
