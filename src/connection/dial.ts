import { connect as openSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Target } from '../settings/target.ts'
import type { SshError } from './connection-errors.ts'

/** A stream on its way to a host, and what has gone wrong with it. */
export type Dialled = { socket: Duplex; error?: SshError }

/**
 * A socket of our own: without noDelay every exchange waits for Nagle (44 ms against 0.3 ms), ssh2's own `destroy` does
 * nothing to a socket that has been ended but whose other side stays silent, and it can be opened before ssh2 is there.
 */
export const dial = ({ host, port, family, bindAddress, timeoutSeconds }: Target): Dialled => {
  const from = { ...(family && { family }), ...(bindAddress && { localAddress: bindAddress }) }
  const socket = openSocket({ host, port, ...from, noDelay: true, keepAlive: true })
  const dialled: Dialled = { socket }
  socket.on('error', error => {
    dialled.error ??= error
  })
  // A machine that is up answers at once, whatever its load: its kernel answers, and is asked again after 1 and 3 s. So
  // after half of the time it counts as unreachable; the whole plan waits for it.
  const silent = (): void => void socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
  const timer = setTimeout(silent, timeoutSeconds * 500)
  socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
  return dialled
}
