import { isUtf8 } from 'node:buffer'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { bytesOfText } from './byte-text.ts'
import { type Origin, originBehind, type Reason, refuse } from './failure.ts'
import { isVaultFile, openIfVault } from './vault-file.ts'

// The door through which files of the controller are read that somebody has named, or that lie where they are looked for. What
// is no plain file is not opened: a named pipe would wait for its writer, a device never ends, and some devices do something
// when they are opened. How big a file is, is known before the first byte of it is read.

/** The biggest text that is read as a whole, in bytes: playbooks, inventories, variables, settings, templates, records of runs. */
export const MOST_OF_TEXT = 64 * 1024 * 1024
/** So many files of one folder of inventories or variables are looked at. */
const MOST_FILES = 10_000

/** Why a file cannot be read. `code` is the system's, or `NOFILE` and `EFBIG`; `told` goes on behind the file's name. */
export class FileFault extends Error {
  readonly code: string
  readonly told: string
  constructor(path: string, code: string, told: string) {
    super(`${path} ${told}`)
    this.code = code
    this.told = told
  }
}

/** Whether a file could not be opened because this process, or this machine, has too many of them open. */
export const isOutOfFiles = (error: unknown): boolean =>
  error instanceof FileFault && (error.code === 'EMFILE' || error.code === 'ENFILE')

