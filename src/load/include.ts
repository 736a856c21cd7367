import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path'
import { filesBelow, kindOfPath } from '../core/controller-file.ts'
import { type Origin, Refusal, refuse } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { fromPlain } from '../jinja/plain.ts'
import { surroundingsIn } from './block.ts'
import { DEEPEST_IMPORT, foldersFor, type Ground, importPlaces, tasksOfFile } from './import-tasks.ts'
import { firstFile } from './imported-files.ts'
import type { Vars } from './inventory-draft.ts'
import { type Located, locatedResult } from './located.ts'
import { inheritedWords } from './names.ts'
import { includeRole } from './role.ts'
import type { AskedInclude, Brought, Include, Included, Surroundings, Task, TaskItem } from './surroundings.ts'
import { kindOf, type Problems, variablesOfFile } from './yaml-fields.ts'

/** Handlers that are brought stand behind all that were loaded at first. */
const FIRST_PLACE = 1_000_000

const applyWords = inheritedWords.filter(word => word !== 'name')

/**
 * What tasks that are brought take over: what is around the include, its variables, and what its loop gives; what it says of
 * itself (`when`, `tags`, `become`) is not theirs. Source: ansible lib/ansible/playbook/task.py, _get_parent_attribute.
 */
const surroundingsOf = (
  { at, around, apply }: Include,
  { names, by }: AskedInclude,
  brought: Brought,
  problems: Problems,
): Surroundings => {
  if (around.within.length > DEEPEST_IMPORT)
    refuse('playbook-shape', `More than ${DEEPEST_IMPORT} files are included in one another.`, {
      why: around.within.slice(-4).join(' -> '),
      fix: 'Let a condition end it.',
      origin: at.origin,
    })
  const given = Object.entries(names).map(
    ([name, value]) => [name, locatedResult(fromPlain(value), at.origin)] as const,
  )
  const applied =
    apply && isRecord(apply.value) ? surroundingsIn(apply, '"apply"', applyWords, around, problems) : around
  return {
    ...applied,
    vars: { ...applied.vars, ...Object.fromEntries(given) },
    brought,
    takenSlugs: new Map(),
    within: [...around.within, by.slug],
  }
}

const notHere = (origin: Origin): Problems[number] => ({
  reason: 'playbook-shape',
  what: '"meta: flush_handlers" cannot stand in what is included.',
  why: 'Where handlers run is put together before any host is contacted.',
  fix: 'Import the file (import_tasks, import_role), or write the meta behind the include.',
  origin,
})

/** Tasks as they are called where an include brings them: their slugs are unique under its own. */
const broughtTasks = (items: TaskItem[], by: AskedInclude['by'], isLoop: boolean, problems: Problems): Task[] => {
  const under = isLoop ? `${by.slug}.${by.line + 1}` : by.slug
  return items.flatMap(item => {
    if ('flush' in item) {
      problems.push(notHere(item.flush))
      return []
    }
    return [{ ...item, slug: `${under}.${item.slug}`, brought: by }]
  })
}

const nameIn = (args: Record<string, unknown>, word: string, at: Located): string => {
  const value = args[word]
  if (typeof value === 'string' && value.trim() !== '') return value
  return refuse('playbook-value', `"${word}" is to be the name of a file, not ${kindOf(value)}.`, { origin: at.origin })
}

const tasksOf = ({ at }: Include, { args }: AskedInclude, around: Surroundings, problems: Problems, ground: Ground) => {
  const name = nameIn(args, 'file', at)
  const path = firstFile(importPlaces(name, dirname(at.origin.file), around), 'file of tasks', name, at.origin)
  return tasksOfFile(path, ground.files.read(path, 'file of tasks', at.origin), around, problems, ground)
}

/** Where files of variables are looked for: in `vars/` and right there, in the role, beside the file, beside the playbook. */
const folderPlaces = (name: string, { at, around }: Include): string[] => {
  if (isAbsolute(name)) return [name]
  const folders = [...foldersFor(at.origin.file, around.role, around.main), dirname(at.origin.file), around.folder]
  return folders.flatMap(folder => [join(folder, 'vars', name), join(folder, name)])
}

