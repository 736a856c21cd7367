import { randomUUID } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isNotFound } from './not-found.ts'

/** What has come of an archive so far. Its name says the digest it is to have, so it can be gone on with from anywhere. */
export type PartialDownload = {
  file: string
  /** Leaves it for a later run to go on with. */
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

/** Nobody writes to it: it was left, or the process of this machine that had it is gone. */
const isFree = (name: string, stem: string): boolean => {
  if (name === stem) return true
  const [owner, pid] = name.slice(stem.length + 1).split('-')
  return owner === machine && !isAlive(Number(pid))
}

/**
 * A part that is this process's alone: one that nobody has any more, or a new one. Taking one over is a rename, which
 * only one of two that try it at once can do.
 */
export const openPartialDownload = async (cache: string, hex: string): Promise<PartialDownload> => {
  const stem = `${PART_PREFIX}${hex.slice(0, 16)}`
  const file = join(cache, `${stem}-${machine}-${process.pid}-${randomUUID().slice(0, 8)}`)
  const left = (await readdir(cache)).filter(name => name.startsWith(stem) && isFree(name, stem))
  for (const name of left) {
    const taken = await rename(join(cache, name), file).then(
      () => true,
      error => (isNotFound(error) ? false : Promise.reject(error)),
    )
    if (taken) break
  }
  return {
    file,
    leave: () =>
      rename(file, join(cache, stem)).catch(error => (isNotFound(error) ? undefined : Promise.reject(error))),
    remove: () => rm(file, { force: true }),
  }
}
