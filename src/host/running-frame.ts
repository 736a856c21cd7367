import type { OnBytes, Output } from '../core/transport.ts'
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
  /** How many fragments it has. */
  asked: number
  sent: number
  onOutput: OnOutput | undefined
  onBytes: OnBytes | undefined
  /** The streams on which it has begun: what stood on them before is of nobody. */
  begun: Set<OutputStreamName>
  stdout: Part[]
  stderr: Part[]
  outputs: Output[]
  /** On how many of the two streams its end mark has come. */
  ended: number
  done: PromiseWithResolvers<Output[]>
}

export const startFrame = (
  number: number,
  asked: number,
  onOutput: OnOutput | undefined,
  onBytes: OnBytes | undefined,
): RunningFrame => ({
  number,
  asked,
  sent: Date.now(),
  onOutput,
  onBytes,
  begun: new Set(),
  stdout: [],
  stderr: [],
  outputs: [],
  ended: 0,
  done: Promise.withResolvers(),
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

/** Gives away what the fragment that runs has printed, to whoever wants it as it comes. Returns whether somebody does. */
export const passBytes = (frame: RunningFrame | undefined, stream: OutputStreamName, bytes: Buffer): boolean => {
  const index = frame?.[stream].length ?? 0
  if (!frame?.onBytes || !frame.begun.has(stream) || index >= frame.asked) return false
  try {
    frame.onBytes(index, stream, bytes)
  } catch (error) {
    frame.done.reject(error)
  }
  return true
}

/** Adds what a mark ends. Returns whether the frame is over: its end mark has come on both streams. */
export const addMark = (frame: RunningFrame, stream: OutputStreamName, mark: Mark): boolean => {
  if (mark.tag === BEGIN_TAG) frame.begun.add(stream)
  else if (mark.tag === END_TAG) frame.ended += 1
  else {
    const isPassed = mark.before.length > 0 && passBytes(frame, stream, mark.before)
    const bytes = isPassed ? Buffer.alloc(0) : mark.before
    frame[stream].push({ bytes, status: mark.status, cut: mark.dropped > 0 })
  }
  try {
    reportEnded(frame)
  } catch (error) {
    // The listener is the caller's: what it throws belongs to the caller's promise, not to the stream.
    frame.done.reject(error)
  }
  if (frame.ended < 2) return false
  frame.done.resolve(frame.outputs)
  return true
}

/** What is running, for a message: never a script's text, which may hold a secret. */
export const runningText = ({ asked, outputs }: RunningFrame): string =>
  asked === 1 ? 'a script' : `script ${Math.min(outputs.length + 1, asked)} of ${asked}`