const kindWord = (found: Stats): string => {
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a named pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** The device that is always empty is an empty file: one may be named where none is wanted. */
const isEmptyDevice = (found: Stats): boolean =>
  found.isCharacterDevice() && found.rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev

const leadsNowhere = (path: string): boolean => lstatSync(bytesOfText(path), { throwIfNoEntry: false }) !== undefined

/** What the system says, in words. */
const systemFault = (path: string, error: unknown): FileFault => {
  const { code = String(error) } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' && leadsNowhere(path)) return new FileFault(path, code, 'is a link that leads nowhere')
  const told = {
    ENOENT: 'is not there',
    EISDIR: 'is a folder',
    EACCES: 'may not be read',
    ELOOP: 'is a link to itself',
  }[code]
  return new FileFault(path, code, told ?? `cannot be read: ${code}`)
}

const bySystem = <T>(path: string, ask: () => T): T => {
  try {
    return ask()
  } catch (error) {
    throw error instanceof FileFault ? error : systemFault(path, error)
  }
}

const inMegabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`

const checked = (path: string, found: Stats, most: number): Stats => {
  if (!found.isFile() && !isEmptyDevice(found))
    throw new FileFault(path, found.isDirectory() ? 'EISDIR' : 'NOFILE', `is ${kindWord(found)}`)
  if (found.size > most)
    throw new FileFault(path, 'EFBIG', `has ${inMegabytes(found.size)}, and at most ${inMegabytes(most)} are read`)
  return found
}

/** A file that is open, to be read once from its beginning by its descriptor. */
export type OpenedFile = { descriptor: number; size: number; mode: number }

/**
 * Opens a plain file for reading. It is looked at before, and once more when it is open: nothing that is put in its place
 * meanwhile is waited for, nor read.
 *
 * @throws FileFault for what is no plain file, is bigger than `most` bytes, or what the system refuses.
 */
export const openControllerFile = (path: string, most = Number.POSITIVE_INFINITY): OpenedFile =>
  bySystem(path, () => {
    const name = bytesOfText(path)
    checked(path, statSync(name), most)
    const descriptor = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      const { size, mode } = checked(path, fstatSync(descriptor), most)
      return { descriptor, size, mode: mode & 0o7777 }
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  })

/** All that comes from a descriptor, up to `most` bytes. `again` is asked where nothing has come yet. */
const readAll = (path: string, descriptor: number, most: number, again: () => void): Buffer => {
  const pieces: Buffer[] = []
  for (let size = 0; ; ) {
    const piece = Buffer.allocUnsafe(64 * 1024)
    let count = 0
    try {
      count = readSync(descriptor, piece)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      again()
      continue
    }
    if (count === 0) return Buffer.concat(pieces)
    size += count
    if (size > most)
      throw new FileFault(path, 'EFBIG', `has more than ${inMegabytes(most)}, which is the most that is read`)
    pieces.push(piece.subarray(0, count))
  }
}

/** All that stands in a file that is open, and closes it. */
export const readOpened = (path: string, { descriptor }: OpenedFile, most = MOST_OF_TEXT): Buffer => {
  try {
    return readAll(path, descriptor, most, () => {
      throw new FileFault(path, 'NOFILE', 'says nothing, and does not end')
    })
  } finally {
    closeSync(descriptor)
  }
}

/** The descriptor that whoever started runbook has handed over by such a name, as a shell does for `<(…)`. */
const handedOver = (path: string): number | undefined => {
  const number = path === '/dev/stdin' ? '0' : /^\/(?:dev|proc\/self)\/fd\/(\d{1,6})$/.exec(path)?.[1]
  if (number === undefined) return undefined
  const found = fstatSync(Number(number))
  return found.isFIFO() || found.isSocket() ? Number(number) : undefined
}

/** Signals that end a program which does nothing about them. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Waits inside without hearing events: so a signal has to end the process by itself, as it does any program. */
const endingBySignals = <T>(inside: () => T): T => {
  const listeners = ENDING.map(signal => [signal, process.rawListeners(signal)] as const)
  for (const signal of ENDING) process.removeAllListeners(signal)
  try {
    return inside()
  } finally {
    for (const [signal, all] of listeners) for (const one of all) process.on(signal, one as NodeJS.SignalsListener)
  }
}

/** What was handed over can be read only once, and is asked for more than once. */
const handed = new Map<string, Buffer>()
const pause = new Int32Array(new SharedArrayBuffer(4))

const readHandedOver = (path: string, descriptor: number, most: number): Buffer => {
  const known = handed.get(path)
  if (known) return known
  const bytes = endingBySignals(() => readAll(path, descriptor, most, () => void Atomics.wait(pause, 0, 0, 20)))
  handed.set(path, bytes)
  return bytes
}

/**
 * The bytes of a plain file, or of a pipe that was handed over by its descriptor (`/dev/stdin`, `/dev/fd/63`): that one is
 * waited for until it ends or a signal comes.
 *
 * @throws FileFault as `openControllerFile`.
 */
export const readControllerFile = (path: string, most = MOST_OF_TEXT): Buffer =>
  bySystem(path, () => {
    const pipe = handedOver(path)
    if (pipe !== undefined) return readHandedOver(path, pipe, most)
    return readOpened(path, openControllerFile(path, most), most)
  })

/** How a plain file begins: at most so many bytes of it. @throws FileFault as `openControllerFile`. */
export const readBeginning = (path: string, bytes: number): Buffer =>
  bySystem(path, () => {
    const { descriptor } = openControllerFile(path)
    try {
      const beginning = Buffer.allocUnsafe(bytes)
      let size = 0
      for (let count = -1; count !== 0 && size < bytes; size += count)
        count = readSync(descriptor, beginning, size, bytes - size, size)
      return beginning.subarray(0, size)
    } finally {
      closeSync(descriptor)
    }
  })

/** The text of a file that may be missing, or be of no use: undefined then. */
export const textIfReadable = (path: string): string | undefined => {
  try {
    return readControllerFile(path).toString()
  } catch (error) {
    if (error instanceof FileFault) return undefined
    throw error
  }
}

/** The line that a place is in, as it is there by now; undefined where there is none, or it may not be shown. */
export const lineAt = ({ file, line }: Origin): string | undefined =>
  isVaultFile(file) ? undefined : textIfReadable(file)?.split('\n')[line - 1]

/** What a path is. What may not be looked at counts as a file: whoever reads it says why not. */
export const kindOfPath = (path: string): 'file' | 'folder' | 'nothing' => {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    return ['EACCES', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '') ? 'file' : 'nothing'
  }
}

/** Why a path is of no use as a source of content, going on behind its name; undefined where it is a file or a folder. */
export const sourceFault = (path: string): string | undefined => {
  const found = statSync(bytesOfText(path))
  return found.isFile() || found.isDirectory() || isEmptyDevice(found) ? undefined : `is ${kindWord(found)}`
}

/**
 * Why a file that another program is to read would keep it waiting, going on behind its name. Of one that is not there nothing
 * is said: that program does.
 */
export const waitingFault = (path: string): string | undefined => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined || found.isFile() || isEmptyDevice(found) ? undefined : `is ${kindWord(found)}`
}

/**
 * Why a file that is to be read later will be refused then, going on behind its name: it is no plain file, or has more than
 * `most` bytes. Of one that is not there, or may not be looked at, nothing is said: whoever reads it does.
 */
export const unfitFault = (path: string, most: number): string | undefined => {
  try {
    if (handedOver(path) === undefined) checked(path, statSync(bytesOfText(path)), most)
    return undefined
  } catch (error) {
    return error instanceof FileFault ? error.told : undefined
  }
}

/** Whether others may not read a file, or not without its password. */
export const isPrivateFile = (path: string): boolean => {
  if (isVaultFile(path)) return true
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.mode & 0o004) === 0
}

/** Whether an entry of `secrets:` means a file: by its path, or by the end of it as one would write it. */
export const isNamedBy = (file: string, entry: string): boolean => {
  const name = entry.replace(/^@/, '')
  return resolve(file) === resolve(name) || resolve(file).endsWith(`/${name.replace(/^(\.\/)+/, '')}`)
}

/** What a fault means for a file that was named as something. */
const refuseFile = (fault: FileFault, path: string, what: string, reason: Reason, origin?: Origin): never => {
  const more = origin === undefined ? {} : { origin }
  if (fault.code === 'ENOENT' && !fault.told.includes('link'))
    return refuse(reason, `There is no ${what} ${path}.`, more)
  if (fault.code === 'EISDIR') return refuse(reason, `${path} is a folder, a ${what} is wanted.`, more)
  return refuse(reason, `The ${what} ${path} ${fault.told}.`, {
    ...more,
    ...(fault.code === 'NOFILE' && { fix: 'Name a plain file.' }),
  })
}

const throwAsRefusal = (error: unknown, path: string, what: string, reason: Reason, origin?: Origin): never => {
  if (error instanceof FileFault) return refuseFile(error, path, what, reason, origin)
  throw error
}

/** UTF-16, as some editors save it: by its mark, or because every other byte of its beginning is zero. */
const isUtf16 = (bytes: Buffer): boolean => {
  const mark = bytes.toString('hex', 0, 2)
  const zeros = [0, 1, 2, 3].map(at => bytes[at] === 0)
  return mark === 'fffe' || mark === 'feff' || /^(10|01)\1$/.test(zeros.map(Number).join(''))
}

const REPLACEMENT = Buffer.from('\ufffd')

/** Where the first byte stands that is part of no character. */
const firstBadByte = (bytes: Buffer, text: string, file: string): Origin => {
  let [from, offset] = [0, 0]
  for (;;) {
    const at = text.indexOf('\ufffd', from)
    if (at < 0) return { file, line: 1, column: 1 }
    offset += Buffer.byteLength(text.slice(from, at))
    // Somebody may have written this very character.
    if (!bytes.subarray(offset, offset + 3).equals(REPLACEMENT)) return originBehind(file, text.slice(0, at))
    from = at + 1
    offset += REPLACEMENT.length
  }
}

/** The bytes of a file as text. In another encoding than UTF-8 it would be read as something else than was written. */
const textOfFile = (bytes: Buffer, path: string, what: string, reason: Reason): string => {
  const text = bytes.toString()
  const fix = 'Save it as UTF-8.'
  if (isUtf16(bytes))
    return refuse(reason, `The ${what} ${path} is UTF-16.`, { origin: { file: path, line: 1, column: 1 }, fix })
  if (!isUtf8(bytes))
    return refuse(reason, `The ${what} ${path} is no UTF-8 text.`, { origin: firstBadByte(bytes, text, path), fix })
  const zero = text.indexOf('\0')
  if (zero < 0) return text
  return refuse(reason, `The ${what} ${path} holds a zero byte.`, {
    origin: originBehind(path, text.slice(0, zero)),
    fix: 'It is no text: name another file, or take the byte out.',
  })
}

/**
 * The bytes of a file that the user named, as `what`. `origin`: where it is named.
 *
 * @throws Refusal with `reason` where it cannot be read, is no plain file, or too big.
 */
export const readBytes = (path: string, what: string, reason: Reason, origin?: Origin, most = MOST_OF_TEXT): Buffer => {
  try {
    return readControllerFile(path, most)
  } catch (error) {
    return throwAsRefusal(error, path, what, reason, origin)
  }
}

/** The same as text. @throws Refusal also for what is no UTF-8. */
export const readText = (path: string, what: string, reason: Reason, origin?: Origin): string =>
  textOfFile(openIfVault(readBytes(path, what, reason, origin), path), path, what, reason)

/**
 * The files in a folder and below it, by name in each folder; `isWanted` says of a name whether it counts. A link that leads
 * back to a folder above it is refused: it would have no end.
 *
 * @throws Refusal with `reason`, as `namesInFolder`.
 */
export const filesBelow = (
  folder: string,
  reason: Reason,
  isWanted: (name: string) => boolean = () => true,
  above: string[] = [],
): string[] => {
  const names = namesInFolder(folder, reason)
  const real = realpathSync(folder)
  if (above.includes(real)) refuse(reason, `The folder ${folder} leads back to ${real}, which it lies in.`)
  const files = names.filter(isWanted).flatMap(name => {
    const path = join(folder, name)
    return kindOfPath(path) === 'folder' ? filesBelow(path, reason, isWanted, [...above, real]) : [path]
  })
  if (files.length <= MOST_FILES) return files
  return refuse(reason, `The folder ${folder} holds ${files.length} files: at most ${MOST_FILES} are read.`)
}

/**
 * The names in a folder that the user named, sorted.
 *
 * @throws Refusal with `reason` where it may not be read, or holds more than anybody means.
 */
export const namesInFolder = (folder: string, reason: Reason): string[] => {
  try {
    const names = bySystem(folder, () => readdirSync(folder)).sort()
    if (names.length <= MOST_FILES) return names
    return refuse(reason, `The folder ${folder} holds ${names.length} files: at most ${MOST_FILES} are read.`)
  } catch (error) {
    return throwAsRefusal(error, folder, 'folder', reason)
  }
}
