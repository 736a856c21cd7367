import { statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'

/** Where a `src:` is looked for: in a folder of its kind beside the playbook, then beside it. */
const places = (playbookFolder: string, kind: string, path: string): string[] =>
  isAbsolute(path) ? [path] : [join(playbookFolder, kind, path), resolve(playbookFolder, path)]

/** A file of the controller's that a task names. */
export const locate = (folder: string, kind: string, path: string): { at: string } | { missing: string } => {
  const tried = places(folder, kind, path)
  const at = tried.find(place => statSync(place, { throwIfNoEntry: false }) !== undefined)
  return at === undefined ? { missing: `There is no ${path}: looked for ${tried.join(' and ')}.` } : { at }
}
