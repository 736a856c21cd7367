import { randomBytes } from 'node:crypto'
import type { Link, Wire } from '../connection/link.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Become } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { askedLine, type Marks, marksOf, type Way, wayIn } from './asked-program.ts'
import { shellSilent } from './become.ts'
import { prompts } from './become-command.ts'
import { becomeFailure, isWrongPassword, otherQuestion, passwordWanted, wrongPassword } from './become-failure.ts'
import { ANSWERS, givenLine, LOGIN_LINE } from './environment.ts'
import { connectionClosed } from './shell.ts'

/** How long a login's files may take before they are taken to read what is sent to them. */
const HERE_MS = 5_000
/** How long all of it may take: sudo that asks a directory that is gone takes 30 s. */
const BEGIN_SECONDS = 60
/** Enough for what is said until then. */
const WORDS = 64 * 1024

/** What is said on a wire until a program has begun there. */
type Heard = { stdout: string; stderr: string }

/** What is known of a beginning so far. */
type Asking = {
  target: Target
  become: Become
  marks: Marks
  way: Way
  wire: Wire
  heard: Heard
  /** The password has been sent, with so much said on each stream by then. */
  sent?: Heard
  /** Empty lines that were sent, for a password nobody has asked for. */
  empty: number
}

/** What has come on a stream since our own text began there, or since the password was sent. */
const newIn = ({ marks, heard, sent }: Asking, stream: keyof Heard): string => {
  if (sent) return heard[stream].slice(sent[stream].length)
  const at = heard[stream].indexOf(marks.here)
  return at < 0 ? '' : heard[stream].slice(at + marks.here.length)
}

/** All that was said behind the greeting, without our marks. */
const saidBy = ({ marks, heard }: Asking): string =>
  [heard.stderr, heard.stdout]
    .map(text => text.slice(Math.max(0, text.indexOf(marks.here))))
    .join('\n')
    .replaceAll(/(here|password|begun|again|fed)-[0-9a-f]{32}:?/g, '\n')

const countOf = (text: string, mark: string): number => text.split(mark).length - 1

/**
 * Looks at what has come. Returns whether the program has begun and its input is read by nobody else; throws the failure
 * that it will not. The password is written once, after its prompt has come and never before: who lets one in without
 * would else run it as a command.
 */
const advance = (asking: Asking): boolean => {
  const { target, become, marks, way, wire, heard } = asking
  const hasBegun = heard.stderr.includes(marks.begun)
  const isFed = way !== 'fed' || asking.sent !== undefined || heard.stderr.includes(marks.fed)
  // Who is the user already was asked nothing, and did not come so far.
  if (hasBegun && (isFed || !heard.stderr.includes(marks.here))) return true
  if (hasBegun) {
    // Both read the one input: whoever gets an empty line says so, and who hands on the password ends with it.
    for (; asking.empty <= countOf(heard.stderr, marks.again); asking.empty++) wire.stdin.write('\n')
    return false
  }
  const isPrompt = prompts[become.method](marks.prompt)
  if (!(['stderr', 'stdout'] as const).some(stream => isPrompt(newIn(asking, stream)))) return false
  if (asking.sent) throw new Refusal(wrongPassword(target, become))
  if (become.password === undefined) throw new Refusal(passwordWanted(target, become))
  asking.sent = { ...heard }
  wire.stdin.write(`${become.password}\n`)
  return false
}

/** The failure of a wire that has ended before a program has begun over it. */
const endedFailure = (asking: Asking, ending: { status?: number; why?: string }): Failure => {
  const { target, become } = asking
  const said = saidBy(asking)
  if (ending.status === undefined && ending.why !== undefined)
    return connectionClosed(target.name, { started: false, said, ending })
  return asking.sent && isWrongPassword(said) ? wrongPassword(target, become) : becomeFailure(target, become, said)
}

/** Resolves when the program has begun, with false where the login itself has not come so far in time. */
const begun = (asking: Asking, hereMs: number | undefined): Promise<boolean> => {
  const { target, marks, wire, heard } = asking
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const isHere = (): boolean => heard.stderr.includes(marks.here) || heard.stderr.includes(marks.begun)
  const look = (): void => {
    try {
      if (advance(asking)) resolve(true)
    } catch (error) {
      reject(error)
    }
  }
  const taking = (stream: keyof Heard) => (chunk: Buffer) => {
    heard[stream] = (heard[stream] + chunk.toString().replaceAll('\r', '')).slice(-WORDS)
    look()
  }
  const [out, err] = [taking('stdout'), taking('stderr')]
  wire.stdout.on('data', out)
  wire.stderr.on('data', err)
  wire.stdin.on('error', () => {})
  wire.closed.then(ending => reject(new Refusal(endedFailure(asking, ending))))
  const late = setTimeout(() => {
    const said = saidBy(asking)
    const failure = isHere() ? otherQuestion(target, asking.become, BEGIN_SECONDS, said) : undefined
    reject(new Refusal(failure ?? shellSilent(target, BEGIN_SECONDS, said)))
  }, BEGIN_SECONDS * 1000)
  const absent = hereMs === undefined ? undefined : setTimeout(() => isHere() || resolve(false), hereMs)
  return promise.finally(() => {
    clearTimeout(late)
    clearTimeout(absent)
    wire.stdout.off('data', out)
    wire.stderr.off('data', err)
  })
}

/**
 * Starts a program as another user who is become by a password, or at a terminal. The line of the login's shell holds all,
 * so that the question comes with the answer to it: one round trip more than where nothing is asked. Should the login's
 * own files read what is sent to them, a second start tells it later, behind empty lines for those.
 * @param isSeated whether sudo wants a terminal
 *
 * @throws Refusal `host-become`, `host-lost`, `host-login`; and the plain error of a link that starts nothing.
 */
export const startAsked = async (
  target: Target,
  become: Become,
  link: Link,
  program: string,
  isSeated: boolean,
): Promise<Wire> => {
  const way = wayIn(become, isSeated)
  const start = async (isPatient: boolean): Promise<Wire | undefined> => {
    const marks = marksOf(randomBytes(16).toString('hex'))
    const line = askedLine(become, way, marks)
    const wire = await link.start(isPatient ? LOGIN_LINE : line)
    if (isPatient) wire.stdin.write(`${ANSWERS}${line}\n`)
    const asking: Asking = { target, become, marks, way, wire, heard: { stdout: '', stderr: '' }, empty: 0 }
    try {
      if (await begun(asking, isPatient ? undefined : HERE_MS)) return wire
    } catch (error) {
      wire.cut()
      throw error
    }
    wire.cut()
    return undefined
  }
  const wire = (await start(false)) ?? (await start(true))!
  wire.stdin.write(givenLine(target, program))
  return wire
}
