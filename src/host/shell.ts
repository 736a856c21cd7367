import { randomBytes } from 'node:crypto'
import type { ProgramEnd, Wire } from '../connection/link.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import { oneAtATime } from '../core/one-at-a-time.ts'
import type { Fragment, OnBytes, Output } from '../core/transport.ts'
import { frameText } from './frame.ts'
import { readFrames } from './frame-reader.ts'
import { type OnOutput, type RunningFrame, runningText, startFrame } from './running-frame.ts'

/**
 * What is known when a shell ends unasked. `started`: it had answered before. `said`: what stands on its
 * streams without a mark, stderr first; before the start that is what the login or sudo had to say.
 */
export type ShellLoss = { started: boolean; said: string; ending: ProgramEnd; doing?: string }

/** A persistent `sh` at the other end of a wire: frames of fragments, one after another. */
export type Shell = {
  run(fragments: Fragment[], onOutput?: OnOutput, onBytes?: OnBytes): Promise<Output[]>
  readonly roundTrips: number
  /** Its process number on the host, as the first frame tells it; 0 before. */
  readonly pid: number
  /** Ends it at once. Frames still asked for are rejected, with the given reason if there is one. */
  close(failure?: Failure): void
  /**
   * Lets it end by itself: what runs is told to end (see frame.ts), and its frame is rejected (`run-interrupted`) when the
   * host has told all that came before. Resolves then.
   */
  end(): Promise<void>
}

/** How long what only reads may take, unless it is said: 10 minutes are 100 GB that are hashed, or a disk that is gone. */
export const ANSWER_SECONDS = 600

/** The failure when a shell has ended during a frame, or between two. */
export const connectionClosed = (name: string, { ending, doing }: ShellLoss): Failure => ({
  reason: 'host-lost',
  what: doing
    ? `the connection to ${name} broke while ${doing} ran there: what it has done is not known`
    : `the connection to ${name} is closed`,
  why: ending.why ?? 'the shell on the host ended by itself',
  fix: 'run the same command again: it reads what is there and does what is missing',
})

const zeroByte = (name: string, fragments: Fragment[]): Failure | undefined => {
  const index = fragments.findIndex(({ sh }) => sh.includes('\0'))
  if (index < 0) return undefined
  return {
    reason: 'host-step',
    what: `script ${index + 1} of a round trip to ${name} holds a zero byte, which no shell can take`,
  }
}

const interrupted = (name: string): Failure => ({
  reason: 'run-interrupted',
  what: `what ran on ${name} was told to end`,
})

/** The end that runbook itself makes. */
const CLOSED: ShellLoss = { started: true, said: '', ending: { why: 'runbook closed it' } }

/**
 * `answerSeconds`: how long what only reads may take; what is a step, or a command of a user's, takes as long as it takes.
 * `abandon` is called with the failure of a host that nothing is believed of any more; by default the wire is cut.
 */
type ShellLimits = { answerSeconds?: number | undefined; abandon?: (failure: Failure) => void }

/**
 * Frames over a wire (see frame.ts for their text). A frame is over when its end mark has come on both streams.
 * `explain` gives the failure when the shell ends unasked; by default it is `host-lost`.
 *
 * `run` rejects with a Refusal: `host-lost` (or what `explain` says) when the shell ends in the middle, when a
 * fragment prints more than 1 GiB, or when an answer does not come; `host-protocol` when what comes is none; `host-step`
 * when a fragment cannot be sent. Of more than 16 MiB only the end is kept.
 */
export const openShell = (
  name: string,
  wire: Wire,
  explain: (loss: ShellLoss) => Failure = loss => connectionClosed(name, loss),
  { answerSeconds = ANSWER_SECONDS, abandon = () => wire.cut() }: ShellLimits = {},
): Shell => {
  const nonce = randomBytes(16).toString('hex')
  const inTurn = oneAtATime()
  let roundTrips = 0
  let lost: Failure | undefined
  let isEnding = false

  const lose = (failure: Failure) => {
    lost ??= failure
    reader.stop()?.done.reject(new Refusal(lost))
    wire.stdin.end()
  }
  const reader = readFrames(name, nonce, wire, answerSeconds, failure => {
    lose(failure)
    abandon(failure)
  })
  // A write into a connection that has just ended: `closed` reports that.
  wire.stdin.on('error', () => {})
  wire.closed.then(ending => {
    // Where the connection itself has ended something of what was told may be missing.
    if (isEnding && ending.why === undefined) lose(interrupted(name))
    const { started, current } = reader
    lose(lost ?? explain({ started, said: reader.said(), ending, ...(current && { doing: runningText(current) }) }))
  })

  const begin = (fragments: Fragment[], onOutput?: OnOutput, onBytes?: OnBytes): RunningFrame => {
    const refusal = lost ?? (isEnding ? interrupted(name) : zeroByte(name, fragments))
    if (refusal) throw new Refusal(refusal)
    roundTrips += 1
    const frame = startFrame(roundTrips, fragments, onOutput, onBytes)
    reader.begin(frame)
    wire.stdin.write(frameText(nonce, roundTrips, fragments))
    return frame
  }

  /** Nothing is sent while a frame runs, also where whoever has sent it does not want to know any more. */
  const send = (...frame: Parameters<typeof begin>): Promise<Output[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<Output[]>()
    inTurn(async () => {
      const begun = begin(...frame)
      begun.done.promise.then(resolve, reject)
      await begun.over.promise
    }).catch(reject)
    return promise
  }

  return {
    run: (fragments, onOutput, onBytes) =>
      fragments.length === 0 ? Promise.resolve([]) : send(fragments, onOutput, onBytes),
    get roundTrips() {
      return roundTrips
    },
    get pid() {
      return reader.pid
    },
    close: failure => lose(lost ?? failure ?? connectionClosed(name, CLOSED)),
    end: async () => {
      isEnding = true
      const running = reader.current?.done.promise
      wire.stdin.end()
      await running?.catch(() => {})
    },
  }
}
