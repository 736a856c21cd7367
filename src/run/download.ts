import { createHash, type Hash } from 'node:crypto'
import {
  closeSync,
  constants,
  createReadStream,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { bytesOfText, byteText } from '../core/byte-text.ts'
import { type Failure, notAnAnswer, Refusal } from '../core/failure.ts'
import { quote } from '../core/quote.ts'
import type { Fragment, Transport } from '../core/transport.ts'

/**
 * A file of a host and where it goes; `mode` are the most bits that it gets here, before the umask. `loose`: it comes as it is
 * by then, up to `most` bytes; else only in the size that was seen.
 */
export type WantedFile = { path: string; size: number; digest: string; file: string; mode: string } & Loose
type Loose = { loose?: true; most?: number }

export type BroughtEnd = { is: 'done' } | { is: 'moved' } | { is: 'failed'; failure: Failure }

/** Progress is told each time that so much has come. */
const toldEvery = 1_000_000
/** So much of what a program says on leaving is kept. */
const mostWords = 4096

/** What has come of a file lies beside its place, under a name made of its digest; a long name is cut. */
const partOf = ({ file, digest }: WantedFile): string => {
  const start = partStart(file)
  return join(dirname(file), `${start}${digest.slice(0, 16)}.part`)
}
const partStart = (file: string): string => `.${file.slice(file.lastIndexOf('/') + 1).slice(0, 50)}.`

/** Parts of other bytes, which nobody will go on with. */
const sweep = (wanted: WantedFile): void => {
  const own = partOf(wanted)
  const folder = dirname(wanted.file)
  for (const name of readdirSync(bytesOfText(folder), { encoding: 'buffer' }).map(byteText)) {
    const isPart =
      name.startsWith(partStart(wanted.file)) && /^[0-9a-f]{16}\.part$/.test(name.slice(partStart(wanted.file).length))
    if (isPart && join(folder, name) !== own) rmSync(bytesOfText(join(folder, name)), { force: true })
  }
}

/** A part as it is open: how many bytes it has, and their digest so far. */
type Part = { at: string; descriptor: number; size: number; hash: Hash }

/** Opens a part to go on with, if it is a plain file of ours that nobody else may read; else begins a new one. */
const openPart = async (wanted: WantedFile, from: 'end' | 'beginning'): Promise<Part> => {
  const at = partOf(wanted)
  const found = lstatSync(bytesOfText(at), { throwIfNoEntry: false })
  const isOurs =
    found?.isFile() &&
    found.nlink === 1 &&
    found.uid === process.getuid?.() &&
    (found.mode & 0o077) === 0 &&
    found.size <= wanted.size
  const goesOn = from === 'end' && isOurs === true
  const hash = createHash('sha256')
  if (!goesOn) rmSync(bytesOfText(at), { force: true, recursive: true })
  else for await (const chunk of createReadStream(bytesOfText(at))) hash.update(chunk as Buffer)
  const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const descriptor = openSync(
    bytesOfText(at),
    O_WRONLY | O_APPEND | O_NOFOLLOW | (goesOn ? 0 : O_CREAT | O_EXCL),
    0o600,
  )
  return { at, descriptor, size: goesOn ? fstatSync(descriptor).size : 0, hash }
}

const hereFailure = (file: string, error: unknown): Failure => {
  const { code, message } = error as NodeJS.ErrnoException
  return {
    reason: 'usage-file',
    what: `${file} cannot be written here`,
    why: message,
    fix:
      code === 'ENOSPC' || code === 'EDQUOT'
        ? `free some space in ${dirname(file)}`
        : 'choose another dest, or mend its rights',
  }
}

const mostOf = ({ loose, most, size }: WantedFile): number => (loose ? (most ?? size) : size)

/** The host is asked for one byte more than may come: so it shows that a file has become longer. */
const oneMore = 1

/** What a host sends that was asked for so many bytes and sends more. */
const floodFailure = ({ path }: WantedFile, most: number): Failure =>
  notAnAnswer(
    `what the host sends of ${path} is not what was asked for`,
    `more came than the ${most} bytes that it was asked for`,
  )

/** Receives what is lacking. Returns what the program said on leaving, and its status. */
const receive = async (
  transport: Transport,
  as: (sh: string) => Fragment,
  wanted: WantedFile,
  part: Part,
  onProgress: (done: number) => void,
): Promise<{ status: number; said: string }> => {
  const most = mostOf(wanted) + oneMore
  const at = quote(wanted.path)
  const sh = `${part.size > 0 ? `tail -c +${part.size + 1}` : 'cat'} -- ${at} | head -c ${most - part.size}`
  let said = ''
  let told = part.size
  if (part.size > 0) onProgress(part.size)
  const [output] = await transport.run([as(sh)], undefined, (_, stream, bytes) => {
    if (stream === 'stderr') {
      said = (said + bytes.toString()).slice(-mostWords)
      return
    }
    if (part.size + bytes.length > most) throw new Refusal(floodFailure(wanted, most))
    // Written at once: so what comes waits until there is room for it, on the line and not in memory.
    for (let sent = 0; sent < bytes.length; ) sent += writeSync(part.descriptor, bytes, sent)
    part.hash.update(bytes)
    part.size += bytes.length
    if (part.size - told < toldEvery && part.size !== wanted.size) return
    told = part.size
    onProgress(part.size)
  })
  return { status: output?.status ?? 1, said }
}

/** Puts a whole part in its place. What is there is replaced, a link too. */
const place = ({ at, descriptor }: Part, { file, mode }: WantedFile): void => {
  fchmodSync(descriptor, Number(`0o${mode}`) & ~process.umask())
  fsyncSync(descriptor)
  renameSync(bytesOfText(at), bytesOfText(file))
}

/**
 * Brings a file of a host here, in a frame of its own whose output goes to the disk as it comes. It gets its name when it is
 * whole: with the digest that was seen, unless it is `loose`. What has come of it stays where the connection is cut, and the
 * next download of the same bytes goes on behind it; where those turn out not to be the first of the file it begins anew.
 * `as` gives the fragment that reads it, as whoever may.
 *
 * @throws Refusal what the transport says
 */
export const download = async (
  transport: Transport,
  as: (sh: string) => Fragment,
  wanted: WantedFile,
  onProgress: (done: number) => void = () => {},
  from: 'end' | 'beginning' = 'end',
): Promise<BroughtEnd> => {
  let part: Part | undefined
  try {
    mkdirSync(bytesOfText(dirname(wanted.file)), { recursive: true })
    sweep(wanted)
    part = await openPart(wanted, wanted.loose ? 'beginning' : from)
    const begun = part.size
    const { status, said } = await receive(transport, as, wanted, part, onProgress)
    const isLonger = part.size > mostOf(wanted)
    // Of two programs only the last one's status is known; the first one says what is wrong.
    const isRead = status === 0 && (isLonger || said === '')
    const isWhole = isRead && !isLonger && (wanted.loose || part.hash.digest('hex') === wanted.digest)
    if (isWhole) {
      place(part, wanted)
      return { is: 'done' }
    }
    rmSync(bytesOfText(part.at), { force: true })
    if (!isRead) return { is: 'failed', failure: unreadFailure(wanted, said) }
    if (wanted.loose) return { is: 'failed', failure: longerFailure(wanted) }
    return begun > 0 ? await download(transport, as, wanted, onProgress, 'beginning') : { is: 'moved' }
  } catch (error) {
    if (error instanceof Refusal) {
      // What a connection that was cut has brought is gone on with; what a host has made up is not.
      if (part && error.failures[0]?.reason === 'host-protocol') rmSync(bytesOfText(part.at), { force: true })
      throw error
    }
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    if (part) rmSync(bytesOfText(part.at), { force: true })
    return { is: 'failed', failure: hereFailure(wanted.file, error) }
  } finally {
    if (part) closeSync(part.descriptor)
  }
}

const unreadFailure = ({ path }: WantedFile, said: string): Failure => ({
  reason: 'host-step',
  what: `${path} could not be read`,
  ...(said.trim() === '' ? {} : { why: said.trim().split('\n').at(-1)! }),
  fix: 'let the task run as a user who may read it: become: true',
})

const longerFailure = (wanted: WantedFile): Failure => ({
  reason: 'host-step',
  what: `${wanted.path} has become longer than the ${mostOf(wanted)} bytes that may be brought`,
  fix: 'say how many it may have: max_size',
})
