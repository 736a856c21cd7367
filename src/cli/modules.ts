import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Playbook } from '../load/playbook.ts'
import { didYouMean } from '../load/suggest.ts'
import type { AnyModule } from '../module/define.ts'

const folder = new URL('../../modules/', import.meta.url)

/** The files of some modules and of what they share, by names that are the same on every machine. */
export const moduleFiles = (names: string[]): [string, string][] => {
  const shared = readdirSync(new URL('lib/', folder))
    .sort()
    .map(name => `lib/${name}`)
  return [...names.map(name => `${name}.ts`), ...shared].map(name => [
    `module ${name}`,
    fileURLToPath(new URL(name, folder)),
  ])
}

/** The names of all modules: one file each. */
const moduleNames = (): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => entry.name.slice(0, -3))

/** Imports the modules a playbook uses, and no others. An unknown one is refused with the nearest name. */
export const loadModules = async (playbook: Playbook): Promise<Record<string, AnyModule>> => {
  const known = moduleNames()
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
    names.map(async name => [name, (await import(new URL(`${name}.ts`, folder).href)).default] as const),
  )
  return Object.fromEntries(loaded) as Record<string, AnyModule>
}
