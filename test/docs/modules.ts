import { readdirSync } from 'node:fs'
import type { Documented } from '../../src/cli/app/module-reference.ts'

const folder = new URL('../../modules/', import.meta.url)

/** Every module there is, with its collection and the name of its file. */
export const allModules = async (): Promise<{ collection: string; file: string; module: Documented }[]> => {
  const files = ['builtin', 'ipfs'].flatMap(collection =>
    readdirSync(new URL(`${collection}/`, folder))
      .filter(name => name.endsWith('.ts'))
      .map(name => `${collection}/${name}`),
  )
  return Promise.all(
    files.map(async name => ({
      collection: name.slice(0, name.indexOf('/')),
      file: name.slice(name.indexOf('/') + 1, -'.ts'.length),
      module: (await import(new URL(name, folder).href)).default as Documented,
    })),
  )
}
