import type { Wire } from './shell.ts'

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
