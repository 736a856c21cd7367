import type { Readable } from 'node:stream'

/** Words that a stream begins with, for whoever is not to read them. */
export type Words = {
  /** Resolves when the text has come that ends them; what is behind it stays for whoever reads next. */
  ended: Promise<void>
  /** What has come so far. */
  text(): string
  /** Looks no further. */
  stop(): void
}

/** How much is kept of words that do not end: the end of them, for a reason, and longer than the text that is looked for. */
const CAP = 64 * 1024
/** Any text that is looked for is shorter than this: what was looked at before is not looked at again. */
const LONGEST = 256

/**
 * Reads a stream up to a text, in paused mode: whoever listens to it afterwards gets the rest. The other end may say whatever
 * it likes for as long as it likes.
 */
export const readUpTo = (stream: Readable, end?: RegExp): Words => {
  const ended = Promise.withResolvers<void>()
  // A text that ends is told by its bytes, wherever a chunk was cut.
  let bytes = ''
  const stop = (): void => void stream.off('readable', look)
  const look = (): void => {
    for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
      const from = Math.max(0, bytes.length - LONGEST)
      bytes += chunk.toString('latin1')
      const found = end?.exec(bytes.slice(from))
      if (!found) {
        if (bytes.length > 2 * CAP) bytes = bytes.slice(-CAP)
        continue
      }
      stop()
      const at = from + found.index
      stream.unshift(Buffer.from(bytes.slice(at + found[0].length), 'latin1'))
      bytes = bytes.slice(0, at)
      ended.resolve()
      return
    }
  }
  stream.on('readable', look)
  return { ended: ended.promise, text: () => Buffer.from(bytes.slice(-CAP), 'latin1').toString(), stop }
}
