import { type FileAnswer, later, T, temporaryBeside } from '../../../src/module/module.ts'

/** An argument that holds a path on the host. */
export const pathArgument = (description: string, words: object = {}) =>
  T.String({ pattern: '^/', ...words, description: `${description} An absolute path.` })

/** An argument of what configures a daemon. */
export const stampArgument = T.Optional(
  pathArgument('A file that is touched when the daemon needs a restart; see `newer_than` of service.'),
)

/** An argument that holds a folder which the paths of other things are made of: no `/` at its end. */
export const folderArgument = (fallback: string, description: string) =>
  T.String({
    pattern: '^(/[^/]+)+$',
    default: fallback,
    description: `${description} An absolute path.`,
  })

/** The path without slashes that mean nothing. */
export const plainPath = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
export const parentFolder = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
/** The folders above a path, outermost first, without `/`. */
export const foldersAbove = (path: string): string[] => {
  const folder = parentFolder(path)
  return folder === '/' ? [] : [...foldersAbove(folder), folder]
}
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
/** Where a folder is made before it is renamed into place, whole: beside it. */
export const unfinishedPath = (path: string): string => temporaryBeside(plainPath(path), '.new', '.')

/** Why something cannot be done, and what to do about it. */
export type Obstacle = { why: string; fix: string }

/** A folder to put something into that is not there, or is none. */
export const missingFolder = (folder: string, found: FileAnswer): Obstacle | undefined => {
  if (!found.exists)
    return {
      why: `the folder ${folder} does not exist`,
      fix: 'create it in an earlier task, with file and state: directory',
    }
  const kind = later(() => found.kind)
  return kind === 'file' || kind === 'other'
    ? {
        why: `${folder} is a ${kind === 'file' ? 'file' : 'special file'}, a folder is wanted`,
        fix: 'choose another path: what is there is kept',
      }
    : undefined
}

/** Where a link leads, by its own words alone. */
export const linkTarget = (path: string, target: string): string => {
  const way: string[] = []
  for (const name of (target.startsWith('/') ? target : `${parentFolder(path)}/${target}`).split('/')) {
    if (name === '..') way.pop()
    else if (name !== '' && name !== '.') way.push(name)
  }
  return `/${way.join('/')}`
}
