import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The files of one connection: the socket that programs join it by, and what ssh logs. */
export type OpensshFiles = {
  socket: string
  log: string
  /** With the last one the folder goes. */
  giveBack(): void
}

/** The longest path of a socket is 104 bytes on some systems, of which ssh takes 17 for one that it makes first. */
const LONGEST = 104 - 17 - '/runbook-XXXXXX/00000.log'.length

/** One folder of a run, for this user only; where a socket in there would have too long a name it is in /tmp. */
const newFolder = (): string => {
  const base = Buffer.byteLength(tmpdir()) <= LONGEST ? tmpdir() : '/tmp'
  return mkdtempSync(join(base, 'runbook-'))
}

let folder: { path: string; made: number; out: number } | undefined
const remove = (): void => {
  if (folder) rmSync(folder.path, { recursive: true, force: true })
  folder = undefined
}

/** Names for the files of a connection, in a folder that is there as long as one of them is. */
export const borrowFiles = (): OpensshFiles => {
  if (!folder) {
    folder = { path: newFolder(), made: 0, out: 0 }
    process.once('exit', remove)
  }
  const mine = folder
  mine.made += 1
  mine.out += 1
  const socket = join(mine.path, String(mine.made))
  const log = `${socket}.log`
  let isOut = true
  return {
    socket,
    log,
    giveBack: () => {
      if (!isOut) return
      isOut = false
      mine.out -= 1
      rmSync(log, { force: true })
      if (mine.out > 0 || folder !== mine) return
      process.off('exit', remove)
      remove()
    },
  }
}
