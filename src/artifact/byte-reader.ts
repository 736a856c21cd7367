/** Bytes in the order they come, read in pieces of any size; at most one chunk is in memory. */
export type ByteReader = {
  /** The next bytes, at most `limit`; undefined at the end. */
  some(limit: number): Promise<Buffer | undefined>
  /** The next `count` bytes, fewer only at the end. */
  exactly(count: number): Promise<Buffer>
}

/** Reads from chunks of any size. Errors of the source (a truncated gzip) reject the call that reads past them. */
export const createByteReader = (chunks: AsyncIterable<Buffer>): ByteReader => {
  const source = chunks[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  const some = async (limit: number): Promise<Buffer | undefined> => {
    while (rest.length === 0) {
      const next = await source.next()
      if (next.done) return undefined
      rest = next.value
    }
    const bytes = rest.subarray(0, limit)
    rest = rest.subarray(bytes.length)
    return bytes
  }
  const exactly = async (count: number): Promise<Buffer> => {
    const parts: Buffer[] = []
    for (let missing = count; missing > 0; ) {
      const part = await some(missing)
      if (!part) break
      parts.push(part)
      missing -= part.length
    }
    return Buffer.concat(parts)
  }
  return { some, exactly }
}
