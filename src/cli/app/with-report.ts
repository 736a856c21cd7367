import { exit } from '../../core/exit.ts'
import { type Failure, Refusal } from '../../core/failure.ts'
import { planKeyVariable } from '../../planfile/plan-key.ts'
import { createRedactor } from '../../report/redact.ts'
import { type Report, type ReportOptions, wantsColour } from '../../report/report.ts'

/** How the output of a command is asked for. */
export type Shown = {
  format: 'text' | 'json'
  color: boolean
  diff?: boolean
  /** With `diff`: also what others may not read, where it would not be shown. */
  diffPrivate?: boolean
  verbose?: boolean
  detailedExitcode?: boolean
}

/** A report on this process's own streams. */
export const reportOptionsFor = (
  { format, color, diff, diffPrivate, verbose, detailedExitcode = false }: Shown,
  command: ReportOptions['command'],
): ReportOptions => {
  const tty = process.stdout.isTTY === true
  const redact = createRedactor()
  redact.add(process.env[planKeyVariable] ?? '')
  return {
    format,
    command,
    diff: diff || diffPrivate ? 'show' : 'hide',
    privateDiff: diffPrivate || (diff && tty && format === 'text') ? 'show' : 'hide',
    verbosity: verbose ? 'all' : 'changes',
    detailedExitcode,
    out: process.stdout,
    err: process.stderr,
    tty,
    colour: wantsColour(tty, { noColor: !color }, process.env),
    redact,
  }
}

/** A report of what has been said before: nothing of it is drawn over. */
export const replayOptionsFor = (shown: Shown, command: ReportOptions['command'] = 'apply'): ReportOptions => ({
  ...reportOptionsFor(shown, command),
  tty: false,
})

/** Nobody has seen to that: a bug; but that the folder somebody stands in has been removed can show anywhere. */
const unforeseen = ({ message, stack = '', syscall }: NodeJS.ErrnoException): Failure =>
  syscall === 'uv_cwd'
    ? { reason: 'usage-file', what: 'The folder that runbook was started in is gone.', fix: 'cd to one that is there.' }
    : {
        reason: 'bug-engine',
        what: `runbook has a bug: ${message}`,
        why: stack,
        fix: 'Please report it with this text.',
      }

/** Runs the inside of a command, which says the exit code. What it refuses, and a bug, end its report. */
export const withReport = async (
  report: Report,
  inside: () => number | Promise<number>,
  roundTrips: () => Record<string, number> = () => ({}),
): Promise<number> => {
  try {
    return await inside()
  } catch (error) {
    const failures = error instanceof Refusal ? error.failures : [unforeseen(error as Error)]
    return report.finish({ roundTrips: roundTrips(), failures })
  }
}

/** What a run is ended by: Ctrl-C, a polite kill, a terminal that is closed. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Ending = (typeof ENDINGS)[number]
/** Which one it was; not as the signal's reason, which others take for an error of the usual kind. */
const endings = new WeakMap<AbortSignal, Ending>()

/** How a command ends that was ended by a signal, and in words for whoever is there to read them, or the run record. */
export const endedBy = (signal: AbortSignal, command: string): { exit: number; what: string } =>
  endings.get(signal) === 'SIGHUP'
    ? { exit: exit.hungUp, what: `The ${command} was interrupted: its terminal is gone.` }
    : { exit: exit.interrupted, what: `The ${command} was interrupted.` }

/** These signals as one that work can end by; asked a second time the process ends. */
export const interruptible = (onStop: () => void = () => {}): { signal: AbortSignal; release: () => void } => {
  const interrupt = new AbortController()
  let asked = Number.POSITIVE_INFINITY
  const stop = (by: Ending): void => {
    // One Ctrl-C may come twice, from the terminal and passed on by the bin: only a later one is a second.
    if (performance.now() - asked > 300 && by !== 'SIGHUP') process.exit(exit.interrupted)
    if (interrupt.signal.aborted) return
    asked = performance.now()
    endings.set(interrupt.signal, by)
    interrupt.abort()
    onStop()
  }
  for (const name of ENDINGS) process.on(name, stop)
  return {
    signal: interrupt.signal,
    release: () => {
      for (const name of ENDINGS) process.off(name, stop)
    },
  }
}
