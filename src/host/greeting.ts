import { randomBytes } from 'node:crypto'
import type { Wire } from '../connection/link.ts'
import { type Failure, notAnAnswer, Refusal } from '../core/failure.ts'

/** Enough of a stream for a reason; the rest is read and dropped, since a stream that is not read stalls its channel. */
const WORDS_CAP = 64 * 1024
/** The most that may come of a line that is waited for, with all before it. */
const LINE_CAP = 64 * 1024
/** The most that a stream may say at all: what says more does not end by itself. */
const WORDS_END = 16 * 1024 * 1024

/**
 * What a program says at the other end of a wire, apart from what stands before it on both streams: the login's greeting,
 * whatever its files print (/etc/ssh/sshrc, a shell's rc file), sudo's lecture. The program says where it begins.
 */
export type PastGreeting = {
  /** The commands of sh that mark both streams: what the program runs first. */
  mark: string
  /** Whether it has run them. */
  begun(): boolean
  /** What it has said since, the end of it; before it has begun, all that was said. */
  stdout(): string
  stderr(): string
  /**
   * The first line of its standard output that is one of these, asked for before anything can have come. Nobody listens for
   * lines behind it.
   * @throws Refusal `host-protocol` where too much comes without it
   */
  line(is: (line: string) => boolean): Promise<string>
  /** Rejects with a Refusal, `host-protocol`, where the program talks without end: then the wire is cut. */
  broken: Promise<never>
  /**
   * The same promise, for so long: then the wire is cut too.
   * @throws Refusal with `late`, or as `broken`
   */
  within<T>(promise: Promise<T>, seconds: number, late: () => Failure): Promise<T>
}

const NOTHING = Buffer.alloc(0)

/** The words of one stream: the end of them, as bytes, and what is called with all that is the program's. */
const listen = (stream: NodeJS.ReadableStream, mark: Buffer, heard: (bytes: Buffer) => void) => {
  let words: Buffer = NOTHING
  let begun = false
  let total = 0
  const take = (chunk: Buffer): void => {
    words = Buffer.concat([words, chunk])
    if (words.length > 2 * WORDS_CAP) words = Buffer.from(words.subarray(-WORDS_CAP))
  }
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    total += chunk.length
    if (begun) {
      if (total <= WORDS_END) take(chunk)
      heard(chunk)
      return
    }
    take(chunk)
    // The mark may begin in what has come before.
    const at = words.indexOf(mark, Math.max(0, words.length - chunk.length - mark.length))
    if (at < 0) return heard(NOTHING)
    begun = true
    words = Buffer.from(words.subarray(at + mark.length))
    heard(words)
  })
  return {
    text: () => words.subarray(-WORDS_CAP).toString(),
    get begun() {
      return begun
    },
    get total() {
      return total
    },
  }
}

/** Takes bytes until a line of them is the one that is waited for. */
const lineFinder = (is: (line: string) => boolean, found: (line: string) => void) => {
  let rest: Buffer = NOTHING
  let total = 0
  let isDone = false
  return {
    take: (bytes: Buffer): void => {
      if (isDone) return
      total += bytes.length
      rest = Buffer.concat([rest, bytes])
      for (let end = rest.indexOf(0x0a); end >= 0 && !isDone; end = rest.indexOf(0x0a)) {
        const line = rest.toString('utf8', 0, end)
        rest = rest.subarray(end + 1)
        if (!is(line)) continue
        isDone = true
        found(line)
      }
    },
    isTooLong: () => !isDone && total > LINE_CAP,
  }
}

/** Listens to a wire, from before anything is sent. */
export const pastGreeting = (name: string, wire: Wire): PastGreeting => {
  const mark = `begin-${randomBytes(16).toString('hex')}\n`
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => {})
  let finder: ReturnType<typeof lineFinder> | undefined
  let isCut = false
  const cut = (failure: Failure): void => {
    if (isCut) return
    isCut = true
    broken.reject(new Refusal(failure))
    wire.cut()
  }
  const lied = (why: string): void => cut(notAnAnswer(`what ${name} says is no answer to what was asked`, why))
  const check = (): void => {
    if (finder?.isTooLong()) lied(`no line of what was asked came in ${LINE_CAP / 1024} KiB`)
    if (Math.max(stdout.total, stderr.total) > WORDS_END)
      lied(`a program that says a line or two has printed more than ${WORDS_END / 1024 / 1024} MiB`)
  }
  const stdout = listen(wire.stdout, Buffer.from(mark), bytes => {
    finder?.take(bytes)
    check()
  })
  const stderr = listen(wire.stderr, Buffer.from(mark), check)
  return {
    mark: `echo ${mark.trimEnd()}; echo ${mark.trimEnd()} >&2`,
    begun: () => stdout.begun || stderr.begun,
    stdout: stdout.text,
    stderr: stderr.text,
    line: is => {
      const found = Promise.withResolvers<string>()
      finder = lineFinder(is, found.resolve)
      return Promise.race([found.promise, broken.promise])
    },
    broken: broken.promise,
    within: async (promise, seconds, late) => {
      const timer = setTimeout(() => cut(late()), seconds * 1000).unref()
      try {
        return await Promise.race([promise, broken.promise])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
