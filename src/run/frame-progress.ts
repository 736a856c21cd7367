import { Refusal } from '../core/failure.ts'
import type { Fragment, Output, Transport } from '../core/transport.ts'
import type { Step } from '../module/step.ts'
import type { Line } from '../plan/line.ts'
import type { Batch } from '../world/batch.ts'
import type { RunContext } from './context.ts'
import { announceRun } from './finish.ts'

/**
 * A line in a frame: its steps as they are sent, and as fragments, the test of its promises where something runs behind
 * it, and the reads that verify it, each at its own moment.
 */
export type FramePart = { line: Line; sent: Step[]; steps: Fragment[]; test: Fragment[]; reads: Batch }

/** A frame while it runs. The host tells where it is fragment by fragment, so each line is told as soon as it is over. */
export type FrameProgress = {
  parts: FramePart[]
  /** Resolves when the frame is over. Rejects as the transport does. */
  over: Promise<unknown>
  /**
   * What the fragments of a part have said, once all of them have, or the frame is over: fewer where it has ended the
   * frame, undefined where it has not begun. Rejects where the machine was lost before.
   */
  outputsOf(part: FramePart): Promise<Output[] | undefined>
  /** Whether the frame went on behind a part, and which lines behind it have begun: known when it is over. */
  begunBehind(part: FramePart): Promise<Line[]>
}

const fragmentsOf = ({ steps, test, reads }: FramePart): Fragment[] => [...steps, ...test, ...reads.fragments]

/** The host has told to its end how far it has come: what it has not told of has not begun. */
const hasToldAll = (error: unknown): boolean =>
  error instanceof Refusal && error.failures[0]!.reason === 'run-interrupted'

/** Sends the parts as one frame, and announces each line when its steps begin. */
export const sendFrame = (context: RunContext, transport: Transport, parts: FramePart[]): FrameProgress => {
  const fragments = parts.map(fragmentsOf)
  const all = fragments.flat()
  const starts = fragments.map((_, i) => fragments.slice(0, i).flat().length)
  const outputs: Output[] = []
  const come = parts.map(() => Promise.withResolvers<void>())
  let begun = 0
  let isStopped = false

  /** Marks what has begun and what is complete by now. */
  const look = (): void => {
    for (; !isStopped && begun < parts.length && starts[begun]! <= outputs.length; begun++)
      if (begun > 0) announceRun(context, parts[begun]!.line)
    for (const [i, part] of come.entries())
      if (i < begun && starts[i]! + fragments[i]!.length <= outputs.length) {
        if (!context.ended.has(parts[i]!.line.id)) context.ended.set(parts[i]!.line.id, Date.now())
        part.resolve()
      }
  }
  const take = (_: number, output: Output): void => {
    isStopped ||= all[outputs.length]!.step === true && output.status !== 0
    outputs.push(output)
    look()
  }
  const forget = (from: number): void => {
    for (const { line } of parts.slice(from)) context.underWay.delete(line.id)
  }

  announceRun(
    context,
    parts[0]!.line,
    parts.slice(1).map(({ line }) => line),
  )
  look()
  const before = transport.roundTrips
  const over = transport.run(all, take).then(
    () => forget(begun),
    error => {
      if (transport.roundTrips === before) forget(0)
      else if (hasToldAll(error)) forget(begun)
      for (const part of come) part.reject(error)
      throw error
    },
  )
  over.then(
    () => come.forEach(part => void part.resolve()),
    () => {},
  )
  for (const { promise } of come) promise.catch(() => {})
  return {
    parts,
    over,
    outputsOf: async part => {
      const at = parts.indexOf(part)
      await come[at]!.promise
      return at < begun ? outputs.slice(starts[at]!, starts[at]! + fragments[at]!.length) : undefined
    },
    begunBehind: async part => {
      await over.catch(() => {})
      return parts.slice(parts.indexOf(part) + 1, begun).map(({ line }) => line)
    },
  }
}
