import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Reason, refuse } from '../core/failure.ts'

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

/** What a path is. */
export const kindOfPath = (path: string): 'file' | 'folder' | 'nothing' => {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file'
  } catch {
    return 'nothing'
  }
}

/** Whether others may not read a file. */
export const isPrivateFile = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.mode & 0o004) === 0
}

/** The text of a file that the user named. Throws a Refusal with `reason` where it cannot be read. */
export const readText = (path: string, what: string, reason: Reason): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return refuse(reason, `There is no ${what} ${path}.`)
    if (code === 'EISDIR') return refuse(reason, `${path} is a folder, a ${what} is wanted.`)
    if (code === 'EACCES') return refuse(reason, `The ${what} ${path} may not be read.`)
    return refuse(reason, `The ${what} ${path} cannot be read: ${code}.`)
  }
}

/** Whether an entry of `secrets:` means a file: by its path, or by the end of it as one would write it. */
export const isNamedBy = (file: string, entry: string): boolean => {
  const name = entry.replace(/^@/, '')
  return resolve(file) === resolve(name) || resolve(file).endsWith(`/${name.replace(/^(\.\/)+/, '')}`)
}
