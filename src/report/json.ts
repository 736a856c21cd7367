import type { Event } from '../core/event.ts'
import type { Reporter } from './reporter.ts'

/** JSON leaves these as they are; a terminal that shows the lines would obey them. */
const CONTROL = /[\x7f-\x9f\u2028\u2029]/g
const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

const jsonLine = (event: Event): string => JSON.stringify(event).replace(CONTROL, escaped)

/** One event per line, for programs: exactly what was emitted. */
export const createJson =
  (out: (text: string) => void): Reporter =>
  event =>
    out(`${jsonLine(event)}\n`)
