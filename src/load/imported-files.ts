import { kindOfPath, readText } from '../core/controller-file.ts'
import { type Origin, refuse } from '../core/failure.ts'
import type { Doubt } from './doubt.ts'
import type { Located } from './located.ts'
import { parseYaml } from './yaml.ts'

/** So many files are imported at most, each as often as it is named: files that import each other would never end. */
const MOST_IMPORTS = 10_000

/** Whether a file holds comments and blank lines only. */
const isBlank = (text: string): boolean => text.split('\n').every(line => /^\s*(#|---\s*$|\.\.\.\s*$|$)/.test(line))

/** The files of a playbook besides its own, each parsed once. */
export type ImportedFiles = {
  /** What stands in a file; undefined where there is nothing. Throws a Refusal. */
  read(path: string, what: string, origin: Origin): Located | undefined
  names(): string[]
  doubts(): Doubt[]
}

export const createImportedFiles = (): ImportedFiles => {
  const all = new Map<string, Located | undefined>()
  let count = 0
  return {
    names: () => [...all.keys()],
    doubts: () => [...all.values()].flatMap(found => found?.doubts?.('') ?? []),
    read: (path, what, origin) => {
      if (++count > MOST_IMPORTS)
        refuse('playbook-shape', `More than ${MOST_IMPORTS} files are imported.`, {
          why: 'Each file counts as often as it is named.',
          origin,
        })
      if (all.has(path)) return all.get(path)
      const text = readText(path, what, 'playbook-reference', origin)
      const found = isBlank(text) ? undefined : parseYaml(text, path)
      all.set(path, found)
      return found
    },
  }
}

/** The first of some paths where there is a file. Throws a Refusal (`playbook-reference`) that names all of them. */
export const firstFile = (paths: string[], what: string, name: string, origin: Origin): string => {
  const tried = [...new Set(paths)]
  return (
    tried.find(path => kindOfPath(path) === 'file') ??
    refuse('playbook-reference', `There is no ${what} ${name}.`, {
      why: `Looked for ${tried.join(', ')}.`,
      origin,
    })
  )
}
