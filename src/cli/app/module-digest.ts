import { statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { readControllerFile } from '../../core/controller-file.ts'
import { sha256 } from '../../core/value.ts'
import { type ModuleFile, modulePath } from './module-path.ts'
import { builtDigest, shippedFolder } from './shipped-modules.ts'

/** What a text imports from beside it, or seems to: a file too many in a digest does no harm. */
const IMPORT = /\b(?:from|import)\b\s*\(?\s*(['"])(\.\.?\/[^'"]+)\1/g

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** A file and all that it imports by a relative path, as far as `belongs` says, each once. */
const importClosure = (first: string, belongs: (file: string) => boolean): string[] => {
  const found = new Set([first])
  for (const file of found)
    for (const [, , what] of readControllerFile(file).toString().matchAll(IMPORT)) {
      const imported = resolve(dirname(file), what!)
      if (isFile(imported) && belongs(imported)) found.add(imported)
    }
  return [...found]
}

/** A digest of files, by their names within a folder. */
const digestOfFiles = (folder: string, files: string[]): string =>
  sha256(
    files
      .map(file => `${relative(folder, file)}\0${sha256(readControllerFile(file))}\n`)
      .sort()
      .join(''),
  )

/** What a module is made of: its file and what it imports from beside it. The contract counts by runbook's version. */
export const moduleDigest = ({ path, shipped }: ModuleFile): string => {
  const file = resolve(path)
  if (shipped === undefined)
    return digestOfFiles(
      dirname(file),
      importClosure(file, () => true),
    )
  return (
    builtDigest(shipped) ??
    digestOfFiles(
      shippedFolder,
      importClosure(file, imported => imported.startsWith(shippedFolder)),
    )
  )
}

/** The digests of modules by the words that tasks of a folder's playbooks name them with; of none where it is gone. */
export const moduleDigests = (playbookFolder: string, words: string[]): Map<string, string> => {
  const path = modulePath(playbookFolder)
  return new Map(
    words.map(word => {
      const file = path.find(word)
      return [word, file ? moduleDigest(file) : '']
    }),
  )
}
