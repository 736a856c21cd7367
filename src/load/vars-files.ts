import { extname, join } from 'node:path'
import { filesBelow, kindOfPath, readText } from '../core/controller-file.ts'
import { Refusal } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import type { Vars } from './inventory-draft.ts'
import { parseYaml } from './yaml.ts'
import { kindOf, type Problems, variables } from './yaml-fields.ts'

export const varsExtensions = ['', '.yml', '.yaml', '.json']

/** The variables of one file. Throws a Refusal with every problem found. */
const readVars = (file: string): Vars => {
  const text = readText(file, 'file of variables', 'inventory-missing')
  // A file of variables may hold comments only.
  if (text.split('\n').every(line => /^\s*(#|---\s*$|$)/.test(line))) return {}
  const document = parseYaml(text, file, 'inventory-yaml')
  if (!isRecord(document.value)) {
    const what = `A file of variables must be a mapping, not ${kindOf(document.value)}.`
    throw new Refusal({ reason: 'inventory-shape', what, origin: document.origin })
  }
  const problems: Problems = []
  const found = variables(document, 'A file of variables', problems, 'inventory-shape')
  if (problems.length > 0) throw new Refusal(...problems)
  return found
}

const isVarsFile = (name: string): boolean => !name.startsWith('.') && varsExtensions.includes(extname(name))

const readFolder = (folder: string): Vars =>
  Object.assign({}, ...filesBelow(folder, 'inventory-missing', isVarsFile).map(readVars))

/**
 * The variables of a group or host in `group_vars/` or `host_vars/`: NAME (a file or a folder of files), NAME.yml,
 * NAME.yaml or NAME.json, the first that exists. Source: ansible lib/ansible/parsing/dataloader.py, `find_vars_files`.
 */
export const varsBeside = (folder: string, kind: 'group_vars' | 'host_vars', name: string): Vars => {
  if (name.includes('/')) return {}
  for (const extension of varsExtensions) {
    const path = join(folder, kind, name + extension)
    const found = kindOfPath(path)
    if (found === 'folder') return readFolder(path)
    if (found === 'file') return readVars(path)
  }
  return {}
}
