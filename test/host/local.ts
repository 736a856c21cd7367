import { spawn } from 'node:child_process'
import type { ProgramEnd, Wire } from '../../src/connection/link.ts'
import { Refusal } from '../../src/core/failure.ts'
import { inBusybox } from './busybox.ts'

/** A wire to a program on this machine. It has a session of its own, as an ssh server gives one. */
export type LocalWire = Wire & {
  pid: number
  ended: Promise<number | null>
  /** Its streams end, as where the controller is killed; the program goes on until it notices. */
  hangUp(): void
}

/** With `RUNBOOK_USERLAND=busybox` all that is started so finds itself where nothing but BusyBox is. */
export const localWire = (program = 'sh', ...args: string[]): LocalWire => {
  const [first, ...rest] = process.env.RUNBOOK_USERLAND === 'busybox' ? inBusybox(program, ...args) : [program, ...args]
  const child = spawn(first, rest, { stdio: 'pipe', detached: true })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  return {
    pid: child.pid!,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed: ended.then((status): ProgramEnd => (status === null ? {} : { status })),
    cut: () => {
      child.stdout.destroy()
      child.kill('SIGKILL')
    },
    hangUp: () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    },
    ended,
  }
}

/** The reasons a promise was refused for; anything but a Refusal goes on. */
export const reasonsOf = async (promise: Promise<unknown>): Promise<string[]> =>
  (await failuresOf(promise)).map(f => f.reason)

/** The failures a promise was refused with, or none when it was kept. */
export const failuresOf = async (promise: Promise<unknown>) => {
  try {
    await promise
    return []
  } catch (error) {
    if (error instanceof Refusal) return error.failures
    throw error
  }
}
