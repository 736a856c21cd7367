import { isUtf8 } from 'node:buffer'
import type { Emit } from '../../core/event.ts'
import { Refusal } from '../../core/failure.ts'
import { quoted } from '../../core/quote.ts'
import { onHosts, type ReachedHost } from '../app/on-hosts.ts'
import type { HostOptions } from '../app/prepare-hosts.ts'
import type { Shown } from '../app/with-report.ts'

/** So much of a line that does not end is waited for: a progress bar that never ends a line is shown too. */
const LONGEST_LINE = 64 * 1024

/** What of one stream has come and has not been told: it is told by whole lines. */
const lineTeller = (tell: (bytes: Buffer) => void): { add(bytes: Buffer): void; end(): void } => {
  let held: Buffer[] = []
  let size = 0
  const flush = (): void => {
    if (size > 0) tell(Buffer.concat(held))
    held = []
    size = 0
  }
  const hold = (bytes: Buffer): void => {
    if (bytes.length === 0) return
    held.push(bytes)
    size += bytes.length
    if (size > LONGEST_LINE) flush()
  }
  return {
    add: bytes => {
      const end = bytes.lastIndexOf(0x0a) + 1
      if (end > 0) {
        held.push(bytes.subarray(0, end))
        size += end
        flush()
      }
      hold(bytes.subarray(end))
    },
    end: flush,
  }
}

/**
 * What runs: one word is a line of sh, several are a program with its arguments, each as it stands. Its messages are in the
 * language that the host's environment has.
 */
export const commandLine = (words: string[]): string => `unset LC_ALL\n${words.length === 1 ? words[0] : quoted(words)}`

const outputOf = (host: string, emit: Emit) => {
  const tellerOf = (stream: 'stdout' | 'stderr') =>
    lineTeller(bytes =>
      emit({
        type: 'output',
        host,
        stream,
        ...(isUtf8(bytes) ? { text: `${bytes}` } : { base64: bytes.toString('base64') }),
      }),
    )
  const tellers = { stdout: tellerOf('stdout'), stderr: tellerOf('stderr') }
  return {
    add: (stream: 'stdout' | 'stderr', bytes: Buffer): void => tellers[stream].add(bytes),
    end: (): void => {
      tellers.stdout.end()
      tellers.stderr.end()
    },
  }
}

/** Ends a host's program, and its connection, where it has not ended in time. `hasEnded` says whether that was so. */
const timeLimit = (seconds: number | undefined, { transport }: ReachedHost) => {
  let hasEnded = false
  const timer =
    seconds === undefined
      ? undefined
      : setTimeout(() => {
          hasEnded = true
          void transport.close()
        }, seconds * 1000)
  return { hasEnded: () => hasEnded, stop: () => clearTimeout(timer) }
}

const runOn = async (reached: ReachedHost, sh: string, seconds: number | undefined, emit: Emit): Promise<void> => {
  const { host, transport } = reached
  const output = outputOf(host, emit)
  const limit = timeLimit(seconds, reached)
  const start = Date.now()
  const end = (status: 'ok' | 'failed', more: { what?: string; why?: string; code?: number }): void => {
    output.end()
    emit({
      type: 'result',
      host,
      node: `${host}/exec`,
      task: 'exec',
      status,
      ...(more.code !== undefined && { code: more.code }),
      ...(more.what !== undefined && {
        failure: { reason: 'task-failed', what: more.what, ...(more.why !== undefined && { why: more.why }) },
      }),
      steps: 1,
      ms: Date.now() - start,
      diff: [],
    })
  }
  try {
    const [ended] = await transport.run([{ sh }], undefined, (_, stream, bytes) => output.add(stream, bytes))
    const code = ended!.status
    if (code === 0) end('ok', { code })
    else end('failed', { code, what: `the command ended with ${code}` })
  } catch (error) {
    if (!(error instanceof Refusal && limit.hasEnded())) {
      output.end()
      throw error
    }
    end('failed', { what: `the command had not ended after ${seconds} s, and was told to end` })
  } finally {
    limit.stop()
  }
}

/** `runbook exec PATTERN -- COMMAND`: one command on many hosts, its output as it comes. Returns the exit code. */
export const runOnHosts = (
  pattern: string,
  words: string[],
  { timeLimit, ...options }: HostOptions & Shown & { timeLimit?: number },
): Promise<number> =>
  onHosts('exec', pattern, options, (reached, emit) => runOn(reached, commandLine(words), timeLimit, emit))
