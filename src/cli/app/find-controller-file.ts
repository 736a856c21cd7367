import { accessSync, constants } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { bytesOfText } from '../../core/byte-text.ts'
import { sourceFault } from '../../core/controller-file.ts'

/** Where a `src:` is looked for: in a folder of its kind beside the playbook, then beside it. */
const places = (playbookFolder: string, kind: string, path: string): string[] =>
  isAbsolute(path) ? [path] : [join(playbookFolder, kind, path), resolve(playbookFolder, path)]

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

/** A file of the controller's that a task names. */
export const findControllerFile = (
  folder: string,
  kind: string,
  path: string,
): { at: string } | { missing: string } => {
  const tried = places(folder, kind, path)
  for (const at of tried) {
    const fault = faultOf(at)
    if (fault === undefined) return { at }
    if (!absent.includes(fault.code)) return { missing: `${at} ${fault.told}.` }
  }
  return { missing: `There is no ${path}: looked for ${tried.join(' and ')}.` }
}
