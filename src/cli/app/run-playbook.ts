import type { Emit, Event, RunRequest } from '../../core/event.ts'
import type { Redactor } from '../../report/redact.ts'
import { createReport, type Report } from '../../report/report.ts'
import type { Journal } from '../../run/journal.ts'
import { type Action, type Executed, execute } from './execute.ts'
import { type PlaybookOptions, prepare } from './prepare.ts'
import { runRequestOf, startRunRecord } from './run-record.ts'
import { roundTripsOf, type WithTargets, warnOfKeys, withTargets } from './targets.ts'
import { endedBy, interruptible, reportOptionsFor, type Shown, withReport } from './with-report.ts'

/** What a run has opened so far: closed when it ends, however it ends. */
type Opened = { journal?: Journal; connected?: WithTargets }

/** Where its output goes, and what ends it. */
type Surroundings = { report: Report; redact: Redactor; signal: AbortSignal; events: Event[] }

/** What is still told once a run is interrupted: how far it has come. That connections end is our own doing. */
const afterwards = new Set<Event['type']>(['running', 'message', 'result'])

/** Emits what happens; `notKnown` are the lines that were at work when the run was interrupted. */
const untilInterrupted = ({ report, signal }: Surroundings): { emit: Emit; notKnown: Set<string> } => {
  const notKnown = new Set<string>()
  const emit: Emit = event => {
    if (signal.aborted && !afterwards.has(event.type)) return
    if (signal.aborted && event.type === 'result' && event.status === 'unverified') notKnown.add(event.node)
    report.emit(event)
  }
  return { emit, notKnown }
}

const carryOut = async (
  action: Action,
  playbook: string,
  options: PlaybookOptions,
  surroundings: Surroundings,
  opened: Opened,
  emit: Emit,
): Promise<Executed> => {
  const { report, redact, signal, events } = surroundings
  const prepared = await prepare(playbook, options, { secrets: redact, emit: report.emit, signal })
  const connected = await withTargets(prepared, { secrets: redact, signal, emit })
  opened.connected = connected
  const out = action.command === 'plan' ? action.out : undefined
  const save =
    out === undefined ? undefined : (await import('./save-plan.ts')).prepareToSave(out, playbook, connected, redact)
  // A run record begins once nothing of the input is refused any more.
  const journal = action.command === 'apply' && !action.isForgotten ? startRunRecord() : undefined
  if (journal) opened.journal = journal
  const done = await execute(action, connected, {
    emit,
    signal,
    about: {
      ...(journal ? { run: journal.id } : {}),
      asked: { ...runRequestOf(playbook, connected.asked), ...appliedBy(action) },
    },
  })
  await warnOfKeys(connected, emit)
  if (done.walk && !signal.aborted) save?.(connected, done.walk, events)
  return done
}

/** `runbook plan`, `apply`, `explain` and `drift`: one path, with different ends. Returns the exit code. */
export const runPlaybook = async (
  action: Action,
  playbook: string,
  options: PlaybookOptions & Shown,
): Promise<number> => {
  const opened: Opened = {}
  const to = reportOptionsFor(options, action.command)
  const events: Event[] = []
  const isSaved = action.command === 'plan' && action.out !== undefined
  const report = createReport({
    ...to,
    journal: line => void (isSaved ? events.push(JSON.parse(line)) : opened.journal?.write(line)),
  })
  const { signal, release } = interruptible(() => void opened.connected?.pool.closeAll())
  const surroundings = { report, redact: to.redact, signal, events }
  const { emit, notKnown } = untilInterrupted(surroundings)
  const trips = (): Record<string, number> => roundTripsOf(opened.connected)
  const carriedOut = async (): Promise<Executed> => {
    const done = await carryOut(action, playbook, options, surroundings, opened, emit).catch(error => {
      if (!signal.aborted) throw error
      return {}
    })
    return signal.aborted ? interrupted(opened.journal !== undefined, endedBy(signal, action.command), notKnown) : done
  }
  try {
    return await withReport(report, async () => report.finish({ ...(await carriedOut()), roundTrips: trips() }), trips)
  } finally {
    release()
    await opened.connected?.pool.closeAll()
    opened.journal?.close()
  }
}

/** The plan file that a run applies, as it is remembered. */
const appliedBy = (action: Action): Pick<RunRequest, 'plan' | 'refresh'> => {
  if (action.command !== 'apply' || !action.saved) return {}
  const { file, expected } = action.saved
  return { plan: file, ...(expected.moved === 'refresh' ? { refresh: true } : {}) }
}

/** Before there is a run record there is nothing to go on with. */
const interrupted = (isRecorded: boolean, ended: ReturnType<typeof endedBy>, notKnown: Set<string>): Executed => ({
  exit: ended.exit,
  failures: [
    {
      reason: 'run-interrupted',
      what: ended.what,
      ...(notKnown.size > 0
        ? {
            why: `Under way: ${[...notKnown].join(', ')}. What ran there was told to end: what it has done is not known.`,
          }
        : {}),
      ...(isRecorded ? { fix: 'Every file is whole; `runbook resume` goes on, with the handlers that are due.' } : {}),
    },
  ],
})
