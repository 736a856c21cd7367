import type { Failure } from '../core/failure.ts'
import { quoted } from '../core/quote.ts'
import { systemFix } from '../core/system-fix.ts'
import type { Output } from '../core/transport.ts'
import type { Line } from '../plan/line.ts'

// How a line that failed is told: what is wrong, what was seen, what to do.

const tail = (said: Buffer | string): string => said.toString().trimEnd().split('\n').slice(-12).join('\n')
const shown = (command: string): string => `$ ${command.length > 200 ? `${command.slice(0, 200)}…` : command}`

/** What any step may meet, whatever its module knows of it. dash, Debian's sh, says no more of a full disk than `I/O error`. */
const ofAnyStep = (text: string): { cause: string; fix: string } | undefined =>
  /No space left on device|Disk quota exceeded|printf: I\/O error/i.test(text)
    ? { cause: 'The disk is full, or a quota is used up.', fix: systemFix(text)! }
    : undefined

/** A step that failed: what it was, its exit status and its last lines; by its cause where that is known. */
export const stepFailure = (line: Line, command: string, output: Output): Failure => {
  const said = `${output.stderr}\n${output.stdout}`
  const found = line.diagnose?.(said) ?? ofAnyStep(said)
  const fix = found?.fix ?? systemFix(output.stderr.toString())
  return {
    reason: 'host-step',
    what: found?.cause ?? `A step failed with exit status ${output.status}.`,
    why: [shown(command), tail(output.stdout), tail(output.stderr)].filter(text => text !== '').join('\n'),
    ...(fix === undefined ? {} : { fix }),
    origin: line.node.task.origin,
  }
}

/** The statuses of a program that `timeout` has ended: by its own word, by the signal, killed. */
const OVERDUE = [124, 137, 143]

/** A program that took longer than its task lets it; undefined where it ended otherwise. */
export const overdueFailure = (line: Line, command: string, seconds: number, output: Output): Failure | undefined =>
  OVERDUE.includes(output.status)
    ? {
        reason: 'host-step',
        what: `It was not done within ${seconds} s and has been ended.`,
        why: [shown(command), tail(output.stdout), tail(output.stderr)].filter(text => text !== '').join('\n'),
        fix: 'Give it more time (async, timeout), or look into what it waits for.',
        origin: line.node.task.origin,
      }
    : undefined

/** What a user said of a command is not so: in the module's words, with what the command said. */
export const expectFailure = (
  { node: { task } }: Line,
  { what, why, fix }: { what: string; why?: string; fix: string },
  output: { stdout: string; stderr: string } | undefined,
): Failure => {
  const said = [output?.stdout, output?.stderr].map(text => tail(text ?? '')).filter(text => text !== '')
  const lines = [...(why === undefined ? [] : [why]), ...(said.length > 0 ? [`It said: ${said.join('\n')}`] : [])]
  return {
    reason: 'host-step',
    what,
    ...(lines.length > 0 ? { why: lines.join('\n') } : {}),
    fix,
    origin: task.origin,
  }
}

/** The program that looks over a new file has refused it, or could not be run. */
export const refusedFailure = (line: Line, path: string, check: string[], output: Output): Failure => {
  const said = [output.stdout, output.stderr].map(tail).filter(text => text !== '')
  const isMissing = /not found/.test(said.join('\n').split('\n').at(-1) ?? '')
  return {
    reason: 'host-step',
    what: `${path} is left as it is: \`${quoted(check)}\` does not let the new content pass.`,
    ...(said.length === 0 ? {} : { why: said.join('\n') }),
    fix: isMissing
      ? `Install ${check[0]} in an earlier task, or name another program in validate.`
      : 'Correct what is to be put there; %s was a file with the new content, beside the old one.',
    origin: line.node.task.origin,
  }
}

/** A step that printed more than is kept. */
export const longOutputFailure = (line: Line, command: string): Failure => ({
  reason: 'host-step',
  what: 'A step printed more than 16 MiB.',
  why: shown(command),
  fix: 'It has run to its end. Let it print less, or to a file.',
  origin: line.node.task.origin,
})

/** What the parser says of a file that is no JSON may quote a secret: it is not told. */
export const noJsonFailure = (line: Line, path: string): Failure => ({
  reason: 'host-step',
  what: `${path} is no JSON.`,
  fix: 'Mend it, or put its last good version back.',
  origin: line.node.task.origin,
})

