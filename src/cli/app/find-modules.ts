import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Failure, Refusal } from '../../core/failure.ts'
import type { Playbook } from '../../load/playbook.ts'
import { didYouMean } from '../../load/suggest.ts'
import type { AnyModule } from '../../module/define.ts'

const folder = new URL('../../../modules/', import.meta.url)

/** The collections of modules that come with runbook. */
const collections = ['builtin', 'ipfs']

const filesIn = (path: string): string[] =>
  readdirSync(new URL(path, folder), { withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => `${path}${entry.name}`)
    .sort()

/** All modules, one file each, by name. */
const modulePaths = (): Map<string, string> =>
  new Map(
    collections
      .flatMap(name => filesIn(`${name}/`))
      .map(path => [path.slice(path.indexOf('/') + 1, -'.ts'.length), path]),
  )

/** The files of some modules and of what they share, by names that are the same on every machine. */
export const moduleFiles = (names: string[]): [string, string][] => {
  const paths = modulePaths()
  const shared = collections.flatMap(name => filesIn(`${name}/lib/`))
  return [...names.flatMap(name => paths.get(name) ?? []), ...shared].map(path => [
    `module ${path}`,
    fileURLToPath(new URL(path, folder)),
  ])
}

/** Imports the modules a playbook uses, and no others. An unknown one is refused with the nearest name. */
export const loadModules = async (playbook: Playbook): Promise<Record<string, AnyModule>> => {
  const paths = modulePaths()
  const known = [...paths.keys()].sort()
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const names = [...new Set(tasks.map(task => task.module))]
  const strange = tasks.filter(task => !known.includes(task.module))
  if (strange.length > 0)
    throw new Refusal(
      ...strange.map(
        (task): Failure => ({
          reason: 'playbook-module',
          what: `There is no module "${task.module}".`,
          fix: didYouMean(task.module, known) || `Modules: ${known.join(', ')}.`,
          origin: task.origin,
        }),
      ),
    )
  const loaded = await Promise.all(
    names.map(async name => [name, (await import(new URL(paths.get(name)!, folder).href)).default] as const),
  )
  return Object.fromEntries(loaded) as Record<string, AnyModule>
}
