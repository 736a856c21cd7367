import { existsSync, readdirSync } from 'node:fs'
import type { AnyModule } from '../../src/module/define.ts'

const here = new URL('.', import.meta.url)
const collections = ['builtin', 'ipfs']
const collectionOf = (name: string): string =>
  collections.find(collection => existsSync(new URL(`${collection}/${name}/`, here)))!

export const modulesWithCases = (): string[] =>
  collections
    .flatMap(collection => readdirSync(new URL(`${collection}/`, here), { withFileTypes: true }))
    .filter(entry => entry.isDirectory() && entry.name !== 'lib')
    .map(entry => entry.name)
    .sort()

/** The folder with the cases of a module. */
export const casesFolder = (name: string): URL => new URL(`${collectionOf(name)}/${name}/`, here)

export const loadModule = async (name: string): Promise<AnyModule> =>
  (await import(new URL(`../../modules/${collectionOf(name)}/${name}.ts`, here).href)).default
