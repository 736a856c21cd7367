import { randomUUID } from 'node:crypto'
import { readdir, rename, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { FileFault, readControllerFile } from '../core/controller-file.ts'
import { hasForm, listForm, numberForm, recordForm, textForm } from '../core/event-schema.ts'
import type { Archive } from './archive.ts'
import { fileDigests } from './inspect.ts'
import { isNotFound } from './not-found.ts'

/**
 * Tells whether a file has changed since it was read, without reading it again. Both numbers are too big for JSON's.
 */
type FileState = { size: number; mtimeNs: string; inode: string }

/** What `index.json` beside a cached archive says: all that reading the archive found out, so that it is read once. */
export type CacheIndex = Omit<Archive, 'file'> & {
  format: 1
  /** The copy in the cache, when it was last known to be whole. */
  copy: FileState
  /** Files outside that are known to be the same bytes; their base names are names of this archive too. */
  sources: ({ path: string } & FileState)[]
  /** Addresses under which it was published with this digest. */
  published?: string[]
}

/** One folder of the cache: `SHA512PREFIX/` with the archive and its index. */
export type CacheEntry = { folder: string; index: CacheIndex }

export const INDEX_FILE = 'index.json'
const PREFIX = /^[0-9a-f]{16}$/

export const entryFolder = (cache: string, sha512: string): string => join(cache, sha512.slice(0, 16))

/** The state of a regular file; undefined where there is none. */
export const fileStateOf = async (file: string): Promise<FileState | undefined> => {
  try {
    const found = await stat(file, { bigint: true })
    if (!found.isFile()) return undefined
    return { size: Number(found.size), mtimeNs: `${found.mtimeNs}`, inode: `${found.ino}` }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

export const sameFileState = (a: FileState, b: FileState): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs && a.inode === b.inode

const state = { size: numberForm, mtimeNs: textForm, inode: textForm }
const member = recordForm(
  { path: textForm, kind: { enum: ['file', 'directory', 'link'] }, mode: textForm, size: numberForm, sha256: textForm },
  { target: textForm },
)
const form = recordForm(
  {
    format: { const: 1 },
    // A name with a folder in it would lead out of the cache.
    name: { type: 'string', pattern: '^[^/.][^/]*$' },
    size: numberForm,
    sha256: textForm,
    sha512: { type: 'string', pattern: '^[0-9a-f]{128}$' },
    members: listForm(member),
    copy: recordForm(state),
    sources: listForm(recordForm({ path: textForm, ...state })),
  },
  { published: listForm(textForm) },
)
const isIndex = (value: unknown): value is CacheIndex => hasForm(form, value)

/** The entry in a folder of the cache; undefined where there is none or its index is of no use. */
export const readEntry = async (folder: string): Promise<CacheEntry | undefined> => {
  try {
    const index: unknown = JSON.parse(readControllerFile(join(folder, INDEX_FILE)).toString())
    return isIndex(index) ? { folder, index } : undefined
  } catch (error) {
    if (error instanceof FileFault || error instanceof SyntaxError) return undefined
    throw error
  }
}

export const listEntries = async (cache: string): Promise<CacheEntry[]> => {
  const names = await readdir(cache).catch(error => {
    if (isNotFound(error)) return []
    throw error
  })
  const entries = await Promise.all(names.filter(name => PREFIX.test(name)).map(name => readEntry(join(cache, name))))
  return entries.filter(entry => entry !== undefined)
}

/** Replaces the index in one step; a reader at the same time sees the old one or the new one. */
export const writeIndex = async ({ folder, index }: CacheEntry): Promise<void> => {
  const fresh = join(folder, `.${INDEX_FILE}-${randomUUID()}`)
  await writeFile(fresh, `${JSON.stringify(index)}\n`)
  await rename(fresh, join(folder, INDEX_FILE))
}

export const archiveFile = ({ folder, index }: CacheEntry): string => join(folder, index.name)

export const archiveNames = ({ index }: CacheEntry): string[] => [
  ...new Set([index.name, ...index.sources.map(source => basename(source.path))]),
]

/** The entry if its archive is what the index says. It is read again only when its state has changed. */
export const verifiedEntry = async (entry: CacheEntry): Promise<CacheEntry | undefined> => {
  const stamp = await fileStateOf(archiveFile(entry))
  if (!stamp || stamp.size !== entry.index.size) return undefined
  if (sameFileState(stamp, entry.index.copy)) return entry
  const { sha512 } = await fileDigests(archiveFile(entry))
  if (sha512 !== entry.index.sha512) return undefined
  const fresh = { ...entry, index: { ...entry.index, copy: stamp } }
  await writeIndex(fresh)
  return fresh
}
