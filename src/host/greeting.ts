import { randomBytes } from 'node:crypto'
import { StringDecoder } from 'node:string_decoder'
import type { Wire } from '../connection/link.ts'

/** Enough of a stream for a reason; the rest is read and dropped, since a stream that is not read stalls its channel. */
const WORDS_CAP = 64 * 1024

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
  /** Called with each line of its standard output, until it returns `enough`. */
  onLine(take: (line: string) => unknown): void
}

const listen = (stream: NodeJS.ReadableStream, mark: string, heard: () => void) => {
  const decoder = new StringDecoder()
  const words = { text: '', begun: false }
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    words.text += decoder.write(chunk)
    const at = words.begun ? -1 : words.text.indexOf(mark)
    if (at >= 0) {
      words.begun = true
      words.text = words.text.slice(at + mark.length)
    }
    words.text = words.text.slice(-WORDS_CAP)
    heard()
  })
  return words
}

/** Listens to a wire, from before anything is sent. */
export const pastGreeting = (wire: Wire): PastGreeting => {
  const mark = `begin-${randomBytes(16).toString('hex')}\n`
  let take: ((line: string) => unknown) | undefined
  const pass = (): void => {
    while (take && stdout.begun && stdout.text.includes('\n')) {
      const end = stdout.text.indexOf('\n')
      const line = stdout.text.slice(0, end)
      stdout.text = stdout.text.slice(end + 1)
      if (take(line) === 'enough') take = undefined
    }
  }
  const stdout = listen(wire.stdout, mark, () => pass())
  const stderr = listen(wire.stderr, mark, () => {})
  return {
    mark: `echo ${mark.trimEnd()}; echo ${mark.trimEnd()} >&2`,
    begun: () => stdout.begun || stderr.begun,
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    onLine: taker => {
      take = taker
      pass()
    },
  }
}
