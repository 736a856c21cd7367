import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { atMost } from './at-most.ts'
import { childWire, started } from './child-wire.ts'
import { connectFailure } from './connection-errors.ts'
import { LOGIN_LINE } from './environment.ts'
import type { Link } from './link.ts'
import { joiningArguments, LOGGED_IN, masterArguments } from './openssh-arguments.ts'
import { noOpenssh, opensshEnd, opensshFailure, plainWords } from './openssh-failure.ts'
import { borrowFiles, type OpensshFiles } from './openssh-folder.ts'
import { readUpTo } from './read-up-to.ts'
import type { ProgramEnd, Wire } from './shell.ts'

/** ssh's status when the connection failed, or a signal ended what ran; a program may have it too. */
const NO_STATUS = 255
/** How long a host may take from a connection to a login, as sshd itself has it (`LoginGraceTime`). */
const LOGIN_SECONDS = 120
/** How long an ssh that is told to end may take; and how long after a program the end of its connection shows. */
const GOODBYE_MS = 500
/** How long to wait for ssh's word that a program has been started, should one of its versions not say it. */
const UNTOLD_MS = 2_000

/** Of a session and process group of its own: an interrupt on the terminal is not its, and nothing can be asked there. */
const ssh = (args: string[]): ChildProcessWithoutNullStreams =>
  spawn('ssh', args, {
    stdio: 'pipe',
    detached: true,
    env: { ...process.env, LC_ALL: 'C', SSH_ASKPASS_REQUIRE: 'never' },
  })

/** With what it has started: the programs on the way. */
const signalGroup = ({ pid }: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}

const exitOf = (child: ChildProcessWithoutNullStreams): Promise<void> =>
  new Promise(resolve => child.once('exit', () => resolve()).once('error', () => resolve()))

const logOf = ({ log }: OpensshFiles): string => {
  try {
    return readFileSync(log, 'utf8')
  } catch {
    return ''
  }
}

/** The ssh that has logged in, with the first program. `logged`: how long its log was by then. */
type Master = { child: ChildProcessWithoutNullStreams; exited: Promise<void>; logged: number }

const logIn = async (target: Target, files: OpensshFiles, signal?: AbortSignal): Promise<Master> => {
  const child = ssh(masterArguments(target, files, LOGIN_LINE))
  const exited = exitOf(child)
  const stdout = readUpTo(child.stdout, new RegExp(`^${LOGGED_IN}\n`))
  const stderr = readUpTo(child.stderr)
  const failed = Promise.withResolvers<never>()
  const fail = (failure: Failure): void => {
    failed.reject(new Refusal(failure))
    signalGroup(child, 'SIGKILL')
  }
  const stop = (): void => fail({ reason: 'run-interrupted', what: `connecting to ${target.name} was broken off` })
  const late = (): void => fail(connectFailure(target, Object.assign(new Error(), { level: 'client-timeout' })))
  const timer = setTimeout(late, (target.timeoutSeconds + LOGIN_SECONDS) * 1000)
  const ended = (): void => fail(opensshFailure(target, logOf(files), stderr.text()))
  child.once('error', error => fail(noOpenssh(target, error.message)))
  child.once('close', ended)
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  try {
    await Promise.race([stdout.ended, failed.promise])
    return { child, exited, logged: logOf(files).length }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    child.off('close', ended)
    stderr.stop()
  }
}

/** What a host has said that starts no further program. */
const refusalIn = (stderr: string): Error => {
  const [first, ...more] = plainWords(stderr)
  const refused = [first, ...more].some(word => /session (request|open) (failed|refused)/i.test(word ?? ''))
  return new Error(`${refused ? 'channel open failure: ' : ''}${first ?? 'ssh ended without a word'}`)
}

/** Runs one more program over a connection, and waits for the word that the host has started it. */
const join = async (
  target: Target,
  { socket }: OpensshFiles,
  line: string,
  end: (status?: number) => Promise<ProgramEnd>,
): Promise<ReturnType<typeof childWire>> => {
  const child = ssh(joiningArguments(target, socket, line))
  const exited = exitOf(child)
  const wire = childWire(child, end)
  await started(child)
  const told = readUpTo(child.stderr, /master session id: \d+\r?\n/)
  const closed = wire.closed.then(() => {
    throw refusalIn(told.text())
  })
  closed.catch(() => {})
  await atMost(UNTOLD_MS, told.ended, exited)
  if (child.exitCode !== null || child.signalCode !== null) await closed
  told.stop()
  return wire
}

/**
 * The link to a host by the system's ssh: one ssh that logs in and runs the first program, and for each further one an ssh
 * that joins it by its socket. What ssh2 lacks (certificates, keys on tokens, GSSAPI, all that an ssh_config says) is ssh's
 * own to do. Where runbook ends in whatever way the input of the first program does, and with it all of them.
 *
 * @throws Refusal `host-unreachable`, `host-login`, `host-key-unknown`, `host-key-changed`, `run-interrupted`.
 */
export const openOpenssh = async (target: Target, signal?: AbortSignal): Promise<Link> => {
  const files = borrowFiles()
  const { child, exited, logged } = await logIn(target, files, signal).catch(error => {
    files.giveBack()
    throw error
  })
  const joined = new Set<Wire & { hangUp(): void }>()
  let stands = true
  let isOurs = false
  let reason: string | undefined
  const why = (): string => (isOurs ? 'runbook closed it' : (reason ?? 'the host closed the connection'))
  void exited.then(() => {
    reason = opensshEnd(logOf(files).slice(logged))
    stands = false
  })
  /** What the end of an ssh means. The first one ends with its program too: then nothing is logged of a loss. */
  const endOf =
    (isLost: () => boolean) =>
    async (status?: number): Promise<ProgramEnd> => {
      if (status !== undefined && status !== NO_STATUS) return { status }
      await atMost(GOODBYE_MS, exited)
      if (isOurs || isLost()) return { why: why() }
      return status === undefined ? {} : { status }
    }
  const firstWire = childWire(
    child,
    endOf(() => reason !== undefined),
  )
  let first: Wire | undefined = firstWire
  return {
    by: 'ssh',
    start: async line => {
      const taken = line === LOGIN_LINE ? first : undefined
      first = taken ? undefined : first
      if (taken) return taken
      const wire = await join(
        target,
        files,
        line,
        endOf(() => !stands),
      )
      joined.add(wire)
      void wire.closed.then(() => joined.delete(wire))
      return wire
    },
    get stands() {
      return stands
    },
    why,
    hangUp: async () => {
      isOurs = true
      for (const wire of joined) wire.hangUp()
      signalGroup(child, 'SIGTERM')
      await atMost(GOODBYE_MS, exited)
      signalGroup(child, 'SIGKILL')
      firstWire.hangUp()
      files.giveBack()
    },
  }
}
