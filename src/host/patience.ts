import type { Wire } from '../connection/link.ts'
import type { Failure } from '../core/failure.ts'
import type { Shell } from './shell.ts'

/** How much of what a login prints is looked at for its last words. */
const WORDS = 4096

/**
 * The `run` of a shell that has so many milliseconds to begin with the first frame, since a file of the login may wait for
 * what never comes, or read what is meant for the shell. Then it is closed: `failure` is given what was printed.
 */
export const runInTime = (shell: Shell, wire: Wire, ms: number, failure: (said: string) => Failure): Shell['run'] => {
  let said = ''
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-WORDS)
  }
  const late = (): void => {
    stop()
    if (shell.pid !== 0) return
    shell.close(failure(said))
    wire.cut()
  }
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearTimeout(timer)
    for (const stream of [wire.stdout, wire.stderr]) stream.off('data', listen)
  }
  return (fragments, onOutput, onBytes) => {
    const frame = shell.run(fragments, onOutput, onBytes)
    if (timer) return frame
    timer = setTimeout(late, ms).unref()
    for (const stream of [wire.stdout, wire.stderr]) stream.on('data', listen)
    frame.then(stop, stop)
    return frame
  }
}
