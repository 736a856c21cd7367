import { Duplex, type Readable, type Writable } from 'node:stream'

/**
 * Two streams as the one that an ssh connection is spoken over. `end` ends what they belong to. It closes when that says
 * so, by `close`, since what has gone wrong may be known only after the streams have ended.
 */
export const joined = (from: Readable, to: Writable, end: () => void): { stream: Duplex; close(): void } => {
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void from.resume(),
    write: (chunk, _encoding, done) => {
      // A stream that has gone never calls back; the end of it is told by `close`.
      if (to.write(chunk)) done()
      else to.once('drain', done)
    },
    final: done => {
      to.end()
      done()
    },
    destroy: (error, done) => {
      end()
      done(error)
    },
  })
  from.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) from.pause()
  })
  for (const side of [from, to]) side.on('error', () => {})
  stream.on('error', () => {})
  return { stream, close: () => void stream.destroy() }
}
