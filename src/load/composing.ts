import { dirname, isAbsolute, join, resolve } from 'node:path'
import { kindOfPath, readText } from '../core/controller-file.ts'
import { type Origin, refuse } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { parseTasks, plainWord, surroundingsIn } from './block.ts'
import { keyOrigin, type Located, locatedMember } from './located.ts'
import { importWords } from './names.ts'
import type { Composing } from './playbook.ts'
import { staticText } from './static-text.ts'
import type { Surroundings, TaskItem } from './task.ts'
import { parseYaml } from './yaml.ts'
import { collect, kindOf, type Problems } from './yaml-fields.ts'

/** So many files are imported at most, each as often as it is named: files that import each other would never end. */
const MOST_IMPORTS = 10_000
const DEEPEST = 50

/** What a playbook is put together with. */
export type Ground = {
  /** The folder of the playbook. */
  folder: string
  /** Variables of the command line. */
  extra: Record<string, Located>
}

/** Whether a file holds comments and blank lines only. */
const isBlank = (text: string): boolean => text.split('\n').every(line => /^\s*(#|---\s*$|\.\.\.\s*$|$)/.test(line))

/** The files of a playbook besides its own, each parsed once. */
type Files = {
  read(path: string, what: string, origin: Origin): Located | undefined
  all: Map<string, Located | undefined>
}

const createFiles = (): Files => {
  const all = new Map<string, Located | undefined>()
  let count = 0
  return {
    all,
    read: (path, what, origin) => {
      if (++count > MOST_IMPORTS)
        refuse('playbook-shape', `More than ${MOST_IMPORTS} files are imported.`, {
          why: 'Each file counts as often as it is named.',
          origin,
        })
      if (all.has(path)) return all.get(path)
      const text = readText(path, what, 'playbook-reference', origin)
      const found = isBlank(text) ? undefined : parseYaml(text, path)
      all.set(path, found)
      return found
    },
  }
}

/** The first of some paths where there is a file. Throws a Refusal (`playbook-reference`) that names all of them. */
export const firstFile = (paths: string[], what: string, name: string, origin: Origin): string => {
  const tried = [...new Set(paths)]
  return (
    tried.find(path => kindOfPath(path) === 'file') ??
    refuse('playbook-reference', `There is no ${what} ${name}.`, {
      why: `Looked for ${tried.join(', ')}.`,
      origin,
    })
  )
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
const placesOf = (name: string, from: string, { role, handler }: Surroundings, { folder }: Ground): string[] => {
  if (isAbsolute(name)) return [name]
  const ofRole = role ? [join(role.folder, handler ? 'handlers' : 'tasks', name), join(role.folder, name)] : []
  const isOwn = resolve(from) === resolve(folder)
  return [...(isOwn ? [] : [join(from, name)]), ...ofRole, join(folder, name)]
}

/** Where files of tasks are looked for that stand in a file: in their role, beside them. */
export const foldersFor = (file: string, role: Surroundings['role'], { folder }: Ground): string[] => {
  const beside = dirname(file)
  const own = role ? [role.folder] : []
  return resolve(beside) === resolve(folder) ? own : [...own, beside]
}

const importTasks = (
  word: string,
  at: Located,
  around: Surroundings,
  problems: Problems,
  { ground, files, warnings }: { ground: Ground; files: Files; warnings: string[] },
): TaskItem[] => {
  const inside = surroundingsIn(at, `"${plainWord(word)}"`, importWords, around, problems)
  const named = fileNamed(locatedMember(at, word), word, problems)
  if (!named) return []
  const found = collect(problems, () => {
    const name = staticText(named, [...around.known, inside.vars, ground.extra])
    const path = firstFile(placesOf(name, dirname(at.origin.file), around, ground), 'file of tasks', name, named.origin)
    if (around.within.includes(path) || around.within.length > DEEPEST)
      refuse('playbook-shape', `The file ${path} imports itself.`, {
        why: [...around.within, path].join(' -> '),
        fix: 'Take one of the imports away.',
        origin: named.origin,
      })
    return { path, document: files.read(path, 'file of tasks', named.origin) }
  })
  if (!found) return []
  const { path, document } = found
  if (!document) {
    warnings.push(`${path} is imported and has no tasks.`)
    return []
  }
  if (!Array.isArray(document.value)) {
    const what = `A file of tasks must be a list, not ${kindOf(document.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: document.origin })
    return []
  }
  const own = { ...inside, within: [...around.within, path], folders: foldersFor(path, around.role, ground) }
  return parseTasks(document, 'A file of tasks', own, problems)
}

const notYet = (word: string, at: Located, problems: Problems): TaskItem[] => {
  const what = `The task keyword "${word}" is not supported yet.`
  problems.push({ reason: 'playbook-shape', what, origin: keyOrigin(at, word) })
  return []
}

/** Reads what a playbook is put together from: files of tasks, roles, other playbooks. */
export const createComposing = (ground: Ground): Composing => {
  const files = createFiles()
  const warnings: string[] = []
  return {
    readImport: (word, at, around, problems) =>
      plainWord(word) === 'import_tasks'
        ? importTasks(word, at, around, problems, { ground, files, warnings })
        : notYet(word, at, problems),
    files: () => [...files.all.keys()],
    warnings,
  }
}
