import type { Wire } from '../connection/link.ts'
import { type Failure, notAnAnswer } from '../core/failure.ts'
import { BEGIN_TAG } from './frame.ts'
import { createFrameParser, type Mark } from './frame-parser.ts'
import { type Holder, occupy } from './room.ts'
import {
  addMark,
  awaitsAnswer,
  lieIn,
  type OutputStreamName,
  passBytes,
  patienceFor,
  type RunningFrame,
  runningText,
} from './running-frame.ts'

/** The most that is kept of what one fragment prints on one of its streams. */
export const OUTPUT_CAP = 16 * 1024 * 1024
/** The most it may print there: whatever prints more does not end by itself. */
const OUTPUT_END = 1024 * 1024 * 1024
/** The same of what answers us: an answer that is longer than what is kept of it is none. */
const ANSWER_END = 4 * OUTPUT_CAP
/** What may come where nothing was asked, or before a frame begins (a login's greeting), and how much of it is kept. */
const UNASKED_END = OUTPUT_CAP
const UNASKED_CAP = 64 * 1024

const MIB = 1024 * 1024

const tooMuch = (name: string, index: number, most: number): Failure => ({
  reason: 'host-lost',
  what: `script ${index + 1} of a round trip to ${name} printed more than ${most / MIB} MiB`,
  why: 'the connection was closed to stop it: what it has done is not known',
  fix: 'let the command print less, or to a file',
})

const noRoom = (name: string): Failure => ({
  reason: 'host-lost',
  what: `${name} printed more than there is room for`,
  why: 'all hosts together have printed more than 256 MiB that was not taken yet, and this one the most of it: the connection was closed',
  fix: 'let commands print less, or to a file; or work on fewer hosts at once (--forks)',
})

const late = (name: string, seconds: number, doing: string): Failure => ({
  reason: 'host-lost',
  what: `${name} has not answered for ${seconds} seconds: ${doing} did not end`,
  why: 'a disk or a network file system there may hang; or whoever answers there does not want to. The other hosts went on',
  fix: 'see there what hangs: `ps axo stat,wchan:20,args | grep ^D`. Where reading takes so long, say how long it may: ansible_command_timeout',
})

/** What a shell hears: the frame that runs, and all that comes on both streams, held against what was asked. */
export type FrameReader = {
  begin(frame: RunningFrame): void
  /** Lets go of the frame that runs, and hears nothing any more. */
  stop(): RunningFrame | undefined
  readonly current: RunningFrame | undefined
  /** Whether it has answered before, and with which process number. */
  readonly started: boolean
  readonly pid: number
  /** What stands on its streams without a mark, stderr first. */
  said(): string
}

/** How long it is waited for what is due: a timer that runs while something is, and begins anew for another time. */
const deadline = (expired: (seconds: number) => void) => {
  let timer: NodeJS.Timeout | undefined
  let running: number | undefined
  return (seconds?: number): void => {
    if (seconds === running) return
    clearTimeout(timer)
    running = seconds
    if (seconds !== undefined) timer = setTimeout(() => expired(seconds), seconds * 1000).unref()
  }
}

/** The most that may come on a stream before the next mark. */
const endOf = (frame: RunningFrame | undefined, stream: OutputStreamName): number => {
  if (!frame?.begun.has(stream)) return UNASKED_END
  return awaitsAnswer(frame) ? ANSWER_END : OUTPUT_END
}

/**
 * Reads the frames of a shell. Whatever is no mark that is due, more than may come, or comes too late, is told to `fault`
 * once, and nothing is heard from then on: it is the end of that host and of no other.
 */
export const readFrames = (
  name: string,
  nonce: string,
  wire: Wire,
  answerSeconds: number,
  fault: (failure: Failure) => void,
): FrameReader => {
  let current: RunningFrame | undefined
  let pid = 0
  let started = false
  let isDeaf = false

  const lied = (why: string): void => fault(notAnAnswer(`what ${name} says is no answer to what was asked`, why))
  const holder: Holder = { held: 0, burst: () => fault(noRoom(name)) }
  const expect = deadline(seconds => fault(late(name, seconds, current ? runningText(current) : 'it')))
  const onMark = (stream: OutputStreamName) => (mark: Mark) => {
    if (isDeaf) return
    const lie = current ? lieIn(current, stream, mark) : 'a mark came while nothing was asked'
    if (lie !== undefined) return lied(lie)
    started = true
    if (mark.tag === BEGIN_TAG && stream === 'stdout') pid ||= mark.status
    if (addMark(current!, stream, mark)) current = undefined
    // Each answer has its own time.
    if (mark.tag !== BEGIN_TAG) expect()
    expect(current && patienceFor(current, answerSeconds))
  }
  const parserOf = (stream: OutputStreamName) =>
    createFrameParser(
      nonce,
      () => (current?.begun.has(stream) ? OUTPUT_CAP : UNASKED_CAP),
      onMark(stream),
      bytes => passBytes(current, stream, bytes, fault),
    )
  const parsers = { stdout: parserOf('stdout'), stderr: parserOf('stderr') }
  const listen = (stream: OutputStreamName) => (chunk: Buffer) => {
    // After a loss the stream is still drained: a channel that is not read never closes.
    if (isDeaf) return
    const dropped = parsers[stream].push(chunk)
    if (isDeaf) return
    const most = endOf(current, stream)
    if (dropped > most && current?.begun.has(stream)) return fault(tooMuch(name, current[stream].length, most))
    if (dropped > most) return lied(`it has printed more than ${most / MIB} MiB that nobody has asked for`)
    occupy(holder, parsers.stdout.kept + parsers.stderr.kept + (current?.held ?? 0))
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    wire[stream].on('data', listen(stream))
    wire[stream].on('error', () => {})
  }
  return {
    begin: frame => {
      current = frame
      // The first frame has the time of a login: see patience.ts.
      expect(started ? answerSeconds : undefined)
    },
    stop: () => {
      isDeaf = true
      expect()
      occupy(holder, 0)
      const running = current
      current = undefined
      running?.over.resolve()
      return running
    },
    get current() {
      return current
    },
    get started() {
      return started
    },
    get pid() {
      return pid
    },
    said: () => parsers.stderr.rest().toString() || parsers.stdout.rest().toString(),
  }
}
