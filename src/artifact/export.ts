import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Archive } from './archive.ts'

/** Writes a file under another name first, so that it is never there in part. */
const whole = async (folder: string, name: string, write: (file: string) => Promise<void>): Promise<void> => {
  const fresh = join(folder, `.${name}-${randomUUID()}`)
  try {
    await write(fresh)
    await rename(fresh, join(folder, name))
  } finally {
    await rm(fresh, { force: true })
  }
}

/** Puts an archive into a folder that `--artifacts` can be given, and its digest before it. */
export const exportArchive = async (folder: string, { name, file, sha512 }: Archive): Promise<void> => {
  await mkdir(folder, { recursive: true })
  await whole(folder, `${name}.sha512`, fresh => writeFile(fresh, `${sha512}  ${name}\n`))
  await whole(folder, name, fresh => copyFile(file, fresh, constants.COPYFILE_FICLONE))
}
