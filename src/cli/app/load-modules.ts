import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Failure, Refusal } from '../../core/failure.ts'
import { didYouMean } from '../../core/suggest.ts'
import { withoutCollection } from '../../load/collections.ts'
import { builtinPrefix } from '../../load/names.ts'
import type { Playbook } from '../../load/playbook.ts'
import { maySkip } from '../../load/task.ts'
import { type AnyModule, type Diagnose, defineModule } from '../../module/define.ts'
import { T } from '../../module/schema.ts'
import { shareDiagnoses } from '../../module/share-diagnoses.ts'
import { type ModuleFile, modulePath } from './module-path.ts'
import { collections, importShipped } from './shipped-modules.ts'

/**
 * The modules of a playbook by the words of its tasks, what is wrong with the files of others, what is to be said of where
 * they were found, and the names of all that there are.
 */
type FoundModules = {
  modules: Record<string, AnyModule>
  failures: Failure[]
  warnings: string[]
  names: readonly string[]
}

const loadModule = async (file: ModuleFile): Promise<AnyModule> => {
  if (file.shipped !== undefined) return (await importShipped(file.shipped)) as AnyModule
  return (await import('./import-module.ts')).importModule(file)
}

/** What the collections know of failures. builtin's comes last: a host says less of a failure than the program does. */
const withDiagnoses = async (modules: Record<string, AnyModule>): Promise<Record<string, AnyModule>> => {
  if (!Object.values(modules).some(module => module.diagnose)) return modules
  const common = collections.toReversed().map(async name => (await importShipped(`${name}/lib/diagnoses`)) as Diagnose)
  return shareDiagnoses(modules, await Promise.all(common))
}

/** Who hides whom, in one sentence. */
const hiding = (file: ModuleFile, hidden: ModuleFile): string =>
  hidden.shipped === undefined
    ? `${file.path} hides the module ${hidden.path}`
    : `${file.path} hides the module that comes with runbook, which is ${builtinPrefix}${file.name}`

/**
 * Finds and imports the modules that a playbook uses, and no others. A word that names none is left out; a file that is no
 * module is a failure (`playbook-module`).
 */
export const loadModules = async (playbook: Playbook): Promise<FoundModules> => {
  const path = modulePath(playbook.folder, playbook.roles)
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const files = new Map(
    tasks.flatMap(({ module }): [string, ModuleFile][] => {
      const file = path.find(module)
      return file ? [[module, file]] : []
    }),
  )
  const loaded = await Promise.allSettled(
    [...files].map(async ([word, file]) => [word, await loadModule(file)] as const),
  )
  const errors = loaded.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  const bug = errors.find(error => !(error instanceof Refusal))
  if (bug !== undefined) throw bug
  return {
    failures: errors.flatMap(({ failures }: Refusal) => failures),
    names: [...new Set([...path.names, ...files.keys()])],
    modules: await withDiagnoses(
      Object.fromEntries(loaded.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))),
    ),
    warnings: [...files].flatMap(([word, file]) => {
      const hidden = word.startsWith(builtinPrefix) ? undefined : path.hiddenBy(file)
      return hidden ? [hiding(file, hidden)] : []
    }),
  }
}

/** Whether a role brings a module of this name that is none of ours. */
const pythonOf = (name: string, folders: string[]): string | undefined =>
  folders.map(folder => join(folder, 'library', `${name}.py`)).find(path => existsSync(path))

/** A module that there is not, for tasks that may come to nothing: where a host comes to one, it fails by its name. */
const standIn = (word: string, { names }: FoundModules, { folder, roles }: Playbook): AnyModule => {
  const name = withoutCollection(word)
  const python = pythonOf(name, [folder, ...roles])
  const fix = python
    ? 'Modules are written in TypeScript or JavaScript: write it anew in library/, or as tasks.'
    : didYouMean(name, names) || '`runbook module list` lists those that there are.'
  const why = `there is no module "${name}"${python ? `: ${python} is written in Python` : ''}`
  return defineModule({
    name,
    about: why,
    args: T.Object({}, { additionalProperties: true }),
    examples: [],
    reads: () => ({}),
    plan: (_args, _seen, { fail }) => fail(why, fix),
  }) as AnyModule
}

/** The modules of tasks, with stand-ins for those that there are not where all their tasks may come to nothing. */
export const withStandIns = (found: FoundModules, playbook: Playbook): Record<string, AnyModule> => {
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const needed = new Set(tasks.filter(task => !maySkip(task)).map(({ module }) => module))
  const missing = tasks
    .map(({ module }) => module)
    .filter(word => !(word in found.modules) && !needed.has(word) && !found.names.includes(word))
  const standIns = [...new Set(missing)].map(word => [word, standIn(word, found, playbook)] as const)
  return { ...found.modules, ...Object.fromEntries(standIns) }
}
