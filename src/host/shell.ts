import { randomBytes } from 'node:crypto'
import type { ProgramEnd, Wire } from '../connection/link.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import { oneAtATime } from '../core/one-at-a-time.ts'
import type { Fragment, OnBytes, Output } from '../core/transport.ts'
import { BEGIN_TAG, frameText } from './frame.ts'
import { createFrameParser, type Mark } from './frame-parser.ts'
import {
  addMark,
  type OnOutput,
  type OutputStreamName,
  passBytes,
  type RunningFrame,
  runningText,
  startFrame,
} from './running-frame.ts'

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

/** The most that is kept of what one fragment prints on one of its streams. */
export const OUTPUT_CAP = 16 * 1024 * 1024
/** The most it may print there: whatever prints more does not end by itself. */
const OUTPUT_END = 1024 * 1024 * 1024

/** The failure when a shell has ended during a frame, or between two. */
export const connectionClosed = (name: string, { ending, doing }: ShellLoss): Failure => ({
  reason: 'host-lost',
  what: doing
    ? `the connection to ${name} broke while ${doing} ran there: what it has done is not known`
    : `the connection to ${name} is closed`,
  why: ending.why ?? 'the shell on the host ended by itself',
  fix: 'run the same command again: it reads what is there and does what is missing',
})

const tooMuch = (name: string, index: number): Failure => ({
  reason: 'host-lost',
  what: `script ${index + 1} of a round trip to ${name} printed more than ${OUTPUT_END / 1024 / 1024} MiB`,
  why: 'the connection was closed to stop it: what it has done is not known',
  fix: 'let the command print less, or to a file',
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
 * Frames over a wire (see frame.ts for their text). A frame is over when its end mark has come on both streams.
 * `explain` gives the failure when the shell ends unasked; by default it is `host-lost`.
 *
 * `run` rejects with a Refusal: `host-lost` (or what `explain` says) when the shell ends in the middle, or when a
 * fragment prints more than 1 GiB; `host-step` when a fragment cannot be sent. Of more than 16 MiB only the end is
 * kept.
 */
export const openShell = (
  name: string,
  wire: Wire,
  explain: (loss: ShellLoss) => Failure = loss => connectionClosed(name, loss),
): Shell => {
  const nonce = randomBytes(16).toString('hex')
  const inTurn = oneAtATime()
  let roundTrips = 0
  let started = false
  let pid = 0
  let current: RunningFrame | undefined
  let lost: Failure | undefined
  let isEnding = false

  const lose = (failure: Failure) => {
    lost ??= failure
    current?.done.reject(new Refusal(lost))
    current = undefined
    wire.stdin.end()
  }
  const onMark = (stream: OutputStreamName) => (mark: Mark) => {
    if (!current || mark.frame !== current.number) return
    started = true
    if (mark.tag === BEGIN_TAG) pid ||= mark.status
    if (addMark(current, stream, mark)) current = undefined
  }
  const parserOf = (stream: OutputStreamName) =>
    createFrameParser(nonce, OUTPUT_CAP, onMark(stream), bytes => passBytes(current, stream, bytes))
  const parsers = { stdout: parserOf('stdout'), stderr: parserOf('stderr') }
  for (const stream of ['stdout', 'stderr'] as const) {
    wire[stream].on('data', (chunk: Buffer) => {
      // After a loss the stream is still drained: a channel that is not read never closes.
      if (lost || parsers[stream].push(chunk) <= OUTPUT_END) return
      lose(tooMuch(name, current?.[stream].length ?? 0))
      wire.cut()
    })
    wire[stream].on('error', () => {})
  }
  // A write into a connection that has just ended: `closed` reports that.
  wire.stdin.on('error', () => {})
  wire.closed.then(ending => {
    // Where the connection itself has ended something of what was told may be missing.
    if (isEnding && ending.why === undefined) lose(interrupted(name))
    const said = parsers.stderr.rest().toString() || parsers.stdout.rest().toString()
    lose(lost ?? explain({ started, said, ending, ...(current && { doing: runningText(current) }) }))
  })

  const send = async (fragments: Fragment[], onOutput?: OnOutput, onBytes?: OnBytes): Promise<Output[]> => {
    const refusal = lost ?? (isEnding ? interrupted(name) : zeroByte(name, fragments))
    if (refusal) throw new Refusal(refusal)
    roundTrips += 1
    current = startFrame(roundTrips, fragments.length, onOutput, onBytes)
    wire.stdin.write(frameText(nonce, roundTrips, fragments))
    return current.done.promise
  }

  return {
    run: (fragments, onOutput, onBytes) =>
      fragments.length === 0 ? Promise.resolve([]) : inTurn(() => send(fragments, onOutput, onBytes)),
    get roundTrips() {
      return roundTrips
    },
    get pid() {
      return pid
    },
    close: failure => lose(lost ?? failure ?? connectionClosed(name, CLOSED)),
    end: async () => {
      isEnding = true
      const running = current?.done.promise
      wire.stdin.end()
      await running?.catch(() => {})
    },
  }
}
