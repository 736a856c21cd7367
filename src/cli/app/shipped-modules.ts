import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The digest of each module of the package, by `collection/name`. The build puts it in; a checkout has none. */
declare const BUILT_MODULES: Record<string, string> | undefined
const built = typeof BUILT_MODULES === 'undefined' ? undefined : BUILT_MODULES

/** What module files import as `runbook/module`: the contract of the program that is running. */
export const contract = new URL(built ? './module.mjs' : '../../module/module.ts', import.meta.url)

const folder = new URL(built ? './modules/' : '../../../modules/', import.meta.url)
const ending = built ? '.mjs' : '.ts'

/** The folder of the modules that come with runbook. */
export const shippedFolder = fileURLToPath(folder)

/** Where a file of the collections lies, named without its ending, as in `builtin/copy`. */
export const shippedFile = (name: string): string => fileURLToPath(new URL(`${name}${ending}`, folder))

/**
 * Imports a file of the collections by the same name. In a package all of them are one file: forty small ones would take
 * 20 ms more to find and to read.
 */
export const importShipped = async (name: string): Promise<unknown> =>
  built
    ? (await import(new URL('./modules.mjs', import.meta.url).href)).files[name]
    : (await import(pathToFileURL(shippedFile(name)).href)).default

/** What the build says a module is made of; undefined in a checkout. */
export const builtDigest = (name: string): string | undefined => built?.[name]

/** The collections of modules that come with runbook. */
export const collections = ['builtin', 'ipfs']

/** Every module that comes with runbook, as `collection/name`. */
export const shippedModules = (): string[] =>
  built
    ? Object.keys(built)
    : collections.flatMap(collection =>
        readdirSync(new URL(collection, folder))
          .filter(file => file.endsWith(ending))
          .map(file => `${collection}/${file.slice(0, -ending.length)}`),
      )
