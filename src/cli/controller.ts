import { readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { cacheFolder, createStore, type Store } from '../artifact/store.ts'
import { digestsOf, membersOf } from '../artifact/survey.ts'
import { Refusal } from '../core/failure.ts'
import { sha256 } from '../core/value.ts'
import type { Task } from '../load/playbook.ts'
import { compileFile } from '../load/template.ts'
import type { ArchiveAnswer, SourceAnswer, TemplateAnswer } from '../module/probes/controller.ts'
import type { AnyQuery } from '../module/query.ts'

/** Where a `src:` is looked for: in a folder of its kind beside the playbook, then beside it. */
const places = (playbookFolder: string, kind: string, path: string): string[] =>
  isAbsolute(path) ? [path] : [join(playbookFolder, kind, path), resolve(playbookFolder, path)]

const locate = (folder: string, kind: string, path: string): { at: string } | { missing: string } => {
  const tried = places(folder, kind, path)
  const at = tried.find(place => statSync(place, { throwIfNoEntry: false }) !== undefined)
  return at === undefined ? { missing: `There is no ${path}: looked for ${tried.join(' and ')}.` } : { at }
}

const sourceAnswer = async (folder: string, path: string): Promise<SourceAnswer> => {
  const found = locate(folder, 'files', path)
  if ('missing' in found) return { exists: false, missing: found.missing }
  if (statSync(found.at).isDirectory()) return { exists: true, kind: 'directory', file: found.at, size: 0, sha256: '' }
  const bytes = await readFile(found.at)
  return { exists: true, kind: 'file', file: found.at, size: bytes.length, sha256: sha256(bytes), bytes }
}

/** A user's own archive: no one vouches for it, so no digest is asked for beside it. */
const ownArchive = async (folder: string, path: string): Promise<ArchiveAnswer> => {
  const found = locate(folder, 'files', path)
  if ('missing' in found) return { exists: false, missing: found.missing, fix: 'Put the archive there.' }
  try {
    const [{ sha256: digest }, members] = [await digestsOf(found.at), await membersOf(found.at)]
    return {
      exists: true,
      name: basename(path),
      file: found.at,
      size: statSync(found.at).size,
      sha256: digest,
      members,
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { exists: false, missing: `${found.at}: ${error.message}`, fix: 'Pack it again, as .tar or .tar.gz.' }
  }
}

const archiveAnswer = async (store: Store, name: string): Promise<ArchiveAnswer> => {
  const found = await store.find(name)
  return 'missing' in found ? { exists: false, missing: found.missing, fix: found.fix } : { exists: true, ...found }
}

/** What the controller can answer and render by itself: files beside the playbook, archives of the store. */
export type Controller = {
  local(query: AnyQuery): Promise<unknown>
  render(path: string, scope: Record<string, unknown>): TemplateAnswer
  /** The names a task's template file reads, which are edges like those of its arguments. */
  references(task: Task): { path: (string | null)[] }[]
}

export const createController = (folder: string, artifacts: string | undefined): Controller => {
  const cache = cacheFolder()
  const store = createStore({ cache, ...(artifacts === undefined ? {} : { folder: artifacts }) })
  const compiled = new Map<string, ReturnType<typeof compileFile>>()
  const templateAt = (at: string): ReturnType<typeof compileFile> => {
    const known = compiled.get(at) ?? compileFile(readFileSync(at, 'utf8'), at)
    compiled.set(at, known)
    return known
  }
  return {
    local: query => {
      const { kind } = query.probe
      if (kind === 'source') return sourceAnswer(folder, query.item)
      if (kind === 'archive') return archiveAnswer(store, query.item)
      if (kind === 'local-archive') return ownArchive(folder, query.item)
      throw new Error(`the controller has no answer to ${query.key}`)
    },
    render: (path, scope) => {
      const found = locate(folder, 'templates', path)
      return 'missing' in found
        ? { exists: false, missing: found.missing }
        : { exists: true, text: templateAt(found.at).render(scope) }
    },
    references: task => {
      const src = task.args.value.src
      if (typeof src !== 'string' || src.includes('{{')) return []
      const found = locate(folder, 'templates', src)
      if ('missing' in found || (task.module !== 'template' && !found.at.includes('/templates/'))) return []
      try {
        return templateAt(found.at).references
      } catch (error) {
        if (error instanceof Refusal) throw error
        return []
      }
    },
  }
}
