import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { atMost } from '../core/at-most.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { childWire, signalGroup, started } from './child-wire.ts'
import { connectFailure } from './connection-errors.ts'
import type { Link, ProgramEnd, Wire } from './link.ts'
import { joiningArguments, LOGGED_IN, masterArguments } from './openssh-arguments.ts'
import { noOpenssh, opensshEnd, opensshFailure, passwordRefused, plainWords } from './openssh-failure.ts'
import { borrowFiles, type OpensshFiles } from './openssh-folder.ts'
import { askPass } from './openssh-password.ts'
import { readUpTo } from './read-up-to.ts'

/** ssh's status when the connection failed, or a signal ended what ran; a program may have it too. */
const NO_STATUS = 255
/** How long a host may take from a connection to a login, as sshd itself has it (`LoginGraceTime`). */
const LOGIN_SECONDS = 120
/** How long an ssh that is told to end may take; and how long after a program the end of its connection shows. */
const GOODBYE_MS = 500
/** How long to wait for ssh's word that a program has been started, should one of its versions not say it. */
const UNTOLD_MS = 2_000

/**
 * Runs ssh as a command of sh that names it. Of a session and process group of its own: an interrupt on the terminal is not
 * its, and nothing can be asked there.
 */
const spawned = (sh: string, args: string[], more: Record<string, string> = {}): ChildProcessWithoutNullStreams =>
  spawn('/bin/sh', ['-c', sh, 'ssh', ...args], {
    stdio: 'pipe',
    detached: true,
    env: { ...process.env, LC_ALL: 'C', SSH_ASKPASS_REQUIRE: 'never', ...more },
  })

/**
 * An ssh whose input is ours, and one that ends when our end of its input does: however runbook ends, so does the connection.
 */
const AS_OURS = 'exec ssh "$@"'
const WATCHED = 'exec 3<&0 </dev/null; ( read -r x <&3; kill "$$" ) >/dev/null 2>&1 & exec ssh "$@" 3<&-'
/** sh's status where there is no such program. */
const NOT_FOUND = 127

const exitOf = (child: ChildProcessWithoutNullStreams): Promise<void> =>
  new Promise(resolve => child.once('exit', () => resolve()).once('error', () => resolve()))

/** How much of ssh's log is read, the end of it: a server may have it say what it likes for as long as it likes. */
const LOG_CAP = 64 * 1024

const logOf = ({ log }: OpensshFiles, from = 0): string => {
  try {
    const file = openSync(log, 'r')
    const bytes = Buffer.alloc(LOG_CAP)
    const read = readSync(file, bytes, 0, LOG_CAP, Math.max(from, fstatSync(file).size - LOG_CAP))
    closeSync(file)
    return bytes.toString('utf8', 0, read)
  } catch {
    return ''
  }
}

const sizeOfLog = ({ log }: OpensshFiles): number => statSync(log, { throwIfNoEntry: false })?.size ?? 0

/** The ssh that has logged in. `logged`: how long its log was by then. */
type Master = { child: ChildProcessWithoutNullStreams; exited: Promise<void>; logged: number }

const logIn = async (target: Target, files: OpensshFiles, signal?: AbortSignal): Promise<Master> => {
  const asked = target.password === undefined ? undefined : askPass(files.socket, target.password)
  const child = spawned(WATCHED, masterArguments(target, files), asked?.environment)
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
  const ended = (status: number | null): void =>
    fail(
      status === NOT_FOUND
        ? noOpenssh(target, stderr.text().trim())
        : asked?.isRefused()
          ? passwordRefused(target)
          : opensshFailure(target, logOf(files), stderr.text()),
    )
  child.once('error', error => fail(noOpenssh(target, error.message)))
  child.stdin.on('error', () => {})
  void exited.then(() => signalGroup(child, 'SIGKILL'))
  child.once('close', ended)
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  try {
    await Promise.race([stdout.ended, failed.promise])
    return { child, exited, logged: sizeOfLog(files) }
  } finally {
    clearTimeout(timer)
    asked?.forget()
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
  const child = spawned(AS_OURS, joiningArguments(target, socket, line))
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
 * The link to a host by the system's ssh: one ssh that logs in, and for each program an ssh that joins it by its socket.
 * What ssh2 lacks (certificates, keys on tokens, GSSAPI, all that an ssh_config says) is ssh's own to do.
 *
 * @throws Refusal `host-unreachable`, `host-login`, `host-key-unknown`, `host-key-changed`, `run-interrupted`.
 */
export const openOpenssh = async (target: Target, signal?: AbortSignal): Promise<Link> => {
  const files = borrowFiles()
  const { child, exited, logged } = await logIn(target, files, signal).catch(error => {
    files.giveBack()
    throw error
  })
  // Its words are in its log; a stream that is not read would stop it.
  child.stdout.resume()
  child.stderr.resume()
  const joined = new Set<Wire & { hangUp(): void }>()
  let isOurs = false
  let end: string | undefined
  void exited.then(() => {
    end = isOurs ? 'runbook closed it' : (opensshEnd(logOf(files, logged)) ?? 'the host closed the connection')
  })
  const stands = (): boolean => end === undefined && !isOurs
  const why = (): string => end ?? 'runbook closed it'
  const endOf = async (status?: number): Promise<ProgramEnd> => {
    if (status !== undefined && status !== NO_STATUS) return { status }
    await atMost(GOODBYE_MS, exited)
    if (!stands()) return { why: why() }
    return status === undefined ? {} : { status }
  }
  return {
    by: 'ssh',
    start: async line => {
      const wire = await join(target, files, line, endOf)
      joined.add(wire)
      void wire.closed.then(() => joined.delete(wire))
      return wire
    },
    get stands() {
      return stands()
    },
    why,
    hangUp: async () => {
      isOurs = true
      for (const wire of joined) wire.hangUp()
      signalGroup(child, 'SIGTERM')
      await atMost(GOODBYE_MS, exited)
      signalGroup(child, 'SIGKILL')
      files.giveBack()
    },
  }
}
