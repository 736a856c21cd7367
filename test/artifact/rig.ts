import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Absent, Archive } from '../../src/artifact/archive.ts'

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

export const present = (found: Archive | Absent): Archive => {
  if ('missing' in found) throw new Error(`${found.missing} / ${found.fix}`)
  return found
}

export const absent = (found: Archive | Absent): Absent => {
  if ('missing' in found) return found
  throw new Error(`${found.name} was found`)
}
