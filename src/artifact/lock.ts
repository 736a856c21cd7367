import { randomUUID } from 'node:crypto'
import { lstatSync, realpathSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FileFault, readControllerFile } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import type { Archive } from './archive.ts'
import { isNotFound } from './not-found.ts'

export type Locked = { size: number; sha512: string }

/** `artifacts.lock`: which bytes each archive's name stands for, for everyone who runs the playbook. */
export type ArtifactLock = {
  file: string
  /** The SHA-512 and the size that a name is bound to. Refuses (`usage-file`) a file that cannot be understood. */
  get(name: string): Locked | undefined
  /** Binds a name to an archive's bytes from now on, if it is not bound yet. */
  add(archive: Archive): void
  /** Writes what is new; says which names that was. Rejects with the system's error where it cannot be written. */
  save(): Promise<string[]>
}

const isLocked = (value: unknown): value is Locked =>
  isRecord(value) &&
  Number.isSafeInteger(value.size) &&
  Number(value.size) > 0 &&
  /^[0-9a-f]{128}$/.test(String(value.sha512))

const parse = (file: string, text: string): Map<string, Locked> => {
  const bad = (why: string): never =>
    refuse('usage-file', `${file} cannot be understood`, {
      why,
      fix: 'mend it, put its last good version back, or remove it: then it is made anew',
    })
  let tree: unknown
  try {
    tree = text.trim() === '' ? { artifacts: {} } : JSON.parse(text)
  } catch (error) {
    return bad(
      /^[<=>]{7}/m.test(text)
        ? 'two versions of it were merged, and the marks of it stand in it'
        : (error as Error).message,
    )
  }
  if (!isRecord(tree) || !isRecord(tree.artifacts)) return bad('it has no "artifacts"')
  const entries = Object.entries(tree.artifacts)
  const wrong = entries.find(([, value]) => !isLocked(value))
  if (wrong) return bad(`"${wrong[0]}" needs a "size" and a "sha512" of 128 lower-case hex digits`)
  return new Map(entries as [string, Locked][])
}

const read = (file: string): Map<string, Locked> => {
  try {
    return parse(file, readControllerFile(file).toString())
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    if (error.code === 'ENOENT') return new Map()
    return refuse('usage-file', `${file} cannot be read`, {
      why: `It ${error.told}.`,
      fix: 'Name another with --lock.',
    })
  }
}

/** One entry a line, sorted by name: two people who add different ones can merge them. */
const format = (all: Map<string, Locked>): string => {
  const lines = [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { size, sha512 }]) => `    ${JSON.stringify(name)}: ${JSON.stringify({ size, sha512 })}`)
  return `{\n  "artifacts": {\n${lines.join(',\n')}\n  }\n}\n`
}

/** Where the lock file really is, be it a link. What is no file, such as a device, is never replaced by one. */
const replaceableFile = (file: string): string | undefined => {
  try {
    const real = realpathSync(file)
    return lstatSync(real).isFile() ? real : undefined
  } catch (error) {
    if (isNotFound(error)) return file
    throw error
  }
}

const replace = async (file: string, text: string): Promise<void> => {
  const fresh = join(dirname(file), `.${basename(file)}-${randomUUID()}`)
  try {
    const handle = await open(fresh, 'wx')
    await handle
      .writeFile(text)
      .then(() => handle.sync())
      .finally(() => handle.close())
    await rename(fresh, file)
  } finally {
    await rm(fresh, { force: true })
  }
}

/** The lock at `file`, read on first use. */
export const createArtifactLock = (file: string): ArtifactLock => {
  let known: Map<string, Locked> | undefined
  const fresh = new Map<string, Locked>()
  const all = (): Map<string, Locked> => (known ??= read(file))
  return {
    file,
    get: name => all().get(name),
    add: ({ name, size, sha512 }) => {
      if (!all().has(name)) fresh.set(name, { size, sha512 })
    },
    save: async () => {
      const place = fresh.size === 0 ? undefined : replaceableFile(file)
      if (place === undefined) return []
      // Another run may have added names meanwhile: what stands there stays.
      const there = read(file)
      const news = [...fresh].filter(([name]) => !there.has(name))
      if (news.length > 0) await replace(place, format(new Map([...there, ...news])))
      known = new Map([...there, ...news])
      fresh.clear()
      return news.map(([name]) => name)
    },
  }
}
