import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Something that takes so many at once: a queue. */
type Limited = { concurrency: number }

/** How often it is looked at, and how late the loop may be then: its timer goes off every 20 ms. */
const LOOK_MS = 250
const LATE_NS = 120e6
const LEAST = 4
/** What a connection takes is a fifth of a megabyte; so little left is no room for many. */
const LEAST_MEMORY = 128 * 1024 * 1024

/** Whether this process is behind with its work, or this machine short of memory. Asked again it tells of the time since. */
export type Strain = { isStrained(): boolean; stop(): void }

export const watchStrain = (): Strain => {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  return {
    isStrained: () => {
      const late = delay.percentile(75)
      delay.reset()
      return late > LATE_NS || process.availableMemory() < LEAST_MEMORY
    },
    stop: () => void delay.disable(),
  }
}

/**
 * Lets fewer connect at once while that is too much: half of them each time it is looked at, and one more for each look
 * without a strain, up to what it was. `next` is called when one has connected, `end` when nobody is on the way.
 */
export const easeHandshakes = (
  queue: Limited,
  watch: () => Strain = watchStrain,
  now: () => number = Date.now,
): { next(): void; end(): void } => {
  const most = queue.concurrency
  let strain: Strain | undefined
  let looked = 0
  return {
    next: () => {
      if (!strain) [strain, looked] = [watch(), now()]
      if (now() - looked < LOOK_MS) return
      looked = now()
      queue.concurrency = strain.isStrained()
        ? Math.max(LEAST, Math.floor(queue.concurrency / 2))
        : Math.min(most, queue.concurrency + 1)
    },
    end: () => {
      strain?.stop()
      strain = undefined
    },
  }
}
