import type { Emit, Event, RunRequest as Remembered } from '../../core/event.ts'
import { exit } from '../../core/exit.ts'
import { createReport } from '../../report/report.ts'
import type { Journal } from '../../run/journal.ts'
import { type Action, type Executed, execute } from './execute.ts'
import { type PlaybookOptions, prepare } from './prepare.ts'
import { runRequestOf, startRunRecord } from './run-record.ts'
import { roundTripsOf, type WithTargets, withTargets } from './targets.ts'
import { interruptible, reportOptionsFor, type Shown, withReport } from './with-report.ts'

/** `runbook plan`, `apply` and `explain`: one path, gone to different ends. Returns the exit code. */
export const runPlaybook = async (
  doing: Action,
  playbook: string,
  options: PlaybookOptions & Shown,
): Promise<number> => {
  let journal: Journal | undefined
  let prepared: WithTargets | undefined
  const to = reportOptionsFor(options, doing.command)
  const out = doing.command === 'plan' ? doing.out : undefined
  const events: Event[] = []
  const keep = (line: string): void => void events.push(JSON.parse(line))
  const report = createReport({ ...to, journal: line => (out === undefined ? journal?.write(line) : keep(line)) })
  const { signal, release } = interruptible(() => void prepared?.pool.closeAll())
  const underWay = new Set<string>()
  const emit: Emit = event => {
    if (signal.aborted) return
    if (event.type === 'running') underWay.add(event.node)
    if (event.type === 'result') underWay.delete(event.node)
    report.emit(event)
  }
  const trips = (): Record<string, number> => roundTripsOf(prepared)
  const inside = async (): Promise<Executed> => {
    const caller = { keepSecret: to.redact.add, emit: report.emit, signal }
    prepared = withTargets(await prepare(playbook, options, caller))
    const keeping =
      out === undefined ? undefined : (await import('./save-plan.ts')).prepareToSave(out, playbook, prepared, to.redact)
    // What is refused before anything begins is no run.
    if (doing.command === 'apply') journal = startRunRecord()
    const told = await execute(doing, prepared, emit, signal, {
      ...(journal ? { run: journal.id } : {}),
      asked: { ...runRequestOf(playbook, prepared.asked), ...appliedBy(doing) },
    })
    if (told.planned && !signal.aborted) keeping?.(prepared, told.planned, events)
    return told
  }
  const unlessInterrupted = async (): Promise<Executed> => {
    const told = await inside().catch(error => {
      if (!signal.aborted) throw error
      return {}
    })
    return signal.aborted ? interrupted(doing.command, underWay) : told
  }
  try {
    return await withReport(
      report,
      async () => report.finish({ ...(await unlessInterrupted()), roundTrips: trips() }),
      trips,
    )
  } finally {
    release()
    await prepared?.pool.closeAll()
    journal?.close()
  }
}

/** The plan file that a run applies, as it is remembered. */
const appliedBy = (doing: Action): Pick<Remembered, 'plan' | 'refresh'> => {
  if (doing.command !== 'apply' || !doing.saved) return {}
  const { file, held } = doing.saved
  return { plan: file, ...(held.moved === 'refresh' ? { refresh: true } : {}) }
}

const interrupted = (command: string, underWay: Set<string>): Executed => ({
  exit: exit.interrupted,
  failures: [
    {
      reason: 'run-interrupted',
      what: `The ${command} was interrupted.`,
      ...(underWay.size > 0
        ? { why: `Under way: ${[...underWay].join(', ')}. What ran there has been told to end.` }
        : {}),
      ...(command === 'apply'
        ? { fix: 'Every file is whole; `runbook resume` goes on, with the handlers that are due.' }
        : {}),
    },
  ],
})