/** The files of a folder that `dir` names, in the order of their names. */
const filesOfFolder = (include: Include, { args }: AskedInclude): string[] => {
  const name = nameIn(args, 'dir', include.at)
  const tried = folderPlaces(name, include)
  const folder =
    tried.find(path => kindOfPath(path) === 'folder') ??
    refuse('playbook-reference', `There is no folder ${name}.`, {
      why: `Looked for ${[...new Set(tried)].join(', ')}.`,
      origin: include.at.origin,
    })
  const extensions = Array.isArray(args.extensions) ? args.extensions.map(String) : ['json', 'yaml', 'yml']
  const ignored = ([args.ignore_files ?? []].flat() as unknown[]).map(one => new RegExp(`${one}$`))
  const matching = typeof args.files_matching === 'string' ? new RegExp(args.files_matching) : undefined
  const depth = Number(args.depth ?? 0)
  return filesBelow(folder, 'playbook-reference', one => !one.startsWith('.')).filter(path => {
    const levels = relative(folder, path).split('/').length
    const own = basename(path)
    return (
      (depth === 0 || levels <= depth) &&
      extensions.includes(extname(path).slice(1)) &&
      !ignored.some(pattern => pattern.test(own)) &&
      (matching === undefined || matching.test(own))
    )
  })
}

const varsOf = (include: Include, asked: AskedInclude, problems: Problems, { files }: Ground): Vars => {
  const { args } = asked
  const { at } = include
  const file = 'dir' in args ? undefined : nameIn(args, 'file', at)
  const paths =
    file === undefined
      ? filesOfFolder(include, asked)
      : [firstFile(folderPlaces(file, include), 'file of variables', file, at.origin)]
  const documents = paths.flatMap(path => files.read(path, 'file of variables', at.origin) ?? [])
  const all = documents.map(document => variablesOfFile(document, problems))
  if (typeof args.name !== 'string') return Object.assign({}, ...all)
  const [only, ...others] = documents
  return { [args.name]: only && others.length === 0 ? only : merged(documents, at) }
}

/** Documents as one mapping: of one key the last counts. */
const merged = (documents: Located[], at: Located): Located => ({
  value: Object.assign({}, ...documents.map(({ value }) => value as object)),
  origin: documents[0]?.origin ?? at.origin,
  at: pointer =>
    (documents.findLast(one => Object.hasOwn(one.value as object, pointer.split('/')[1] ?? '')) ?? at).at(pointer),
})

type Read = Partial<Omit<Included, 'folders'>>

/** What is read for an include of tasks, or of a role with all that it has. */
const readTasks = (
  include: Include,
  asked: AskedInclude,
  brought: Brought,
  problems: Problems,
  ground: Ground,
): Read => {
  const around = surroundingsOf(include, asked, brought, problems)
  const role =
    include.kind === 'role' ? includeRole({ args: asked.args, at: include.at, around }, problems, ground) : undefined
  const items = include.kind === 'role' ? (role?.tasks ?? []) : tasksOf(include, asked, around, problems, ground)
  const isLoop = Object.keys(asked.names).length > 0
  const handlers = brought.handlers.map(({ handler }, place) => {
    const { names, topics } = handler.called!
    return { ...handler, called: { names: [...new Set([...names, ...topics])], topics, place: FIRST_PLACE + place } }
  })
  return {
    tasks: broughtTasks(items, asked.by, isLoop, problems),
    handlers: broughtTasks(handlers, asked.by, isLoop, problems),
    ...(role ? { defaults: role.defaults, vars: role.vars } : {}),
  }
}

/**
 * What an include brings, by its arguments on some host: the tasks of a file, a role with all that it has, variables.
 *
 * Throws a Refusal with all that is wrong: a file that is not there, what cannot be read in it.
 */
export const readInclude = (include: Include, asked: AskedInclude, ground: Ground): Included => {
  const problems: Problems = []
  const brought: Brought = { seen: new Set(), handlers: [], roles: [], folders: new Set() }
  const read: Read =
    include.kind === 'vars'
      ? { vars: varsOf(include, asked, problems, ground) }
      : readTasks(include, asked, brought, problems, ground)
  if (problems.length > 0) throw new Refusal(...problems)
  return { tasks: [], handlers: [], defaults: {}, vars: {}, ...read, folders: [...brought.folders] }
}
