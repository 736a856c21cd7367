import { dirname, isAbsolute, join, resolve } from 'node:path'
import { refuse } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { parseTasks, plainWord, surroundingsIn } from './block.ts'
import { firstFile, type ImportedFiles } from './imported-files.ts'
import { type Located, locatedMember } from './located.ts'
import { importWords } from './names.ts'
import { staticText } from './static-text.ts'
import type { Surroundings, TaskItem } from './surroundings.ts'
import { collect, kindOf, type Problems } from './yaml-fields.ts'

/** So many files may lie in one another by what they import and include. */
export const DEEPEST_IMPORT = 50

/** What a playbook is put together with. */
export type Ground = {
  /** Variables of the command line. */
  extra: Record<string, Located>
  /** Folders with roles, and folders with collections, in the order in which they are looked into. */
  roles: string[]
  collections: string[]
  files: ImportedFiles
  warnings: string[]
}

/** What names the file of an import: a text, or `file` of a mapping. */
const fileNamed = (at: Located, word: string, problems: Problems): Located<string> | undefined => {
  const found = isRecord(at.value) ? locatedMember(at, 'file') : at
  if (typeof found.value === 'string' && found.value.trim() !== '') return found as Located<string>
  const what = `"${plainWord(word)}" wants the path of a file, not ${kindOf(found.value)}.`
  problems.push({ reason: 'playbook-shape', what, origin: found.origin })
  return undefined
}

/** Where the file of an import is looked for: beside the one that imports it, in its role, beside the playbook. */
export const importPlaces = (name: string, from: string, { role, handler, folder }: Surroundings): string[] => {
  if (isAbsolute(name)) return [name]
  const ofRole = role ? [join(role.folder, handler ? 'handlers' : 'tasks', name), join(role.folder, name)] : []
  const isOwn = resolve(from) === resolve(folder)
  return [...(isOwn ? [] : [join(from, name)]), ...ofRole, join(folder, name)]
}

/** Where what tasks of a file name is looked for, before it is beside the playbook: in their role and its parents, beside the file. */
export const foldersFor = (file: string, role: Surroundings['role'], main: string): string[] => {
  const roles = role ? [role, ...role.parents.toReversed()].map(one => one.folder) : []
  const beside = dirname(file)
  return [...new Set(resolve(beside) === resolve(main) ? roles : [...roles, beside])]
}

/** The tasks of a file that has been read. */
export const tasksOfFile = (
  path: string,
  document: Located | undefined,
  around: Surroundings,
  problems: Problems,
  { warnings }: Ground,
): TaskItem[] => {
  if (!document) {
    warnings.push(`${path} is imported and has no tasks.`)
    return []
  }
  if (!Array.isArray(document.value)) {
    const what = `A file of tasks must be a list, not ${kindOf(document.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: document.origin })
    return []
  }
  const own = { ...around, within: [...around.within, path], folders: foldersFor(path, around.role, around.main) }
  return parseTasks(document, 'A file of tasks', own, problems)
}

/** A file that imports itself, if only by way of others, would never end. */
export const needEnd = (path: string, { within }: Surroundings, origin: Located['origin']): void => {
  if (within.includes(path) || within.length > DEEPEST_IMPORT)
    refuse('playbook-shape', `${path} imports itself.`, {
      why: [...within, path].join(' -> '),
      fix: 'Take one of the imports away.',
      origin,
    })
}

/** Puts the tasks of a file in the place of the task that names it. */
export const importTasks = (
  word: string,
  at: Located,
  around: Surroundings,
  problems: Problems,
  ground: Ground,
): TaskItem[] => {
  const inside = surroundingsIn(at, `"${plainWord(word)}"`, importWords, around, problems)
  const named = fileNamed(locatedMember(at, word), word, problems)
  if (!named) return []
  const found = collect(problems, () => {
    const name = staticText(named, [...around.known, inside.vars, ground.extra])
    const path = firstFile(importPlaces(name, dirname(at.origin.file), around), 'file of tasks', name, named.origin)
    needEnd(path, around, named.origin)
    return { path, document: ground.files.read(path, 'file of tasks', named.origin) }
  })
  return found ? tasksOfFile(found.path, found.document, inside, problems, ground) : []
}
