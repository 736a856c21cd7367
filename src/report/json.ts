import { inUnits, UNSEEN } from './printable.ts'
import type { Reporter } from './reporter.ts'

/** JSON whose texts fool no viewer: what is not seen is escaped, so a terminal that shows it obeys nothing. */
export const jsonText = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replace(UNSEEN, inUnits)

/** One event per line, for programs: exactly what was emitted. */
export const createJson =
  (out: (text: string) => void): Reporter =>
  event =>
    out(`${jsonText(event)}\n`)
