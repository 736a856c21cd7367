import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { openControllerFile, readOpened } from '../../core/controller-file.ts'
import { sha256 } from '../../core/value.ts'

/** Up to this size a file's bytes are kept: it is written in one piece. A larger one is hashed as it is read. */
const inMemory = 1_000_000

/** A file of the controller that is to be put on hosts: its mode in four digits, its size, digest and, of a small one, bytes. */
export type SourceFile = { file: string; mode: string; size: number; sha256: string; bytes?: Buffer }

/** Reads a file; only one of at most `most` bytes stays in memory. Rejects with a FileFault where it cannot be read. */
export const readSource = async (file: string, most = inMemory): Promise<SourceFile> => {
  const opened = openControllerFile(file)
  const mode = opened.mode.toString(8).padStart(4, '0')
  if (opened.size <= inMemory) {
    const bytes = readOpened(file, opened)
    const kept = bytes.length <= most ? { bytes } : {}
    return { file, mode, size: bytes.length, sha256: sha256(bytes), ...kept }
  }
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream('', { fd: opened.descriptor, highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    size += (chunk as Buffer).length
  }
  return { file, mode, size, sha256: hash.digest('hex') }
}
