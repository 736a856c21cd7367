import type { Readable, Writable } from 'node:stream'

/** How a program's connection ended. Both are missing when the connection broke and no reason is known. */
export type ProgramEnd = { status?: number; why?: string }

/** The three streams of a running program, wherever it runs, and a promise of its end. */
export type Wire = {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  closed: Promise<ProgramEnd>
  /** Ends it from this side at once, without waiting for the program. */
  cut(): void
}

/**
 * A way to a machine over which programs are started, however it was made: everything above it (identities, frames,
 * uploads, the lease) is the same for all of them.
 */
export type Link = {
  /** By an ssh server, whose process there stands for the connection; or none, where nothing lies in between. */
  readonly by: 'ssh' | 'local'
  /**
   * Starts a line of the login shell, whichever that is. Rejects with the plain error of what made the link: `sessionRefusal`
   * says what it means where the link still stands.
   */
  start(line: string): Promise<Wire>
  /** Whether it stands, as far as is known here. */
  readonly stands: boolean
  /** What is known of the reason, once it does not. */
  why(): string
  /** Says goodbye and goes; nobody waits until the other side has gone too. Never rejects. */
  hangUp(): Promise<void>
}
