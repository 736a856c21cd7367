import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { AbsentArchive, Archive, WantedArchive } from '../../src/artifact/archive.ts'
import { type ArtifactLock, createArtifactLock } from '../../src/artifact/lock.ts'
import { createArchiveStore } from '../../src/artifact/store.ts'
import type { EventBody } from '../../src/core/event.ts'

/** A folder that is gone at the end of the block that `using` stands in. */
export const temporaryFolder = (): { path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'runbook-artifact-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export const writeTree = (folder: string, files: Record<string, string | Buffer>): void => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

export const sha512 = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('hex')

/** Writes an archive and the `.sha512` beside it. */
export const publish = (folder: string, name: string, bytes: Buffer): void => {
  writeTree(folder, { [name]: bytes, [`${name}.sha512`]: `${sha512(bytes)}  ${name}\n` })
}

/** Packs the files with the system's tar. */
export const pack = (files: Record<string, string | Buffer>, ...options: string[]): Buffer => {
  using folder = temporaryFolder()
  writeTree(join(folder.path, 'in'), files)
  const file = join(folder.path, 'out')
  execFileSync('tar', [...options, '-cf', file, '-C', join(folder.path, 'in'), '.'])
  return readFileSync(file)
}

export const present = (found: Archive | AbsentArchive): Archive => {
  if ('missing' in found) throw new Error(`${found.missing} / ${found.fix}`)
  return found
}

export const absent = (found: Archive | AbsentArchive): AbsentArchive => {
  if ('missing' in found) return found
  throw new Error(`${found.name} was found`)
}

/** A store that notes what it tells, with a lock of its own beside its cache and the patience of a test. */
export const storeAt = (at: { folder?: string; cache: string }, signal = new AbortController().signal) => {
  const told: EventBody[] = []
  const lock: ArtifactLock = createArtifactLock(join(dirname(at.cache), 'artifacts.lock'))
  const network = { patience: { silence: 300, pause: 10 }, signal, emit: (event: EventBody) => void told.push(event) }
  const { find } = createArchiveStore({ cache: at.cache, ...(at.folder ? { folder: at.folder } : {}), lock, network })
  const want = (name: string, more: Partial<WantedArchive> = {}) =>
    find({ name, urls: [], upstream: `https://upstream.invalid/${name}`, published: '.sha512', ...more })
  return { find: want, lock, told }
}
