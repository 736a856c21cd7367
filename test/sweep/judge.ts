import { type Failure, Refusal } from '../../src/core/failure.ts'
import type { Kind } from './kinds.ts'

/** What an input did that none may do; undefined where it was read, or refused as it should be. */
export type Fault = { what: string; why: string }

/** Milliseconds of computing, whatever else the machine does meanwhile. */
export const MOST_MS = 1000
/** Bytes outside of the heap, whose own limit is the thread's. */
const MOST_BYTES = 300_000_000

const textOf = ({ what, why = '', fix = '' }: Failure): string => `${what}\n${why}\n${fix}`

/** A failure says where it is: by a place in a file, or by the file. */
const isPlaced = (failure: Failure, name: string): boolean =>
  (failure.origin !== undefined && failure.origin.line >= 1 && failure.origin.column >= 1) ||
  textOf(failure).includes(name)

/** CPU milliseconds of this thread. */
const computing = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const faultIn = (error: unknown, kind: Kind): Fault | undefined => {
  if (!(error instanceof Refusal))
    return {
      what: 'ends in a bug',
      why: error instanceof Error ? `${error.stack ?? error}`.slice(0, 1500) : String(error),
    }
  if (error.failures.length === 0) return { what: 'is refused without a word', why: '' }
  const lost = error.failures.find(failure => kind.place !== undefined && !isPlaced(failure, kind.place))
  return lost && { what: 'is refused without a place', why: `${lost.reason}: ${textOf(lost).slice(0, 500)}` }
}

/** Reads one input as the program does, and says what is wrong with how that went. */
export const judged = async (kind: Kind, input: Buffer): Promise<Fault | undefined> => {
  const began = computing()
  let fault: Fault | undefined
  try {
    await kind.read(input)
  } catch (error) {
    fault = faultIn(error, kind)
  }
  if (fault) return fault
  const took = computing() - began
  if (took > MOST_MS) return { what: 'takes too long', why: `${Math.round(took)} ms` }
  const { arrayBuffers } = process.memoryUsage()
  return arrayBuffers > MOST_BYTES ? { what: 'takes too much memory', why: `${arrayBuffers} bytes` } : undefined
}
