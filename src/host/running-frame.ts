import { type Failure, Refusal } from '../core/failure.ts'
import type { Fragment, OnBytes, Output } from '../core/transport.ts'
import { BEGIN_TAG, END_TAG } from './frame.ts'
import type { Mark } from './frame-parser.ts'

/** Called for each fragment as soon as it has ended. */
export type OnOutput = (index: number, output: Output) => void

export type OutputStreamName = 'stdout' | 'stderr'

/** What one fragment printed on one stream. */
type Part = { bytes: Buffer; status: number; cut: boolean }

/** The frame that has been sent and is not over yet, and what has come back of it. */
export type RunningFrame = {
  number: number
  fragments: Fragment[]
  sent: number
  onOutput: OnOutput | undefined
  onBytes: OnBytes | undefined
  /** The streams on which it has begun: what stood on them before is of nobody. */
  begun: Set<OutputStreamName>
  stdout: Part[]
  stderr: Part[]
  outputs: Output[]
  /** The streams on which its end mark has come. */
  ended: Set<OutputStreamName>
  /** How many bytes of ended fragments it holds. */
  held: number
  done: PromiseWithResolvers<Output[]>
  /** Resolves when nothing of it is to come any more: a caller's own error rejects `done` before. */
  over: PromiseWithResolvers<void>
}

export const startFrame = (
  number: number,
  fragments: Fragment[],
  onOutput: OnOutput | undefined,
  onBytes: OnBytes | undefined,
): RunningFrame => ({
  number,
  fragments,
  sent: Date.now(),
  onOutput,
  onBytes,
  begun: new Set(),
  stdout: [],
  stderr: [],
  outputs: [],
  ended: new Set(),
  held: 0,
  done: Promise.withResolvers(),
  over: Promise.withResolvers(),
})

/** Reports the fragments that have ended on both streams. */
const reportEnded = (frame: RunningFrame): void => {
  while (frame.outputs.length < Math.min(frame.stdout.length, frame.stderr.length)) {
    const index = frame.outputs.length
    const [out, err] = [frame.stdout[index]!, frame.stderr[index]!]
    const cut = out.cut || err.cut ? { cut: true as const } : {}
    const within: [number, number] = [frame.sent, Date.now()]
    const output = { stdout: out.bytes, stderr: err.bytes, status: out.status, within, ...cut }
    frame.outputs.push(output)
    frame.onOutput?.(index, output)
  }
}

/**
 * Gives away what the fragment that runs has printed, to whoever wants it as it comes. Returns whether somebody does. Who takes
 * it may find that it is no answer (`host-protocol`): `lied` is told then.
 */
export const passBytes = (
  frame: RunningFrame | undefined,
  stream: OutputStreamName,
  bytes: Buffer,
  lied: (failure: Failure) => void = () => {},
): boolean => {
  const index = frame?.[stream].length ?? 0
  if (!frame?.onBytes || !frame.begun.has(stream) || index >= frame.fragments.length) return false
  try {
    frame.onBytes(index, stream, Buffer.from(bytes))
  } catch (error) {
    frame.done.reject(error)
    const failure = error instanceof Refusal ? error.failures[0] : undefined
    if (failure?.reason === 'host-protocol') lied(failure)
  }
  return true
}

/** A frame may end before its last fragment where a step has failed, and nowhere else. */
const mayEndBehind = ({ fragments, stdout }: RunningFrame, ended: number): boolean =>
  ended === fragments.length || (fragments[ended - 1]?.step === true && stdout[ended - 1]?.status !== 0)

/** The end mark of one stream, held against what was asked and what the other stream has said. */
const lieInEnd = (frame: RunningFrame, stream: OutputStreamName): string | undefined => {
  const [own, other] = [frame[stream].length, frame[stream === 'stdout' ? 'stderr' : 'stdout'].length]
  const isLast = frame.ended.size > 0
  if (isLast && own !== other) return `its two streams tell of ${own} and ${other} scripts`
  // How a script has ended stands on standard output alone.
  if ((stream === 'stdout' || isLast) && !mayEndBehind(frame, own))
    return `its end came behind ${own} of ${frame.fragments.length} scripts`
  return undefined
}

const STATUS_MOST = 255

/**
 * What makes a mark none that an honest shell would print here: all of a stream come once and in order, of this frame, and
 * as many as were asked for. Undefined where it is as it should be.
 */
export const lieIn = (frame: RunningFrame, stream: OutputStreamName, mark: Mark): string | undefined => {
  const { tag, status } = mark
  const said = frame[stream].length
  if (mark.frame !== frame.number) return `a mark of round trip ${mark.frame} came in round trip ${frame.number}`
  if (frame.ended.has(stream)) return 'a mark came behind the last one'
  if (tag === BEGIN_TAG) return frame.begun.has(stream) ? 'it began twice' : undefined
  if (!frame.begun.has(stream)) return 'a mark came before the first one'
  if (tag === END_TAG) return lieInEnd(frame, stream)
  if (Number(tag) !== said || said >= frame.fragments.length)
    return `the end of script ${Number(tag) + 1} came where that of ${said + 1} of ${frame.fragments.length} was due`
  return status > STATUS_MOST ? `script ${said + 1} ended with status ${status}` : undefined
}

/** Adds what a mark ends, which is no lie. Returns whether the frame is over: its end mark has come on both streams. */
export const addMark = (frame: RunningFrame, stream: OutputStreamName, mark: Mark): boolean => {
  if (mark.tag === BEGIN_TAG) frame.begun.add(stream)
  else if (mark.tag === END_TAG) frame.ended.add(stream)
  else {
    const isPassed = mark.before.length > 0 && passBytes(frame, stream, mark.before)
    const bytes = isPassed ? Buffer.alloc(0) : mark.before
    frame.held += bytes.length
    frame[stream].push({ bytes, status: mark.status, cut: mark.dropped > 0 })
  }
  try {
    reportEnded(frame)
  } catch (error) {
    // The listener is the caller's: what it throws belongs to the caller's promise, not to the stream.
    frame.done.reject(error)
  }
  if (frame.ended.size < 2) return false
  frame.done.resolve(frame.outputs)
  frame.over.resolve()
  return true
}

/** The fragment whose end is waited for, on either stream; undefined before the first and behind the last. */
const awaited = (frame: RunningFrame): Fragment | undefined =>
  frame.begun.size < 2 ? undefined : frame.fragments[frame.outputs.length]

/**
 * Whether what is waited for is an answer: whatever is no step, and no command of a user's. These take as long as they take,
 * and so does what is given away as it comes.
 */
export const awaitsAnswer = (frame: RunningFrame): boolean => {
  const fragment = awaited(frame)
  return fragment === undefined || !(fragment.step || fragment.lingers || frame.onBytes)
}

/**
 * How many times as long as an answer a step of ours may take: a service that starts, a folder with millions of files that is
 * removed. Only commands of the user's are without end.
 */
const STEP_TIMES = 6

/** How long it may take to what is waited for, given the seconds that an answer has; undefined where nothing says that. */
export const patienceFor = (frame: RunningFrame, seconds: number): number | undefined => {
  if (awaitsAnswer(frame)) return seconds
  return awaited(frame)?.lingers || frame.onBytes ? undefined : STEP_TIMES * seconds
}

/** What is running, for a message: never a script's text, which may hold a secret. */
export const runningText = ({ fragments, outputs }: RunningFrame): string =>
  fragments.length === 1
    ? 'a script'
    : `script ${Math.min(outputs.length + 1, fragments.length)} of ${fragments.length}`
