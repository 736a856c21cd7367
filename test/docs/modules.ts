import { readdirSync } from 'node:fs'
import type { Documented } from './reference.ts'

const folder = new URL('../../modules/', import.meta.url)

/** Every module there is, with the name of its file. */
export const allModules = async (): Promise<{ file: string; module: Documented }[]> => {
  const files = readdirSync(folder).filter(name => name.endsWith('.ts'))
  return Promise.all(
    files.map(async name => ({
      file: name.slice(0, -3),
      module: (await import(new URL(name, folder).href)).default as Documented,
    })),
  )
}
