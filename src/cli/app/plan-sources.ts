import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { readControllerFile } from '../../core/controller-file.ts'
import { refuse } from '../../core/failure.ts'
import { keyedDigest } from '../../core/value.ts'
import { inventoryFiles } from '../../load/inventory.ts'
import type { SavedPlan } from '../../planfile/saved-plan.ts'
import { moduleDigests } from './module-digest.ts'
import { modulePath } from './module-path.ts'
import type { Prepared } from './prepare.ts'

/** A keyed digest: a file of variables may hold a secret that could be guessed by a plain one. */
const digestOf = (key: Buffer, path: string): string | undefined => {
  try {
    return keyedDigest(key, readControllerFile(path))
  } catch {
    return undefined
  }
}

/** The files that are read whatever comes of the plan. */
const always = (playbook: string, inventory: string[], variableFiles: string[]): string[] => [
  playbook,
  ...variableFiles,
  ...inventoryFiles(inventory, dirname(playbook)),
]

/** In front of the word of a module: a space is in no path that is looked at by accident. */
const modulePrefix = 'module '

/** What modules are made of, by names for a plan, as keyed digests. */
const moduleSources = (playbookFolder: string, words: string[], key: Buffer): [string, string][] =>
  [...moduleDigests(playbookFolder, words)].map(([word, digest]) => [
    `${modulePrefix}${word}`,
    keyedDigest(key, digest),
  ])

/** The files of modules that only a role has: they are held against as any other file is. */
const libraryFiles = (folder: string, roles: string[], words: string[]): string[] => {
  const [all, others] = [modulePath(folder, roles), modulePath(folder)]
  return words.flatMap(word => {
    const file = all.find(word)
    return file && file.path !== others.find(word)?.path ? [file.path] : []
  })
}

/** The files and modules that a plan was made from, by their names and digests. */
export const planSources = (
  playbook: string,
  { asked, known, controller }: Prepared,
  variableFiles: string[],
  key: Buffer,
): Record<string, string> => {
  const { files, folder, roles } = known.loaded.playbook
  const words = Object.keys(known.modules)
  const ofRoles = roles.length === 0 ? [] : libraryFiles(folder, roles, words)
  const own = [...always(playbook, asked.inventory, variableFiles), ...files, ...ofRoles, ...controller.files()]
  return Object.fromEntries([
    ...own.map((path): [string, string] => [path, digestOf(key, path) ?? '']),
    ...moduleSources(folder, words, key),
  ])
}

/** Throws a Refusal (`plan-stale`) that names the files that are no longer what the plan was made from. */
export const checkSources = ({ asked, sources, runbook }: SavedPlan, version: string, key: Buffer): void => {
  const words = Object.keys(sources).flatMap(name =>
    name.startsWith(modulePrefix) ? [name.slice(modulePrefix.length)] : [],
  )
  const modules = new Map(moduleSources(dirname(asked.playbook), words, key))
  const changed = Object.entries(sources)
    .filter(([name, digest]) => (modules.get(name) ?? digestOf(key, name) ?? '') !== digest)
    .map(([name]) => name)
  const added = always(asked.playbook, asked.inventory, asked.variableFiles).filter(name => !(name in sources))
  const news = [
    ...(version === runbook ? [] : [`It was made by runbook ${runbook}; this is ${version}.`]),
    ...(changed.length > 0 ? [`Changed or gone: ${changed.join(', ')}.`] : []),
    ...(added.length > 0 ? [`New: ${added.join(', ')}.`] : []),
  ]
  if (news.length > 0)
    refuse('plan-stale', 'What the plan was made from has changed since.', {
      why: news.join('\n'),
      fix: existsSync(asked.playbook)
        ? 'Make the plan again.'
        : 'Call it from the folder that the plan was made in, or make the plan again.',
    })
}
