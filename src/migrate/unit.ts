import { basename, dirname, join, relative } from 'node:path'
import { filesBelow, kindOfPath, textIfReadable } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'

/** A role, by its folder, or a playbook, by its file. */
export type Unit = {
  kind: 'role' | 'playbook'
  name: string
  path: string
  /** Of a role: the files of its tasks as `tasks_from` names them, main first, and its templates by their paths. */
  tasks: string[]
  templates: string[]
  /** Of a role: what it brings of its own that is written in Python, by the names that tasks and expressions use. */
  own: string[]
}

/** What is for trying a role and not of it. */
const SET_ASIDE = ['molecule', 'tests', 'test', 'node_modules', 'venv']
const isWanted = (name: string): boolean => !name.startsWith('.') && !SET_ASIDE.includes(name)

const OWN = /\/(library|action_plugins|filter_plugins|lookup_plugins|test_plugins)\/([^/]+)\.py$/
const isPlaybookText = (text: string): boolean =>
  /^- (?:[^\n]*\n {2})*?(?:hosts|(?:ansible\.builtin\.)?import_playbook):/m.test(text)

const roleAt = (path: string, files: string[]): Unit => {
  const inside = files.filter(file => file.startsWith(`${path}/`))
  const tasks = inside.flatMap(file => /\/tasks\/(.+\.ya?ml)$/.exec(file.slice(path.length))?.[1] ?? [])
  const isMain = (file: string): boolean => /^main\.ya?ml$/.test(file)
  return {
    kind: 'role',
    name: basename(path),
    path,
    tasks: [...tasks.filter(isMain), ...tasks.filter(file => !isMain(file))],
    templates: inside.filter(file => /\/templates\//.test(file.slice(path.length)) && file.endsWith('.j2')),
    own: inside.flatMap(file => OWN.exec(file)?.[2] ?? []),
  }
}

/**
 * The roles and playbooks below a path, by their paths: a role has main files of tasks, handlers or meta; a playbook is a
 * YAML file outside of roles that begins with plays. What tests a role is left aside, and so is what is hidden. Throws a
 * Refusal (`usage-file`) for a path that is not there, and a folder with more than anybody means.
 */
export const unitsBelow = (path: string): Unit[] => {
  const kind = kindOfPath(path)
  if (kind === 'nothing') refuse('usage-file', `There is no ${path}.`)
  const files = kind === 'file' ? [path] : filesBelow(path, 'usage-file', isWanted)
  const mains = files.flatMap(file => /^(.*)\/(?:tasks|handlers|meta)\/main\.ya?ml$/.exec(file)?.[1] ?? [])
  const roles = [...new Set(mains)].sort()
  const isInRole = (file: string): boolean => roles.some(role => file.startsWith(`${role}/`))
  const playbooks = files.filter(
    file => /\.ya?ml$/.test(file) && !isInRole(file) && isPlaybookText(textIfReadable(file) ?? ''),
  )
  const nameOf = (file: string): string => relative(kind === 'file' ? dirname(path) : path, file)
  return [
    ...roles.map(role => roleAt(role, files)),
    ...playbooks.map(
      (file): Unit => ({ kind: 'playbook', name: nameOf(file), path: file, tasks: [], templates: [], own: [] }),
    ),
  ]
}

/** A playbook that a unit is read as: of a role a play for each of its files of tasks. */
export const playbookOf = ({ path, tasks }: Unit): { text: string; file: string } => {
  const plays = (tasks.length > 0 ? tasks : [undefined]).map(from => ({
    hosts: 'all',
    tasks: [{ import_role: { name: path, ...(from === undefined ? {} : { tasks_from: from }) } }],
  }))
  return { text: JSON.stringify(plays), file: join(dirname(path), 'migrate.json') }
}
