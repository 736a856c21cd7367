import { type Failure, Refusal } from '../../core/failure.ts'
import { builtinPrefix } from '../../load/names.ts'
import type { Playbook } from '../../load/playbook.ts'
import { didYouMean } from '../../load/suggest.ts'
import type { AnyModule, Diagnose } from '../../module/define.ts'
import { shareDiagnoses } from '../../module/share-diagnoses.ts'
import { type ModuleFile, modulePath } from './module-path.ts'
import { collections, importShipped } from './shipped-modules.ts'

/** The modules of a playbook by the words of its tasks, and what is to be said of where they were found. */
type FoundModules = { modules: Record<string, AnyModule>; warnings: string[] }

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

const unknownModule = (word: string, known: string[]): Pick<Failure, 'reason' | 'what' | 'fix'> => {
  const isOwn = word.startsWith(builtinPrefix)
  const name = isOwn ? word.slice(builtinPrefix.length) : word
  return {
    reason: 'playbook-module',
    what: `There is no module "${word}".`,
    fix: didYouMean(name, known) || `Modules: ${known.join(', ')}.`,
  }
}

/**
 * Finds and imports the modules that a playbook uses, and no others. Throws a Refusal (`playbook-module`) with every task
 * whose module is unknown, then the nearest name is offered, and every file that is no module.
 */
export const loadModules = async (playbook: Playbook): Promise<FoundModules> => {
  const path = modulePath(playbook.folder)
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const strange = tasks.filter(task => path.find(task.module) === undefined)
  if (strange.length > 0)
    throw new Refusal(
      ...strange.map((task): Failure => ({ ...unknownModule(task.module, path.names), origin: task.origin })),
    )
  const files = new Map(tasks.map(({ module }) => [module, path.find(module)!]))
  const loaded = await Promise.allSettled(
    [...files].map(async ([word, file]) => [word, await loadModule(file)] as const),
  )
  const errors = loaded.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  const bug = errors.find(error => !(error instanceof Refusal))
  if (bug !== undefined) throw bug
  if (errors.length > 0) throw new Refusal(...errors.flatMap(({ failures }: Refusal) => failures))
  return {
    modules: await withDiagnoses(
      Object.fromEntries(loaded.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))),
    ),
    warnings: [...files].flatMap(([word, file]) => {
      const hidden = word.startsWith(builtinPrefix) ? undefined : path.hiddenBy(file)
      return hidden ? [hiding(file, hidden)] : []
    }),
  }
}
