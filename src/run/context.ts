import type { Known } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import type { Environment } from '../plan/plan.ts'
import type { Walk } from '../plan/walk-state.ts'
import type { Leases } from './lease.ts'
import type { StepValues } from './step-script.ts'

/** What a run is given: what is known, the outside, the machines it may change, and what ends it. */
export type RunParts = Environment & {
  known: Known
  leases: Leases
  /** Plans everything anew, from what has been read by then. */
  again(): Promise<Walk>
  signal: AbortSignal
}

/** What a run carries besides: what lines have come to, secrets in memory, and who waits for whom. */
export type RunContext = RunParts & {
  /** What lines register, as planned or done last: all that is planned on the way shares it. */
  walk: Walk
  memory: StepValues
  /** Resolves at the next change of anything: hosts wait for each other by it, never by time. */
  changed(): Promise<void>
  wake(): void
  /** When lines have begun and ended, in milliseconds, as far as the host has told so. */
  started: Map<string, number>
  ended: Map<string, number>
  /** Lines that have been sent to their machine and are not dealt with yet, and whether their steps are known to have begun. */
  underWay: Map<string, { line: Line; begun: boolean }>
  /** Every line as the plan had it. */
  planned: Map<string, Line>
  /** The lines of each node on each host (`host/task`), as planned last. */
  lines: Map<string, Line[]>
  /** What gates have already changed between turns: their tasks, in their own place, are told as changed. */
  gated: Map<string, Line>
  /** Lines whose steps have run, and when by the clock of their machine's answers. */
  ran: { line: Line; at: number }[]
  /** What was not as it was read when its turn came, as `MACHINE KEY`; and the paths that each line has met so. */
  moved: { keys: Set<string>; met: Map<string, string[]> }
  /** Machines that wait for another; emptied by every change. */
  waiting: Set<string>
}

export const createRunContext = (parts: RunParts, walk: Walk): RunContext => {
  let { promise, resolve } = Promise.withResolvers<void>()
  const waiting = new Set<string>()
  return {
    ...parts,
    walk,
    memory: new Map(),
    started: new Map(),
    ended: new Map(),
    underWay: new Map(),
    planned: new Map(walk.planned.flatMap(({ lines }) => lines).map(line => [line.id, line])),
    lines: new Map(),
    gated: new Map(),
    ran: [],
    moved: { keys: new Set(), met: new Map() },
    waiting,
    changed: () => promise,
    wake: () => {
      waiting.clear()
      resolve()
      ;({ promise, resolve } = Promise.withResolvers<void>())
    },
  }
}
