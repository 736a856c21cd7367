import { accessSync, constants } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'

/** Where a `src:` is looked for: in a folder of its kind beside the playbook, then beside it. */
const places = (playbookFolder: string, kind: string, path: string): string[] =>
  isAbsolute(path) ? [path] : [join(playbookFolder, kind, path), resolve(playbookFolder, path)]

/** Why a path cannot be read; undefined where it can. */
const faultOf = (path: string): string | undefined => {
  try {
    return void accessSync(path, constants.R_OK)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error'
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
    if (!absent.includes(fault)) return { missing: `${at} may not be read (${fault}).` }
  }
  return { missing: `There is no ${path}: looked for ${tried.join(' and ')}.` }
}
