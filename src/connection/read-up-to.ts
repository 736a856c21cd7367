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

/** Reads a stream up to a text, in paused mode: whoever listens to it afterwards gets the rest. */
export const readUpTo = (stream: Readable, end?: RegExp): Words => {
  const ended = Promise.withResolvers<void>()
  // A text that ends is told by its bytes, wherever a chunk was cut.
  let bytes = ''
  const stop = (): void => void stream.off('readable', look)
  const look = (): void => {
    for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
      bytes += chunk.toString('latin1')
      const found = end?.exec(bytes)
      if (!found) continue
      stop()
      stream.unshift(Buffer.from(bytes.slice(found.index + found[0].length), 'latin1'))
      bytes = bytes.slice(0, found.index)
      ended.resolve()
      return
    }
  }
  stream.on('readable', look)
  return { ended: ended.promise, text: () => Buffer.from(bytes, 'latin1').toString(), stop }
}