/** What a line that has run promises cannot be looked at. */
export const lostFailure = ({ machine, node }: Line): Failure => ({
  reason: 'host-lost',
  what: `${machine} was lost in the middle of "${node.task.name}".`,
})

/** Steps have run, and planned again the line would fail. */
export const failedAgain = ({ why, fix }: Line, { node }: Line): Failure => ({
  reason: 'task-failed',
  what: why ?? 'It failed.',
  ...(fix ? { fix } : {}),
  origin: node.task.origin,
})

/** What the plan was made from is not there any more, and the task would do something else with what is. */
export const movedFailure = ({ node }: Line, paths: string[], sides?: [shown: string, now: string]): Failure => ({
  reason: 'plan-moved',
  what: `${paths.join(', ')} changed after the plan was made, and was left as it is now.`,
  ...(sides ? { why: `planned: ${sides[0]}\nnow: ${sides[1]}` } : {}),
  fix: 'Look at what is there and at what wrote to it, then make the plan again: it is made over what is there then.',
  origin: node.task.origin,
})

/** Something writes to it again and again. */
export const restlessPathFailure = ({ node }: Line, path: string, times: number): Failure => ({
  reason: 'host-settle',
  what: `${path} changed each time before it could be replaced.`,
  why: `It was read and planned ${times} times, and each time it was something else by then.`,
  fix: 'Stop what writes to it, or run again when it is quiet.',
  origin: node.task.origin,
})

export const brokenPromiseFailure = ({ node: { task } }: Line, why: string): Failure => ({
  reason: 'module-broke-promise',
  what: `${task.module} did not do what it planned.`,
  why,
  fix: 'Run again: the host may have changed meanwhile, such as by a restart of what it asks. If it stays, it is a mistake of the module: report it.',
  origin: task.origin,
})

/** A failure that only came to light when other lines had run behind it: it names them. */
export const withRunBehind = (failure: Failure, lines: Line[]): Failure =>
  lines.length === 0
    ? failure
    : {
        ...failure,
        why: [
          failure.why,
          `The host's own test of it held, so that these have run behind it: ${lines.map(({ id }) => id).join(', ')}.`,
        ]
          .filter(text => text !== undefined)
          .join('\n'),
      }

/** What is known when a wait has ended in vain. */
type WaitEnd = {
  /** What it came to: `failed` is what planning again said; `hopeless` why waiting on was useless. */
  failed: Failure
  hopeless: string | undefined
  /** What was seen last: what is still missing. */
  state: string
  /** The last lines of the log. */
  log: string
}

/** What was looked at and found, whatever the cause is taken for. */
const measuredIn = (log: string): string[] => log.split('\n').filter(text => text.startsWith('measured: '))

/** A wait that did not come true: by its cause where the module knows it, else with what was seen and the log. */
export const waitFailure = (line: Line, { failed, hopeless, state, log }: WaitEnd): Failure => {
  const hasFailed = failed.reason === 'task-failed'
  const { task } = line.node
  const seemed =
    hopeless ?? (hasFailed ? failed.what : `${task.name}: it did not come true within ${line.settle?.seconds ?? 0} s.`)
  const found = line.diagnose?.([hopeless ?? '', log, state].join('\n'))
  // How a unit is run is for the commands of a fix, not for people.
  const told = log
    .split('\n')
    .filter(text => !text.startsWith('runs: '))
    .join('\n')
  const what = found?.cause ?? seemed
  const fix = found?.fix ?? (hasFailed ? failed.fix : undefined)
  const lines = found
    ? [seemed, ...new Set([found.said, ...measuredIn(log), ...(hopeless === undefined ? state.split('\n') : [])])]
    : [state, told]
  return {
    reason: 'host-settle',
    what,
    why: lines.filter(text => text !== '' && text !== what).join('\n'),
    ...(fix === undefined ? {} : { fix }),
    origin: task.origin,
  }
}

/** A value that no host which takes part hands out. */
export const unmadeFailure = ({ host, node }: Line): Failure => ({
  reason: 'module-bug',
  what: `No host that takes part hands out what ${host} needs.`,
  origin: node.task.origin,
})

/** A gate between turns that cannot be decided there. */
export const gateFailure = ({ node: { task }, needs }: Line): Failure => ({
  reason: 'playbook-reference',
  what: `"${task.slug}" cannot be passed between turns: it is only known after ${needs}.`,
  fix: 'Put that task before the rolling one, or leave this one out of "rolling".',
  origin: task.origin,
})
