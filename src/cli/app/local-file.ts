import { lstatSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { bytesOfText } from '../../core/byte-text.ts'
import type { LocalFileAnswer } from '../../module/probes/controller.ts'
import { readSource } from './source-file.ts'

const kindAt = (path: string): 'file' | 'folder' | 'other' | undefined => {
  const found = lstatSync(bytesOfText(path), { throwIfNoEntry: false })
  if (found === undefined) return undefined
  return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
}

/** A file in the place of a folder on the way. */
const blockedBy = (path: string): string | undefined => {
  const folder = dirname(path)
  if (folder === path) return undefined
  try {
    return kindAt(folder) === 'file' ? folder : blockedBy(folder)
  } catch {
    return blockedBy(folder)
  }
}

/**
 * What is there by now of a file that may be brought to the controller. A link in its place counts as nothing: it is replaced
 * by what comes, and not written through.
 */
export const readLocalFile = async (base: string, path: string): Promise<LocalFileAnswer> => {
  const file = resolve(base, path.replace(/^~(?=\/|$)/, homedir()))
  const blocked = blockedBy(file)
  if (blocked !== undefined)
    return { file, exists: false, fault: `${blocked} of the controller is a file, a folder is wanted` }
  const kind = kindAt(file)
  if (kind === 'folder')
    return { file, exists: false, fault: `${file} of the controller is a folder, a file is wanted` }
  if (kind !== 'file') return { file, exists: false }
  try {
    const { size, sha256 } = await readSource(file, 0)
    return { file, exists: true, size, sha256 }
  } catch (error) {
    return { file, exists: false, fault: `${file} of the controller may not be read: ${(error as Error).message}` }
  }
}
