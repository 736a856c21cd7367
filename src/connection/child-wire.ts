import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { ProgramEnd, Wire } from './link.ts'

/** Resolves when a child process runs; rejects when it cannot be started. */
export const started = (child: ChildProcessWithoutNullStreams): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve).once('error', reject)
  })

/** Signals a program and all that it has started, unless they have a process group of their own. */
export const signalGroup = ({ pid }: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}

/**
 * The wire to a child process. It is over when the process has ended and nobody holds its outputs any more; one that a
 * signal has ended has no status. `end` says what an end means.
 */
export const childWire = (
  child: ChildProcessWithoutNullStreams,
  end: (status: number | undefined) => ProgramEnd | Promise<ProgramEnd>,
): Wire & { hangUp(): void } => {
  const streams = [child.stdin, child.stdout, child.stderr]
  for (const stream of streams) stream.on('error', () => {})
  const hangUp = (): void => {
    for (const stream of streams) stream.destroy()
  }
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed: new Promise(resolve => child.once('close', status => resolve(end(status ?? undefined)))),
    cut: () => {
      hangUp()
      child.kill('SIGKILL')
    },
    hangUp,
  }
}
