import { randomUUID } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isNotFound } from './not-found.ts'

/** What has come of an archive so far. The file is named after the digest of the whole: any address can continue it. */
type PartialDownload = {
  file: string
  /** Leaves it for a later run to continue. */
  leave(): Promise<void>
  remove(): Promise<void>
}

export const PART_PREFIX = '.part-'
const machine = hostname().replaceAll(/[^\w]/g, '_')

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** No process writes to it: it was left, or the process of this machine that wrote it has ended. */
const isFree = (name: string, stem: string): boolean => {
  if (name === stem) return true
  const [owner, pid] = name.slice(stem.length + 1).split('-')
  return owner === machine && !isAlive(Number(pid))
}

/**
 * A partial download for this process alone: one that no process uses any more, or a new one. It is taken over by a
 * rename, which succeeds for only one of two processes that try at once.
 */
export const openPartialDownload = async (cache: string, hex: string): Promise<PartialDownload> => {
  const stem = `${PART_PREFIX}${hex.slice(0, 16)}`
  const file = join(cache, `${stem}-${machine}-${process.pid}-${randomUUID().slice(0, 8)}`)
  const left = (await readdir(cache)).filter(
    name => name.startsWith(stem) && isFree(name, stem) && lstatSync(join(cache, name)).isFile(),
  )
  for (const name of left) {
    const isOurs = await rename(join(cache, name), file).then(
      () => true,
      error => (isNotFound(error) ? false : Promise.reject(error)),
    )
    if (isOurs) break
  }
  return {
    file,
    leave: () =>
      rename(file, join(cache, stem)).catch(error => (isNotFound(error) ? undefined : Promise.reject(error))),
    remove: () => rm(file, { force: true }),
  }
}
