import { accessSync, constants } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { bytesOfText } from '../../core/byte-text.ts'
import { sourceFault } from '../../core/controller-file.ts'

/** Where a `src:` is looked for: in each folder in the one of its kind, then in the folder itself. */
const places = (folders: string[], kind: string, path: string): string[] =>
  isAbsolute(path) ? [path] : folders.flatMap(folder => [join(folder, kind, path), resolve(folder, path)])

/** Why a path cannot be read, by the system's word and in words; undefined where it can. */
const faultOf = (path: string): { code: string; told: string } | undefined => {
  try {
    const at = bytesOfText(path)
    accessSync(at, constants.R_OK)
    const told = sourceFault(path)
    return told === undefined ? undefined : { code: 'NOFILE', told: `${told}: a file or a folder is wanted` }
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    return { code, told: `may not be read (${code})` }
  }
}
const absent = ['ENOENT', 'ENOTDIR']

/**
 * A file of the controller's that a task names.
 * @param folders the role and the folder of the task's own file, where it has them, and the playbook's
 */
export const findControllerFile = (
  folders: string[],
  kind: string,
  path: string,
): { at: string } | { missing: string } => {
  const tried = places(folders, kind, path)
  for (const at of tried) {
    const fault = faultOf(at)
    if (fault === undefined) return { at }
    if (!absent.includes(fault.code)) return { missing: `${at} ${fault.told}.` }
  }
  return { missing: `There is no ${path}: looked for ${tried.join(' and ')}.` }
}
