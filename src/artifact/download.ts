import { ftruncateSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Emit } from '../core/event.ts'
import { withoutCredentials } from './address.ts'
import { DownloadError, type HttpAnswer, type HttpClient } from './http.ts'

/** How patient a download is, and whom it tells how far it is. */
export type Patience = {
  /** Milliseconds without a byte after which a server is given up. */
  silence: number
  /** Milliseconds before the second attempt; each further pause is twice as long. */
  pause: number
}
export type Download = { http: HttpClient; patience: Patience; signal: AbortSignal; emit: Emit }

const ATTEMPTS = 4
/** An attempt that brought so many bytes does not count as failed: on a bad line a big file comes in many pieces. */
const WORTHWHILE = 1_000_000
const TELL_EVERY_MS = 250
/** No file of digests is longer. */
const LONGEST_TEXT = 1_000_000
/** No archive of programs is bigger, where nothing is known of the one that is wanted. */
const BIGGEST = 1024 ** 3

/** What is known of the size of an archive before it has come. */
export type KnownSize = { size: number; by: string }

/** The bytes cannot be those that are wanted: there is nothing to go on with. */
export class WrongSize extends DownloadError {}

/** Refuses what is not of the size that is known, or bigger than any archive: before it has come, and as it comes. */
const checkSize = (bytes: number, known: KnownSize | undefined, extent: 'so far' | 'whole'): void => {
  const isWrong = known === undefined ? bytes > BIGGEST : extent === 'whole' ? bytes !== known.size : bytes > known.size
  if (!isWrong) return
  const has = `it has ${extent === 'whole' ? '' : 'more than '}${extent === 'whole' ? bytes : (known?.size ?? BIGGEST)} bytes`
  throw new WrongSize(
    known ? `${has}, and not the ${known.size} that ${known.by} says` : `${has}: no archive is as big`,
  )
}

/** Tries again until it works or trying again is of no use. `gained` says how many bytes the last attempt brought. */
const withRetries = async <T>(
  { patience, signal, emit }: Download,
  url: string,
  attempt: () => Promise<T>,
  gained = (): number => 0,
): Promise<T> => {
  for (let failed = 0; ; ) {
    try {
      return await attempt()
    } catch (error) {
      failed = gained() >= WORTHWHILE ? 1 : failed + 1
      if (!(error instanceof DownloadError) || !error.passing || failed >= ATTEMPTS) throw error
      const wait = Math.max(error.after, patience.pause * 2 ** (failed - 1))
      emit({ type: 'warning', text: `${withoutCredentials(url)}: ${error.message}; trying again in ${wait / 1000} s` })
      await sleep(wait, undefined, { signal })
    }
  }
}

/** Downloads a short text. */
export const downloadShortText = (download: Download, url: string): Promise<string> =>
  withRetries(download, url, async () => {
    const pieces: Buffer[] = []
    let size = 0
    await download.http.get(url, 0, () => piece => {
      size += piece.length
      if (size > LONGEST_TEXT) throw new DownloadError('it is no file of digests: it is too long')
      pieces.push(piece)
    })
    return Buffer.concat(pieces).toString()
  })

/** Where in the file an answer begins, and how long the file is as far as the server says. */
const rangeOf = ({ status, header }: HttpAnswer): { start: number; total?: number } => {
  const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(header('content-range') ?? '') ?? []
  const length = status === 200 ? header('content-length') : total
  return { start: status === 200 ? 0 : Number(start), ...(length === undefined ? {} : { total: Number(length) }) }
}

const writeAll = (fd: number, piece: Buffer): void => {
  for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at)
}

/**
 * Downloads into `file`, continuing behind the bytes that are there already. The caller has to check the digest.
 * Rejects with a DownloadError when the server does not give it, or gives more than is `known` of it.
 */
export const downloadFile = async (
  download: Download,
  url: string,
  archive: string,
  file: string,
  known?: KnownSize,
): Promise<void> => {
  const handle = await open(file, 'a+')
  let done = (await handle.stat()).size
  let begun = done
  let reported = 0
  const tell = (total?: number): void => {
    reported = Date.now()
    download.emit({
      type: 'download',
      archive,
      from: withoutCredentials(url),
      done,
      ...(total === undefined ? {} : { total }),
    })
  }
  const attempt = async (): Promise<void> => {
    begun = done
    let whole: number | undefined
    await download.http.get(url, done, answer => {
      const { start, total } = rangeOf(answer)
      whole = total
      if (answer.status === 416 && total === done) return undefined
      if (total !== undefined) checkSize(total, known, 'whole')
      if (start !== done) {
        // The server does not know ranges, or what is here is not of this file.
        ftruncateSync(handle.fd)
        done = 0
        begun = 0
        if (start !== 0)
          throw new DownloadError('it sent another part of the file than it was asked for', { passing: true })
      }
      tell(total)
      return piece => {
        checkSize(done + piece.length, known, 'so far')
        writeAll(handle.fd, piece)
        done += piece.length
        if (Date.now() - reported >= TELL_EVERY_MS) tell(total)
      }
    })
    if (whole !== undefined && done < whole) throw new DownloadError('the connection broke', { passing: true })
    tell(done)
  }
  try {
    await withRetries(download, url, attempt, () => done - begun)
  } finally {
    await handle.close()
  }
}
