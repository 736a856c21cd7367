import { isUtf8 } from 'node:buffer'
import { posix } from 'node:path'
import { refuse } from './failure.ts'

/** One thing that unpacking an archive makes. */
export type ArchiveMember = {
  /** Relative, without `./` in front and without `/` at the end. */
  path: string
  kind: 'file' | 'directory' | 'link'
  /** Permission bits as four octal digits, `0755`. */
  mode: string
  size: number
  /** Of a file's content; empty for directories and links. */
  sha256: string
  /** Where a symbolic link points, as it is written in the archive. */
  target?: string
}

/** A member as it stands in the archive. `target` of a hard link: the member it is a second name of. */
export type ArchiveEntry = Omit<ArchiveMember, 'kind'> & { kind: ArchiveMember['kind'] | 'hard link' }

export const refuseDamagedArchive = (why: string, fix = 'download it again, together with its .sha512'): never =>
  refuse('usage-file', 'the archive cannot be read', { why, fix })

/** A name in an archive. One that is not UTF-8 is refused: as text it would be another name than the one on the disk. */
export const nameInArchive = (bytes: Buffer): string => {
  if (isUtf8(bytes)) return bytes.toString()
  const shown = bytes
    .toString('latin1')
    .replace(/[^ -~]/g, one => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return refuse('usage-file', 'the archive cannot be read', {
    why: `its member '${shown}' has a name that is not UTF-8`,
    fix: 'pack it again with names in UTF-8',
  })
}

/** The path as unpacking takes it. One that leaves the folder it is unpacked into is refused. */
export const pathInside = (path: string): string => {
  if (path.includes('\0')) return refuseDamagedArchive('a path in it holds a zero byte')
  const escapes = path.startsWith('/') || path.split('/').includes('..')
  if (escapes)
    return refuseDamagedArchive(
      `its member '${path}' would be written outside of the folder it is unpacked into`,
      'pack it again with names that stay inside: tar -C FOLDER -cf ARCHIVE .',
    )
  return posix.normalize(path).replace(/\/$/, '')
}

/** A member below a link would be written wherever the link points; one below a file cannot be written at all. */
const refuseBelowOthers = (path: string, earlier: Map<string, ArchiveMember>): void => {
  const parts = path.split('/')
  const above = parts
    .map((_, at) => parts.slice(0, at).join('/'))
    .find(one => /link|file/.test(earlier.get(one)?.kind ?? ''))
  if (above === undefined) return
  const isLink = earlier.get(above)!.kind === 'link'
  refuseDamagedArchive(
    isLink
      ? `its member '${path}' would be written through the link '${above}'`
      : `its member '${path}' lies below '${above}', which is a file in it`,
    `pack it again without '${above}', or without what lies below it`,
  )
}

/** A hard link comes out as the file it is. */
const memberOf = (entry: ArchiveEntry, earlier: Map<string, ArchiveMember>): ArchiveMember => {
  const path = pathInside(entry.path)
  if (entry.kind !== 'hard link') return { ...entry, path, kind: entry.kind }
  const twin = earlier.get(pathInside(entry.target ?? ''))
  if (twin?.kind !== 'file')
    return refuseDamagedArchive(
      `its member '${path}' is a second name of a file that is not in it`,
      'pack it again with the file, or with --hard-dereference',
    )
  return { ...twin, path }
}

/**
 * Given an archive's entries one by one, in the order they stand in it, returns what unpacking makes of each;
 * undefined for the folder it is unpacked into. Refuses (`usage-file`) what would be written outside of that folder.
 */
export const createMemberReader = (): ((entry: ArchiveEntry) => ArchiveMember | undefined) => {
  const earlier = new Map<string, ArchiveMember>()
  return entry => {
    const member = memberOf(entry, earlier)
    if (member.path === '.' || member.path === '') return undefined
    refuseBelowOthers(member.path, earlier)
    earlier.set(member.path, member)
    return member
  }
}
