import type { Emit } from '../core/event.ts'
import { exit } from '../core/exit.ts'
import { createReport } from '../report/report.ts'
import type { Journal } from '../run/journal.ts'
import { type Connected, connect, tripsOf } from './connect.ts'
import { type Doing, go, type Told } from './doing.ts'
import { type Asked, prepare } from './prepare.ts'
import { askedFor, remember } from './remember.ts'
import { interruptible, reading, type Shown, telling } from './telling.ts'

/** `runbook plan`, `apply` and `explain`: one path, gone to different ends. Returns the exit code. */
export const runPlaybook = async (doing: Doing, playbook: string, options: Asked & Shown): Promise<number> => {
  let journal: Journal | undefined
  let prepared: Connected | undefined
  const to = reading(options, doing.command)
  const report = createReport({ ...to, journal: line => journal?.write(line) })
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
    // What is refused before anything begins is no run.
    if (doing.command === 'apply') journal = remember()
    return go(doing, prepared, emit, signal, {
      ...(journal ? { run: journal.id } : {}),
      asked: askedFor(playbook, prepared.asked),
    })
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

const interrupted = (command: string, underWay: Set<string>): Told => ({
  exit: exit.interrupted,
  failures: [
    {
      reason: 'run-interrupted',
      what: `The ${command} was interrupted.`,
      ...(underWay.size > 0
        ? { why: `Under way: ${[...underWay].join(', ')}. What ran there has been told to end.` }
        : {}),
      ...(command === 'apply' ? { fix: 'Every file is whole; run it again to go on.' } : {}),
    },
  ],
})
