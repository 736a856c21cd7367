import { join } from 'node:path'
import { createArtifactLock } from '../../src/artifact/lock.ts'
import type { Supply } from '../../src/cli/app/archives.ts'

/** What a controller needs that is asked for no archive of a program. */
export const supplyFor = (folder: string): Supply => ({
  lock: createArtifactLock(join(folder, 'artifacts.lock')),
  artifacts: undefined,
  emit: () => {},
  signal: new AbortController().signal,
})
