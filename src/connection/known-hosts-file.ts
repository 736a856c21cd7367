import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FileFault, isOutOfFiles, readControllerFile } from '../core/controller-file.ts'
import { type KnownHosts, parseKnownHosts } from './known-hosts.ts'

/** Files that were read, by path, with what tells that one has changed since: 1,000 hosts share one file. */
const read = new Map<string, { version: string; known: Promise<KnownHosts> }>()

const NOTHING: KnownHosts = { find: () => [], isHashed: false }

const knownIn = (file: string): KnownHosts => {
  try {
    return parseKnownHosts(readControllerFile(file).toString('latin1'), file)
  } catch (error) {
    // A file that is full of keys would be taken for one that has none.
    if (error instanceof FileFault && !isOutOfFiles(error)) return NOTHING
    throw error
  }
}

const readOne = async (file: string): Promise<KnownHosts> => {
  const now = await stat(file, { bigint: true }).catch(() => undefined)
  if (!now) return NOTHING
  const version = `${now.dev}:${now.ino}:${now.size}:${now.mtimeNs}`
  const before = read.get(file)
  if (before?.version === version) return before.known
  const known = Promise.resolve(knownIn(file))
  read.set(file, { version, known })
  return known
}

/** These files, in their order. One that is not there, or may not be read, says nothing: as in ssh. */
export const readKnownHosts = (files: string[]): Promise<KnownHosts[]> => Promise.all(files.map(readOne))

const endsOpen = (file: number): boolean => {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
}

/**
 * Adds a line (without its newline) to a known_hosts file. A folder that is not there is made 0700, the file 0600. All in
 * one write to the end of it, which no other program's write can come into: two runs, and ssh beside them, lose no line
 * and leave no lock behind when they are killed. Throws what the system says.
 */
export const appendKnownHosts = (file: string, line: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const open = openSync(file, 'a+', 0o600)
  try {
    writeSync(open, `${endsOpen(open) ? '\n' : ''}${line}\n`)
  } finally {
    closeSync(open)
  }
}
