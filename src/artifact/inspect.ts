import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type ArchiveMember, refuseDamagedArchive } from '../core/archive-member.ts'
import { readTar } from './tar.ts'

const PIECE = 1024 * 1024

/** Both digests of a file, in one pass. */
export const fileDigests = async (file: string): Promise<{ sha256: string; sha512: string }> => {
  const sha256 = createHash('sha256')
  const sha512 = createHash('sha512')
  for await (const piece of createReadStream(file, { highWaterMark: PIECE })) {
    sha256.update(piece)
    sha512.update(piece)
  }
  return { sha256: sha256.digest('hex'), sha512: sha512.digest('hex') }
}

const isGzip = async (file: string): Promise<boolean> => {
  const handle = await open(file)
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

const unpacked = (file: string): AsyncIterable<Buffer> => {
  const gunzip = createGunzip({ chunkSize: PIECE / 4 })
  // An error on the way destroys gunzip, so its reader gets it; the promise of the pipeline would only repeat it.
  pipeline(createReadStream(file, { highWaterMark: PIECE }), gunzip).catch(() => {})
  return gunzip
}

const isGzipError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')

/**
 * What unpacking a `.tar` or `.tar.gz` makes; of two members with one path the last counts, as in unpacking.
 * Refuses (`usage-file`) what is cut off, damaged, or not such an archive.
 */
export const archiveMembers = async (file: string): Promise<ArchiveMember[]> => {
  const chunks = (await isGzip(file)) ? unpacked(file) : createReadStream(file, { highWaterMark: PIECE })
  const members = new Map<string, ArchiveMember>()
  try {
    for await (const member of readTar(chunks)) members.set(member.path, member)
  } catch (error) {
    if (!isGzipError(error)) throw error
    return refuseDamagedArchive(
      error.code === 'Z_BUF_ERROR' ? 'it is cut off: the gzip data has no end' : `gzip says: ${error.message}`,
    )
  }
  return members.size > 0 ? [...members.values()] : refuseDamagedArchive('there is nothing in it')
}
