import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { MOST_OF_TEXT, openControllerFile, readBeginning, readOpened } from '../../core/controller-file.ts'
import { refuse } from '../../core/failure.ts'
import { sha256 } from '../../core/value.ts'
import { isVault, openIfVault, VAULT_MARK } from '../../core/vault-file.ts'

/** Up to this size a file's bytes are kept: it is written in one piece. A larger one is hashed as it is read. */
const inMemory = 1_000_000

/** A file of the controller that is to be put on hosts: its mode in four digits, its size, digest and, of a small one, bytes. */
export type SourceFile = { file: string; mode: string; size: number; sha256: string; bytes?: Buffer }

/** Reads a file; only one of at most `most` bytes stays in memory. Rejects with a FileFault where it cannot be read. */
export const readSource = async (file: string, most = inMemory): Promise<SourceFile> => {
  const opened = openControllerFile(file)
  const mode = opened.mode.toString(8).padStart(4, '0')
  const isSealed = opened.size > inMemory && opened.size <= MOST_OF_TEXT && isVault(readBeginning(file, VAULT_MARK))
  if (opened.size <= inMemory || isSealed) {
    const written = readOpened(file, opened)
    const bytes = openIfVault(written, file, 'content')
    // What a vault holds lies nowhere to be read from again, as larger files are when they are sent.
    if (bytes !== written && bytes.length > inMemory)
      refuse('usage-vault', `The vault ${file} holds more than is put on hosts from a vault.`, {
        why: `It holds ${bytes.length} bytes, and at most ${inMemory} are.`,
        fix: 'Keep the file itself where only you may read it, and name it in `secrets` of the play.',
      })
    const kept = bytes.length <= most || bytes !== written ? { bytes } : {}
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
