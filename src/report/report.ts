import type { Emit, Event, EventBody } from '../core/event.ts'
import { worstExit } from '../core/exit.ts'
import type { Failure } from '../core/failure.ts'
import { createApplyText } from './apply.ts'
import { censored } from './censor.ts'
import { createDriftText } from './drift.ts'
import { createExplainText } from './explain.ts'
import { createHostsText } from './hosts.ts'
import { createJson } from './json.ts'
import { colourPaint, plainPaint } from './paint.ts'
import { createPlanText } from './plan.ts'
import { createPlanningLines } from './planning.ts'
import type { Redactor } from './redact.ts'
import { redactEvent, withoutPrivate } from './redact-event.ts'
import type { Reporter, Sink } from './reporter.ts'
import { shownEvent } from './shown-event.ts'
import { createSummary, exitOf } from './summary.ts'
import { createTty } from './tty.ts'

/** A stream that output goes to; a terminal also knows its width. */
type OutputStream = NodeJS.WritableStream & { columns?: number }

export type ReportOptions = {
  format: 'text' | 'json'
  command: 'plan' | 'apply' | 'explain' | 'drift' | 'exec' | 'ping'
  diff: 'show' | 'hide'
  /** The content of files that others may not read. */
  privateDiff: 'show' | 'hide'
  verbosity: 'changes' | 'all'
  detailedExitcode: boolean
  /** Results: what `runbook … > file` keeps. */
  out: OutputStream
  /** Warnings and progress. */
  err: OutputStream
  /** `out` is a terminal: an apply may draw over its own lines. */
  tty: boolean
  colour: boolean
  redact: Redactor
  /** Where the run is remembered: whole lines, one event each. */
  journal?: (line: string) => void
  /** Milliseconds since the epoch. */
  clock?: () => number
}

/** What only the caller knows at the end: round trips, failures outside of any host, an exit code of its own. */
type ReportEnd = { roundTrips: Record<string, number>; exit?: number; failures?: Failure[] }

export type Report = {
  emit: Emit
  /** Ends the output with the summary, also of a run that never started, and says the exit code. Once is enough. */
  finish(ending: ReportEnd): number
}

/** Colour is for terminals, and for those who did not turn it off (https://no-color.org). */
export const wantsColour = (tty: boolean, asked: { noColor?: boolean }, env: NodeJS.ProcessEnv): boolean =>
  tty && !asked.noColor && !env.NO_COLOR && env.TERM !== 'dumb'

/** Everything that is printed goes through here, whoever composed it. */
const sinkOf = ({ out, err, redact }: ReportOptions): Sink => ({
  out: text => out.write(redact.text(text)),
  err: text => err.write(redact.text(text)),
})

const textReporter = (options: ReportOptions, sink: Sink): Reporter => {
  const { command, diff, verbosity, colour, tty } = options
  const reading = { diff, verbosity, paint: colour ? colourPaint : plainPaint }
  if (command === 'explain') return createExplainText(reading, sink)
  if (command === 'drift') return createDriftText(reading, sink)
  if (command === 'exec' || command === 'ping') return createHostsText(reading, sink)
  // Rows say by themselves how far planning has come.
  if (command === 'apply' && tty) return createTty(reading, sink, options)
  const planning = createPlanningLines(text => sink.err(`${text}\n`))
  const text = command === 'plan' ? createPlanText(reading, sink) : createApplyText(reading, sink)
  return event => {
    planning(event)
    text(event)
  }
}

/** A reporter for people is given texts that cannot move the cursor; JSON escapes such characters itself. */
const reporterOf = (options: ReportOptions): Reporter => {
  const sink = sinkOf(options)
  // Its events have gone through the redactor one by one; a line as a whole would no longer be JSON.
  if (options.format === 'json') return createJson(text => options.out.write(text))
  const reporter = textReporter(options, sink)
  return event => reporter(shownEvent(event))
}

/** Shows events that were remembered, as if they happened now. */
export const replay = (options: ReportOptions, events: Event[]): void => {
  const reporter = reporterOf(options)
  for (const event of events) reporter(event)
}

const peakRssMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

/**
 * The way from events to output. Events are numbered and timed here, and cleaned of secrets before any reporter sees
 * them: a secret that a reporter breaks over lines would no longer be found in what it writes.
 */
export const createReport = (options: ReportOptions): Report => {
  const { command, detailedExitcode, privateDiff, redact, clock = Date.now } = options
  const reporter = reporterOf(options)
  const remember = options.journal ? createJson(options.journal) : () => {}
  const summary = createSummary()
  const start = clock()
  let seq = 0
  let code: number | undefined
  const emit = (body: EventBody): void => {
    if (code !== undefined) return
    seq += 1
    const event: Event = { ...redactEvent(censored(body), redact), seq, time: clock() }
    remember(withoutPrivate(event, 'others may not read it, so it is not kept'))
    summary.add(event)
    reporter(privateDiff === 'show' ? event : withoutPrivate(event, 'others may not read it; --diff=private shows it'))
  }
  const finish = ({ roundTrips, exit, failures = [] }: ReportEnd): number => {
    if (code !== undefined) return code
    const outcome = summary.result({ command: command === 'apply' ? command : 'plan', detailedExitcode })
    const hosts = Object.fromEntries(
      Object.entries(outcome.hosts).map(([host, counts]) => [host, { ...counts, roundTrips: roundTrips[host] ?? 0 }]),
    )
    const result = worstExit([outcome.exit, ...(exit === undefined ? [] : [exit]), ...failures.map(exitOf)])
    emit({
      type: 'summary',
      exit: result,
      hosts,
      failures: [...outcome.failures, ...failures],
      wallMs: clock() - start,
      peakRssMb: peakRssMb(),
    })
    code = result
    return result
  }
  return { emit, finish }
}
