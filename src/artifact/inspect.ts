import { createHash } from 'node:crypto'
import { createReadStream, type ReadStream, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type ArchiveMember, refuseDamagedArchive } from '../core/archive-member.ts'
import { openControllerFile } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'
import { readTar } from './tar.ts'

const PIECE = 1024 * 1024
/** How every gzip begins. */
const GZIP = 0x1f8b
/** What a gzip may unpack to: so many times what it has packed, or so many bytes if that is more. */
const MOST_TIMES = 100
const SURELY_UNPACKED = 256 * 1024 * 1024

/** Both digests of a file, in one pass. */
export const fileDigests = async (file: string): Promise<{ sha256: string; sha512: string }> => {
  const sha256 = createHash('sha256')
  const sha512 = createHash('sha512')
  for await (const piece of piecesOf(file)) {
    sha256.update(piece)
    sha512.update(piece)
  }
  return { sha256: sha256.digest('hex'), sha512: sha512.digest('hex') }
}

/** A plain file of the controller in pieces. @throws FileFault for what is none. */
const piecesOf = (file: string): ReadStream => {
  const { descriptor } = openControllerFile(file)
  return createReadStream('', { fd: descriptor, start: 0, highWaterMark: PIECE })
}

/** The tar in a file, and what its size may be. */
const tarIn = (file: string): { chunks: Readable; isPacked: boolean; most: number } => {
  const { descriptor, size } = openControllerFile(file)
  const beginning = Buffer.alloc(2)
  readSync(descriptor, beginning, 0, 2, 0)
  const pieces = createReadStream('', { fd: descriptor, start: 0, highWaterMark: PIECE })
  if (beginning.readUInt16BE(0) !== GZIP) return { chunks: pieces, isPacked: false, most: Number.POSITIVE_INFINITY }
  const gunzip = createGunzip({ chunkSize: PIECE / 4 })
  // An error on the way destroys gunzip, so its reader gets it; the promise of the pipeline would only repeat it.
  pipeline(pieces, gunzip).catch(() => {})
  return { chunks: gunzip, isPacked: true, most: Math.max(SURELY_UNPACKED, MOST_TIMES * size) }
}

/** What a gzip unpacks to, up to what is sensible. A file of zeros becomes a thousandth by it, a program a third. */
async function* upTo(most: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > most)
      refuse('usage-file', 'the archive unpacks to too much', {
        why: `it is more than ${(most / 1024 / 1024).toFixed(0)} MB, ${MOST_TIMES} times what it has packed`,
        fix: 'if all of it is meant, pack it as .tar without gzip, or unpack it from the host itself: remote_src',
      })
    yield chunk
  }
}

const isGzipError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')

/**
 * What unpacking a `.tar` or `.tar.gz` makes; of two members with one path the last counts, as in unpacking.
 * Refuses (`usage-file`) what is cut off, damaged, or not such an archive.
 */
export const archiveMembers = async (file: string): Promise<ArchiveMember[]> => {
  const { chunks, isPacked, most } = tarIn(file)
  const members = new Map<string, ArchiveMember>()
  try {
    for await (const member of readTar(upTo(most, chunks), isPacked ? 'whole' : 'tar')) members.set(member.path, member)
  } catch (error) {
    if (!isGzipError(error)) throw error
    return refuseDamagedArchive(
      error.code === 'Z_BUF_ERROR' ? 'it is cut off: the gzip data has no end' : `gzip says: ${error.message}`,
    )
  } finally {
    chunks.destroy()
  }
  return members.size > 0 ? [...members.values()] : refuseDamagedArchive('there is nothing in it')
}
