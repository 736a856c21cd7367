import { randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import type { ProgramEnd, Wire } from '../connection/link.ts'
import { type Failure, notAnAnswer, Refusal } from '../core/failure.ts'
import { dressed, keepFunction } from '../core/keep-attributes.ts'
import { closetFor, partName, pinFunctions, placed, TEMPORARY_DIGITS } from '../core/pinned-folder.ts'
import { asOther, quote, quoted } from '../core/quote.ts'
import { systemFix } from '../core/system-fix.ts'
import type { Upload } from '../core/transport.ts'
import { lastLine } from './become.ts'
import { type PastGreeting, pastGreeting } from './greeting.ts'
import { agreeOnStart, bytesFrom, leavesPart, PART_DIGITS, partScript, receiveRest } from './part.ts'
import { ANSWER_SECONDS } from './shell.ts'

const CHUNK = 256 * 1024
const CHUNKS_AT_ONCE = 4
/** How long one chunk may take to be taken: less than 2 KB/s is no connection. */
const CHUNK_SECONDS = 150

/**
 * The program at the other end: its first line of stdin is the script, the rest the file. `read` takes one byte at
 * a time and leaves the rest to `cat`; and the script, with its digest, is in no argument list.
 */
export const RECEIVER_PROGRAM = `/bin/sh -c 'IFS= read -r x && eval "$x"'`

/** The same, which root runs for another user. */
export const receiverOf = (user: string): string => `/bin/sh -c ${quote(`${asOther(user)} ${RECEIVER_PROGRAM}`)}`

/** What a failing program said, without the advice that coreutils add, and tar's words on leaving. */
const reasonIn = (said: string): string =>
  lastLine(said.replaceAll(/^(Try '|tar: (Child|Exiting with|Error is not recoverable)).*$/gm, ''))

const begin = [
  'export LC_ALL=C',
  'umask 077',
  'fail() { printf "%s\\n" "$1" >&2; exit 1; }',
  'trap "exit 1" HUP INT TERM PIPE',
]

/** Compares the digest in `s` with the expected one. */
const checked = ({ digest }: Upload): string =>
  `[ "\${s%% *}" = ${quote(digest)} ] || fail "the bytes that arrived are not the ones meant: their sha256 differs"`

/** A new file, made by this shell (noclobber), never one that is there; and all that comes, in it. */
const receiveAnew = ['set -C', '( : > "$t" ) || exit 1', 'set +C', 'cat > "$t" || exit 1']

/**
 * Receives in a closet for the target (see `pinned-folder.ts`), and gives what came its name only when size and digest are right and
 * its bytes are on the disk. The end of stdin says nothing: a cut connection ends it too. Whatever goes wrong, the trap takes
 * the file away, but for what has come of a large one until the cut (`$k`).
 */
const receiveScript = (upload: Upload, random: string, isKept: boolean): string => {
  const byChance = partName(upload.path, random)
  const part = isKept ? partName(upload.path, upload.digest.slice(0, PART_DIGITS)) : byChance
  return [
    ...begin,
    `[ ! -d ${quote(upload.path)} ] || fail ${quote(`${upload.path} is a folder`)}`,
    'k=',
    closetFor(upload.path, [part, byChance]),
    // Of a file whose last bytes are lacking nothing is kept that is empty or too long.
    `trap '{ [ "$k" ] && [ -s "$t" ] && t=; }; tidy' EXIT`,
    ...(isKept ? [...partScript(upload, `part-${random}`), ...receiveRest(upload)] : receiveAnew),
    'n=$(wc -c < "$t")',
    `[ "$n" -lt ${upload.size} ] || k=`,
    `[ "$n" -eq ${upload.size} ] || fail "$((n)) of ${upload.size} bytes arrived"`,
    ...(isKept ? [] : ['s=$(sha256sum < "$t") || exit 1']),
    checked(upload),
    keepFunction,
    `of=${quote(upload.path)}`,
    `{ ${dressed(upload)}; } || exit 1`,
    'sync "$t" 2>/dev/null || sync',
    ...(upload.over === undefined ? [] : [`{ ${upload.over}; } || { echo moved-${random}; exit 1; }`]),
    `${placed} || exit 1`,
    `echo stored-${random}`,
  ].join('; ')
}

/**
 * Unpacks what arrives into a folder while it arrives: it is read once, for tar and for its digest, and lies nowhere by
 * itself. A failure of tar is reported before the digest: on a full disk it says more. The folder is entered, and has to be one
 * where nobody else may write: then it is the one that was made for this, whatever becomes of its name.
 */
const unpackScript = (upload: Upload, random: string): string => {
  const folder = quote(upload.path)
  const open = `somebody else may write to ${upload.path}, or has put another folder in its place`
  return [
    ...begin,
    pinFunctions,
    'umask 022',
    `[ -d ${folder} ] || fail ${quote(`the folder ${upload.path} does not exist`)}`,
    `pin ${folder} || exit 1`,
    `alone || fail ${quote(open)}`,
    `s=$({ { tee /dev/fd/3 | sha256sum >&4 3>&-; } 3>&1 | tar --no-same-owner -xzf - ${quoted(upload.unpack ?? [])}; } 4>&1) || exit 1`,
    checked(upload),
    'sync -f . 2>/dev/null || sync',
    `echo stored-${random}`,
  ].join('; ')
}

/**
 * What receives an upload from its standard input, in sh, and prints `stored-RANDOM` in the end. `isKept`: what has come is
 * agreed upon first, and stays behind a cut.
 */
export const receiverScript = (upload: Upload, random: string, isKept = false): string =>
  upload.unpack ? unpackScript(upload, random) : receiveScript(upload, random, isKept)

const failed = (name: string, { path }: Upload, why: string): Failure => ({
  reason: 'host-upload',
  what: `${path} could not be put on ${name}`,
  why,
  fix: /No space left|quota/i.test(why)
    ? `free some space in ${posix.dirname(path)}`
    : (systemFix(why) ?? 'nothing was left there; run again'),
})

/** The failure of an upload whose host starts no program to receive it. */
export const noUpload = (name: string, upload: Upload, refusal: { why: string; fix: string }): Failure => ({
  ...failed(name, upload, refusal.why),
  fix: refusal.fix,
})

const movedFailure = (name: string, { path }: Upload): Failure => ({
  reason: 'plan-moved',
  what: `${path} on ${name} is not what was read there`,
  fix: 'run again: it is planned over what is there now',
})

/** Whether what a receiver has printed says that it is in place; refused where something else was there. */
export const isStored = (name: string, upload: Upload, random: string, stdout: string): boolean => {
  if (stdout.includes(`moved-${random}`)) throw new Refusal(movedFailure(name, upload))
  return stdout.includes(`stored-${random}`)
}

/** The failure of a receiver that has said this on standard error. */
export const uploadFailed = (name: string, upload: Upload, said: string, status: number | undefined): Failure =>
  failed(name, upload, reasonIn(said) || `the script there ended with ${status ?? 'no status'}`)

export const unreadable = (error: unknown): Failure => ({
  reason: 'usage-file',
  what: `a file to be uploaded cannot be read: ${(error as Error).message}`,
})

const lost = (name: string, { path }: Upload, { why }: ProgramEnd): Failure => ({
  reason: 'host-lost',
  what: `the connection to ${name} broke while ${path} was sent`,
  why: why ?? 'the host closed the connection',
  fix: 'run the same command again: the file is either whole or was not touched, and what has come of a large one is not sent again',
})

const stalled = (name: string, { path }: Upload, seconds: number, doing: string): Failure => ({
  reason: 'host-lost',
  what: `${name} has not ${doing} for ${seconds} seconds: ${path} is not known to be there`,
  why: 'its disk may hang, or the network on the way, or whoever answers there does not want to. The other hosts went on',
  fix: 'run the same command again: the file is either whole or was not touched. Where a disk takes so long, say how long it may: ansible_command_timeout',
})

/**
 * Sends all chunks from one place on, several at once so that the next is there when one is gone; ends early when the other
 * end is gone, whose reason then counts.
 */
const pour = async (
  wire: Wire,
  upload: Upload,
  from: number,
  onProgress: (sent: number) => void,
  taken: <T>(chunk: Promise<T>) => Promise<T>,
): Promise<void> => {
  const gone = wire.closed.then(() => true)
  const under: { written: Promise<boolean>; size: number }[] = []
  let sent = from
  const settled = async (most: number): Promise<boolean> => {
    while (under.length > most) {
      const { written, size } = under.shift()!
      if (await taken(Promise.race([written, gone]))) return false
      sent += size
      onProgress(sent)
    }
    return true
  }
  for await (const chunk of bytesFrom(upload, from, Number.MAX_SAFE_INTEGER, CHUNK)) {
    // ssh2 forgets the callback of a write into a channel that closes meanwhile.
    const written = new Promise<boolean>(resolve => wire.stdin.write(chunk, () => resolve(false)))
    under.push({ written, size: chunk.length })
    if (!(await settled(CHUNKS_AT_ONCE - 1))) return
  }
  await settled(0)
}

/**
 * Sends one file, to be kept or to be unpacked, to a `RECEIVER_PROGRAM` at the other end of the wire. `refused` gives
 * the failure of a program that did not start. Rejects with a Refusal: `host-upload` with the host's reason,
 * `host-lost` when the connection broke or an answer did not come in `answerSeconds`, `host-protocol` when what came is none,
 * `plan-moved` when something else is there than `over` says,
 * `usage-file` when the file cannot be read here.
 */
export const sendFile = async (
  name: string,
  wire: Wire,
  upload: Upload,
  refused: (said: string) => Failure | undefined,
  onProgress: (sent: number) => void = () => {},
  answerSeconds = ANSWER_SECONDS,
): Promise<void> => {
  const random = randomBytes(TEMPORARY_DIGITS / 2).toString('hex')
  const heard = pastGreeting(name, wire)
  wire.stdin.on('error', () => {})
  wire.stdin.write(`${heard.mark}; ${receiverScript(upload, random, leavesPart(upload))}\n`)
  const send = async (): Promise<void> => {
    const answered = inTime(heard, answerSeconds, seconds => stalled(name, upload, seconds, 'said what it has'))
    const from = leavesPart(upload) ? await answered(agreeOnStart(wire, heard, `part-${random}`, upload)) : 0
    if (from === undefined) return
    if (from > 0) onProgress(from)
    const chunkSeconds = Math.min(CHUNK_SECONDS, answerSeconds)
    const taken = inTime(heard, chunkSeconds, seconds => stalled(name, upload, seconds, 'taken any more of it'))
    await pour(wire, upload, from, onProgress, taken)
    if (heard.stdout().includes(`stored-${random}`)) throw new Refusal(tooEarly(name, upload))
  }
  const unread = await send().then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Refusal)) return unreadable(error)
      wire.cut()
      throw error
    },
  )
  wire.stdin.end()
  const put = inTime(heard, answerSeconds, seconds => stalled(name, upload, seconds, 'said that it is stored'))
  const ending = await put(wire.closed)
  if (unread) throw new Refusal(unread)
  // Some servers never send a status: the word at the end is what counts.
  if (isStored(name, upload, random, heard.stdout())) return
  if (ending.status === undefined && ending.why !== undefined) throw new Refusal(lost(name, upload, ending))
  const said = heard.stderr()
  const notStarted = heard.begun() ? undefined : refused(said)
  throw new Refusal(notStarted ?? uploadFailed(name, upload, said, ending.status))
}

/** What has to be done in time, and what is said where it is not. */
const inTime =
  (heard: PastGreeting, seconds: number, late: (seconds: number) => Failure) =>
  <T>(promise: Promise<T>): Promise<T> =>
    heard.within(promise, seconds, () => late(seconds))

const tooEarly = (name: string, { path }: Upload): Failure =>
  notAnAnswer(`what ${name} says is no answer to what was asked`, `it has stored ${path} before its end was sent`)

/** What cannot be sent at all: the script is one line, and a shell's words end at a zero byte. */
export const uploadProblem = (name: string, upload: Upload): Failure | undefined =>
  posix.isAbsolute(upload.path) && !/[\0\n]/.test(upload.path) && Number.isSafeInteger(upload.size)
    ? undefined
    : failed(name, upload, 'its path must be absolute and of one line, its size a whole number')
