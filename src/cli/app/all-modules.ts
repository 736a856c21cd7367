import { type Failure, Refusal } from '../../core/failure.ts'
import { moduleWord } from '../../load/collections.ts'
import type { AnyModule } from '../../module/define.ts'
import { importModule } from './import-module.ts'
import { type ModuleFile, modulePath } from './module-path.ts'
import { importShipped } from './shipped-modules.ts'

/** A module with where it comes from: the collection of runbook's own, or the file. */
export type FoundModule = { name: string; from: string; module: AnyModule }

const load = async (file: ModuleFile): Promise<AnyModule> =>
  file.shipped === undefined ? importModule(file) : ((await importShipped(file.shipped)) as AnyModule)

const fromOf = ({ shipped, path }: ModuleFile): string =>
  shipped === undefined ? path : shipped.slice(0, shipped.indexOf('/'))

/** One of the modules that playbooks of a folder may name; undefined where there is none of that name. */
export const findModule = async (folder: string, name: string): Promise<FoundModule | undefined> => {
  const file = modulePath(folder).find(moduleWord(name))
  return file && { name: file.name, from: fromOf(file), module: await load(file) }
}

/** The names of all of them. */
export const namesOfModules = (folder: string): string[] => modulePath(folder).names

/** All of them, by name; and what is wrong with files that are none. */
export const findModules = async (folder: string): Promise<{ found: FoundModule[]; failures: Failure[] }> => {
  const tried = await Promise.allSettled(namesOfModules(folder).map(name => findModule(folder, name)))
  const errors = tried.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  const bug = errors.find(error => !(error instanceof Refusal))
  if (bug !== undefined) throw bug
  return {
    found: tried.flatMap(one => (one.status === 'fulfilled' && one.value ? [one.value] : [])),
    failures: errors.flatMap(({ failures }: Refusal) => failures),
  }
}
