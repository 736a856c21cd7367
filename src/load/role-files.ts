import { basename, join } from 'node:path'
import { filesBelow, kindOfPath } from '../core/controller-file.ts'
import { type Origin, refuse } from '../core/failure.ts'
import type { ImportedFiles } from './imported-files.ts'
import type { Located } from './located.ts'
import { type Problems, variablesOfFile } from './yaml-fields.ts'

const endings = ['.yml', '.yaml', '.json']

/** A file of a role that was read. */
export type RoleFile = { path: string; document: Located | undefined }

/**
 * The file of a part of a role (`tasks`, `handlers`, `meta`, ...): main.yml, main.yaml, main.json, main; or the one that is
 * named, with these endings or without. Of a named one that is not there a Refusal (`playbook-reference`) tells.
 */
const pathOf = (folder: string, part: string, name: string | undefined, origin: Origin): string | undefined => {
  const tried = (name === undefined ? [...endings, ''] : ['', ...endings]).map(ending =>
    join(folder, part, (name ?? 'main') + ending),
  )
  const found = tried.find(path => kindOfPath(path) !== 'nothing')
  if (found !== undefined || name === undefined) return found
  return refuse('playbook-reference', `The role has no file ${name} in ${part}/.`, {
    why: `Looked for ${tried.join(', ')}.`,
    origin,
  })
}

/** One list or mapping of a role; undefined where it has none. Throws a Refusal. */
export const roleFile = (
  folder: string,
  part: string,
  name: string | undefined,
  files: ImportedFiles,
  origin: Origin,
): RoleFile | undefined => {
  const path = pathOf(folder, part, name, origin)
  return path === undefined || kindOfPath(path) === 'folder'
    ? undefined
    : { path, document: files.read(path, `file of ${part}`, origin) }
}

/** Variables of a role: a file, or a folder with files, of which the last in the order of their names wins. */
export const roleVariables = (
  folder: string,
  part: 'defaults' | 'vars',
  name: string | undefined,
  files: ImportedFiles,
  origin: Origin,
  problems: Problems,
): Record<string, Located> => {
  const path = pathOf(folder, part, name, origin)
  if (path === undefined) return {}
  const isVars = (file: string): boolean =>
    !basename(file).startsWith('.') && (endings.some(ending => file.endsWith(ending)) || !basename(file).includes('.'))
  const all = kindOfPath(path) === 'folder' ? filesBelow(path, 'playbook-reference', isVars) : [path]
  const found = all.map(file => {
    const document = files.read(file, 'file of variables', origin)
    return document === undefined ? {} : variablesOfFile(document, problems)
  })
  return Object.assign({}, ...found)
}
