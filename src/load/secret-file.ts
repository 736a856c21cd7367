import { resolve } from 'node:path'

/** Whether an entry of `secrets:` means a file: by its path, or by the end of it as one would write it. */
export const isNamedBy = (file: string, entry: string): boolean => {
  const name = entry.replace(/^@/, '')
  return resolve(file) === resolve(name) || resolve(file).endsWith(`/${name.replace(/^(\.\/)+/, '')}`)
}
