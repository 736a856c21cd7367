import { extname, join } from 'node:path'
import { kindOfPath, namesInFolder, readText } from '../core/controller-file.ts'
import { Refusal } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import type { Vars } from './inventory-draft.ts'
import { readYaml } from './yaml.ts'
import { collect, kindOf, mapping, type Problems } from './yaml-fields.ts'

const varsExtensions = ['', '.yml', '.yaml', '.json']

/** The variables of one file. Throws a Refusal with every problem found. */
const readVars = (file: string): Vars => {
  const text = readText(file, 'file of variables', 'inventory-missing')
  const document = readYaml(text, file, 'inventory-yaml')
  // A file of variables may hold comments only.
  if (!document.value) return {}
  if (!isRecord(document.value)) {
    const what = `A file of variables must be a mapping, not ${kindOf(document.value)}.`
    throw new Refusal({ reason: 'inventory-shape', what, origin: document.origin })
  }
  return Object.fromEntries(mapping(document, 'A file of variables', [], 'inventory-shape'))
}

/** The files of variables in a folder and below it, by name; a folder with an extension is none of them. */
const filesIn = (folder: string, depth = 0): string[] =>
  namesInFolder(folder, 'inventory-missing').flatMap(name => {
    if (name.startsWith('.') || name.endsWith('~') || depth > DEEPEST_FOLDER) return []
    const path = join(folder, name)
    const extension = extname(name)
    if (kindOfPath(path) === 'folder') return extension === '' ? filesIn(path, depth + 1) : []
    return varsExtensions.includes(extension) ? [path] : []
  })
/** A link that leads back to a folder above it has no end. */
const DEEPEST_FOLDER = 20

/** The files that hold the variables of a group or host: a file, those of a folder, or none. */
const filesOf = (base: string, names: ReadonlySet<string>, name: string): string[] => {
  const found = varsExtensions.find(extension => names.has(name + extension))
  if (found === undefined) return []
  const path = join(base, name + found)
  return kindOfPath(path) === 'folder' ? filesIn(path) : [path]
}

/** The variables beside sources and playbook, of hosts and groups, each file read once. */
export type VarsBeside = (kind: 'group_vars' | 'host_vars', folders: string[], names: string[]) => Vars[]

/**
 * Reads the variables of groups and hosts in `group_vars/` and `host_vars/` of folders: NAME (a file or a folder of files),
 * NAME.yml, NAME.yaml or NAME.json, the first that exists. Source: ansible lib/ansible/parsing/dataloader.py,
 * `find_vars_files`, and plugins/vars/host_group_vars.py. What is wrong with them joins `problems`.
 */
export const createVarsBeside = (problems: Problems): VarsBeside => {
  const known = new Map<string, Vars>()
  // Most inventories have no such folder, and most hosts no file in it: one look for all of them.
  const listings = new Map<string, Set<string>>()
  const listed = (path: string): Set<string> => {
    const names =
      listings.get(path) ?? new Set(kindOfPath(path) === 'folder' ? namesInFolder(path, 'inventory-missing') : [])
    listings.set(path, names)
    return names
  }
  return (kind, folders, names) =>
    folders.flatMap(folder => {
      const base = join(folder, kind)
      const there = listed(base)
      if (there.size === 0) return []
      return names.flatMap(name => {
        if (name.startsWith('/')) return []
        const key = join(base, name)
        const vars =
          known.get(key) ??
          Object.assign({}, ...filesOf(base, there, name).map(file => collect(problems, () => readVars(file)) ?? {}))
        known.set(key, vars)
        return Object.keys(vars).length === 0 ? [] : [vars]
      })
    })
}
