import { readdirSync, readFileSync } from 'node:fs'
import { connectFailure, NO_DESCRIPTORS } from '../connection/connection-errors.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'

/** What else is opened beside connections: key files, known_hosts, a file that is sent, pipes. */
const RESERVE = 24

/** How many connections this process may still have, as far as the system tells (Linux). */
export const connectionsLeft = (): number => {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    if (limit === undefined) return Number.POSITIVE_INFINITY
    return Math.max(1, Number(limit) - readdirSync('/proc/self/fd').length - RESERVE)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Whether a connection could not be made because this process may open no further file. */
export const isOutOfDescriptors = (error: unknown): boolean =>
  error instanceof Refusal && error.failures[0]?.why === NO_DESCRIPTORS

/** The failure of a host for which no connection can be closed, since all are needed to the end of the run. */
export const noDescriptors = (target: Target): Failure =>
  connectFailure(target, Object.assign(new Error(NO_DESCRIPTORS), { code: 'EMFILE' }))

/** What is said of it, once. */
export const fewerConnections = (most: number, hosts: number): string =>
  `only ${most} of ${hosts} connections can be open at once here, since this process may open no more files: those that wait are closed and made again. \`ulimit -n ${Math.max(4096, hosts * 4)}\` before it allows more.`
