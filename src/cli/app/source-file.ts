import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { bytesOfText } from '../../core/byte-text.ts'
import { sha256 } from '../../core/value.ts'

/** Up to this size a file's bytes are kept: it is written in one piece. A larger one is hashed as it is read. */
const inMemory = 1_000_000

/** A file of the controller that is to be put on hosts: its mode in four digits, its size, digest and, of a small one, bytes. */
export type SourceFile = { file: string; mode: string; size: number; sha256: string; bytes?: Buffer }

/** Reads a file; only one of at most `most` bytes stays in memory. Rejects with the plain error of a file that may not be read. */
export const readSource = async (file: string, most = inMemory): Promise<SourceFile> => {
  const at = bytesOfText(file)
  const found = await stat(at)
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0')
  if (found.size <= inMemory) {
    const bytes = await readFile(at)
    const kept = bytes.length <= most ? { bytes } : {}
    return { file, mode, size: bytes.length, sha256: sha256(bytes), ...kept }
  }
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(at, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    size += (chunk as Buffer).length
  }
  return { file, mode, size, sha256: hash.digest('hex') }
}
