import { closeSync, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { Refusal } from '../../core/failure.ts'
import { printable } from '../../report/printable.ts'

/** The terminal of whoever started this, whatever has become of standard input and output. */
export type Terminal = {
  /** Writes the question and reads a line that is not shown. Rejects (`run-interrupted`) when it is broken off. */
  ask(question: string): Promise<string>
  /** The same for what everybody may see: it is shown as it is typed. */
  askShown(question: string): Promise<string>
  tell(line: string): void
  close(): void
}

const END_OF_TEXT = 0x03
const END_OF_TRANSMISSION = 0x04
const ERASE_LINE = 0x15
const SIGNALS = ['SIGHUP', 'SIGQUIT'] as const

/** Takes the last character off bytes of UTF-8. */
const withoutLast = (bytes: number[]): void => {
  while ((bytes.at(-1) ?? 0) >= 0x80 && bytes.at(-1)! < 0xc0) bytes.pop()
  bytes.pop()
}

/** What a key does to the line that is typed; true when the line is whole. */
const press = (line: number[], key: number): boolean => {
  if (key === 0x0d || key === 0x0a) return true
  if (key === 0x7f || key === 0x08) withoutLast(line)
  else if (key === ERASE_LINE) line.length = 0
  else if (key >= 0x20) line.push(key)
  return false
}

const open = (): number | undefined => {
  try {
    return openSync('/dev/tty', 'r+')
  } catch {
    return undefined
  }
}

/** What a key that was pressed changes on a screen that showed the line as it was. */
const echoOf = (before: string, line: number[], key: number): string => {
  const now = Buffer.from(line).toString()
  return line.length > Buffer.byteLength(before)
    ? String.fromCharCode(key)
    : '\b \b'.repeat([...before].length - [...now].length)
}

/** Reads lines from the keyboard. What is typed ahead of a question is its answer. */
const keyboard = (input: ReadStream, interrupt: () => void) => {
  const typed: number[] = []
  let take: (() => void) | undefined
  input.on('data', (bytes: Buffer) => {
    typed.push(...bytes)
    take?.()
  })
  input.on('error', () => {})
  return (echo: (text: string) => void): Promise<string> =>
    new Promise(resolve => {
      const line: number[] = []
      take = () => {
        while (typed.length > 0) {
          const key = typed.shift()!
          // In this mode the terminal makes no signal of Ctrl-C. Ctrl-D on an empty line gives no answer, for good.
          if (key === END_OF_TEXT || (key === END_OF_TRANSMISSION && line.length === 0)) return interrupt()
          const before = Buffer.from(line).toString()
          const isWhole = press(line, key)
          if (!isWhole) echo(echoOf(before, line, key))
          if (!isWhole) continue
          take = undefined
          return resolve(Buffer.from(line).toString())
        }
      }
      take()
    })
}

/**
 * Opens /dev/tty; undefined where there is none. Nothing that is typed is shown while it is open, and the terminal is as it
 * was after `close`, and at any end but SIGKILL. `signal` breaks off a question; Ctrl-C is SIGINT to this process.
 */
export const openTerminal = (signal: AbortSignal): Terminal | undefined => {
  const fd = open()
  if (fd === undefined) return undefined
  const input = new ReadStream(fd)
  const output = openSync('/dev/tty', 'w')
  let isOpen = true
  const tell = (text: string): void => {
    if (isOpen) writeSync(output, text)
  }
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    input.setRawMode(false)
    input.destroy()
    closeSync(output)
    process.off('exit', close)
    for (const name of SIGNALS) process.off(name, end)
  }
  /** Restores what a signal would leave as it is; that does what it does all the same. */
  const end = (name: NodeJS.Signals): void => {
    close()
    // Where somebody else listens to it, it has been heard.
    if (process.listenerCount(name) === 0) process.kill(process.pid, name)
  }
  /** The same for a signal that somebody waits for: with the terminal closed nothing would keep this process until it is there. */
  const interrupt = (): void => {
    input.setRawMode(false)
    process.kill(process.pid, 'SIGINT')
  }
  process.on('exit', close)
  for (const name of SIGNALS) process.on(name, end)
  input.setRawMode(true)
  const readLine = keyboard(input, interrupt)
  const read = async (question: string, echo: (text: string) => void): Promise<string> => {
    tell(printable(question).replaceAll('\n', '\r\n'))
    const broken = Promise.withResolvers<never>()
    const stop = (): void =>
      broken.reject(new Refusal({ reason: 'run-interrupted', what: 'What was asked was not answered.' }))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      return await Promise.race([readLine(echo), broken.promise])
    } finally {
      signal.removeEventListener('abort', stop)
      tell('\r\n')
    }
  }
  return {
    ask: question => read(question, () => {}),
    askShown: question => read(question, tell),
    tell: line => tell(`${printable(line)}\r\n`),
    close,
  }
}
