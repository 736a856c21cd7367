import type { Emit, Event, Asked as Remembered } from '../../core/event.ts'
import { exit } from '../../core/exit.ts'
import { createReport } from '../../report/report.ts'
import type { Journal } from '../../run/journal.ts'
import { type Doing, go, type Told } from './execute.ts'
import { type Asked, prepare } from './prepare.ts'
import { askedFor, remember } from './run-record.ts'
import { type Connected, connect, tripsOf } from './targets.ts'
import { interruptible, reading, type Shown, telling } from './with-report.ts'

/** `runbook plan`, `apply` and `explain`: one path, gone to different ends. Returns the exit code. */
export const runPlaybook = async (doing: Doing, playbook: string, options: Asked & Shown): Promise<number> => {
  let journal: Journal | undefined
  let prepared: Connected | undefined
  const to = reading(options, doing.command)
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
  const trips = (): Record<string, number> => tripsOf(prepared)
  const inside = async (): Promise<Told> => {
    const caller = { keepSecret: to.redact.add, emit: report.emit, signal }
    prepared = connect(await prepare(playbook, options, caller))
    const keeping =
      out === undefined ? undefined : (await import('./save-plan.ts')).keeping(out, playbook, prepared, to.redact)
    // What is refused before anything begins is no run.
    if (doing.command === 'apply') journal = remember()
    const told = await go(doing, prepared, emit, signal, {
      ...(journal ? { run: journal.id } : {}),
      asked: { ...askedFor(playbook, prepared.asked), ...appliedBy(doing) },
    })
    if (told.planned && !signal.aborted) keeping?.(prepared, told.planned, events)
    return told
  }
  const unlessInterrupted = async (): Promise<Told> => {
    const told = await inside().catch(error => {
      if (!signal.aborted) throw error
      return {}
    })
    return signal.aborted ? interrupted(doing.command, underWay) : told
  }
  try {
    return await telling(
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
const appliedBy = (doing: Doing): Pick<Remembered, 'plan' | 'refresh'> => {
  if (doing.command !== 'apply' || !doing.saved) return {}
  const { file, held } = doing.saved
  return { plan: file, ...(held.moved === 'refresh' ? { refresh: true } : {}) }
}

const interrupted = (command: string, underWay: Set<string>): Told => ({
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
