import type { Event } from '../core/event.ts'
import type { Paint } from './paint.ts'

/** A view of the events. The last one it is given is the summary; texts in them are safe to print. */
export type Reporter = (event: Event) => void

/** Where a reporter writes: whole lines, to stdout or stderr. */
export type Sink = { out(text: string): void; err(text: string): void }

/** How much a person wants to read, and in which colours. */
export type TextOptions = { diff: 'show' | 'hide'; verbosity: 'changes' | 'all'; paint: Paint }
