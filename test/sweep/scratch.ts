import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of this thread's own, removed at its end. */
export const scratch = mkdtempSync(join(tmpdir(), 'runbook-sweep-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Writes a file there and says its path. */
export const written = (name: string, bytes: Uint8Array | string): string => {
  const path = join(scratch, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}
