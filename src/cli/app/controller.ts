import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { readBeginning, readControllerFile } from '../../core/controller-file.ts'
import { attempt, type Failure, Refusal, refuse } from '../../core/failure.ts'
import { isVault, openIfVault, VAULT_MARK } from '../../core/vault-file.ts'
import type { Reference } from '../../load/expression.ts'
import type { Task } from '../../load/playbook.ts'
import { archiveWanted, type SourceAnswer, type TemplateAnswer } from '../../module/probes/controller.ts'
import type { AnyQuery } from '../../module/query.ts'
import type { Supply } from './archives.ts'
import { findControllerFile } from './find-controller-file.ts'
import { createTemplates } from './templates.ts'

const sourceAnswer = async (folder: string, path: string, links: 'followed' | 'kept'): Promise<SourceAnswer> => {
  const found = findControllerFile([folder], 'files', path)
  if ('missing' in found) return { exists: false, missing: found.missing }
  if (statSync(found.at).isDirectory()) {
    const { readFolder } = await import('./source-folder.ts')
    return { exists: true, kind: 'directory', file: found.at, entries: await readFolder(found.at, links) }
  }
  const { readSource } = await import('./source-file.ts')
  return { exists: true, kind: 'file', ...(await readSource(found.at)) }
}

const filesOf = (found: SourceAnswer): string[] => {
  if (!found.exists) return []
  return found.kind === 'file' ? [found.file] : found.entries.flatMap(e => (e.kind === 'file' ? [e.file] : []))
}

/** What the controller can answer and render by itself: files beside the playbook, archives of the store. */
export type Controller = {
  local(query: AnyQuery): Promise<unknown>
  /** Loads what reads the template files of these tasks; before that, `render` and `references` cannot be asked. */
  ready(tasks: Task[]): Promise<void>
  /** The file that an argument of a task names, as an absolute path where the task has folders of its own to look in. */
  place(task: Task, argument: string, path: string): string
  render(path: string, scope: Record<string, unknown>): TemplateAnswer
  /** The names a task's template file reads, which are edges like those of its arguments. */
  references(task: Task): Reference[]
  /** Files that a task names and that are not there, or may not be read. */
  missing(task: Task): Failure[]
  /** The templates and files that were looked into. */
  files(): string[]
}

/** Why a vault that a task puts on hosts cannot be opened, as long as none of them was contacted. */
const lockedFault = (path: string): Failure[] => {
  if (statSync(path).isDirectory() || !isVault(readBeginning(path, VAULT_MARK))) return []
  return attempt(() => openIfVault(readControllerFile(path), path)).failures ?? []
}

/** What a path that is written as it is names. What a condition or a loop may leave out is looked for when it is needed. */
const missingIn = (folder: string, kind: string, names: string[], { args, when, loop, folders }: Task): Failure[] =>
  when.length > 0 || loop !== undefined
    ? []
    : names.flatMap((name): Failure[] => {
        const path = args.value[name]
        if (typeof path !== 'string' || path.includes('{{')) return []
        const found = findControllerFile([...folders, folder], kind, path)
        return 'missing' in found
          ? [{ reason: 'playbook-reference', what: found.missing, origin: args.at(`/${name}`) }]
          : lockedFault(found.at)
      })

/** A slash at the end says that the entries of a folder are meant, and not the folder. */
const endOf = (path: string): string => (path.endsWith('/') ? '/' : '')

export const createController = (folder: string, supply: Supply): Controller => {
  // Loaded when an archive is asked for, which is before the first apply and hardly ever after: 5 ms.
  const load = async () => (await import('./archives.ts')).createArchives(folder, supply)
  let archives: ReturnType<typeof load> | undefined
  const templates = createTemplates(folder)
  const sources = new Set<string>()
  const referencesOf = (path: unknown, folders: string[]): Reference[] => {
    if (typeof path !== 'string' || path.includes('{{')) return []
    const found = findControllerFile([...folders, folder], 'templates', path)
    if ('missing' in found) return []
    try {
      return templates.at(found.at).references
    } catch (error) {
      if (error instanceof Refusal) throw error
      return []
    }
  }
  return {
    local: async query => {
      const { kind } = query.probe
      if (kind === 'source' || kind === 'source-links') {
        const found = await sourceAnswer(folder, query.item, kind === 'source' ? 'followed' : 'kept')
        for (const file of filesOf(found)) sources.add(file)
        return found
      }
      if (kind === 'local-file') return (await import('./local-file.ts')).readLocalFile(folder, query.item)
      archives ??= load()
      if (kind === 'archive') return (await archives).ofStore(archiveWanted(query))
      if (kind === 'local-archive') return (await archives).own(query.item)
      throw new Error(`the controller has no answer to ${query.key}`)
    },
    ready: templates.ready,
    place: (task, argument, path) => {
      if (task.folders.length === 0) return path
      const kind = task.templates.includes(argument) ? 'templates' : 'files'
      const found = findControllerFile([...task.folders, folder], kind, path)
      return 'missing' in found ? refuse('playbook-reference', found.missing) : `${resolve(found.at)}${endOf(path)}`
    },
    render: (path, scope) => {
      const found = findControllerFile([folder], 'templates', path)
      return 'missing' in found
        ? { exists: false, missing: found.missing }
        : { exists: true, text: templates.at(found.at).render(scope) }
    },
    files: () => [...templates.files(), ...sources],
    missing: task => [
      ...missingIn(folder, 'templates', task.templates, task),
      ...missingIn(folder, 'files', task.files, task),
    ],
    references: task => task.templates.flatMap(name => referencesOf(task.args.value[name], task.folders)),
  }
}
