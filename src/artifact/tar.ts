import { createHash } from 'node:crypto'
import {
  type ArchiveEntry,
  type ArchiveMember,
  createMemberReader,
  nameInArchive,
  pathInside,
  refuseDamagedArchive,
} from '../core/archive-member.ts'
import { type ByteReader, createByteReader } from './byte-reader.ts'
import { parsePax, parseTarHeader, TAR_BLOCK, type TarHeader } from './tar-header.ts'

/** Long names stand in records of their own, among other things that are said of a member; nothing sensible is longer. */
const LONGEST_RECORD = 1024 * 1024
/** No system takes a longer path. */
const LONGEST_PATH = 4096
/** So deep, in folders, and so many members, and bytes of names, an archive has; a kernel's sources have 90,000 of them. */
const DEEPEST = 128
const MOST_MEMBERS = 250_000
const MOST_NAMES = 64 * 1024 * 1024

/** Each member's bytes are followed by zeros up to a whole block. */
const paddingOf = (size: number): number => (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK

const cutOff = (path: string): never => refuseDamagedArchive(`it ends in the middle of ${path}`)

const skip = async (reader: ByteReader, size: number, path: string): Promise<void> => {
  for (let missing = size; missing > 0; ) missing -= ((await reader.some(missing)) ?? cutOff(path)).length
}

const digestOf = async (reader: ByteReader, size: number, path: string): Promise<string> => {
  const hash = createHash('sha256')
  for (let missing = size; missing > 0; ) {
    const part = (await reader.some(missing)) ?? cutOff(path)
    hash.update(part)
    missing -= part.length
  }
  await skip(reader, paddingOf(size), path)
  return hash.digest('hex')
}

const record = async (reader: ByteReader, size: number): Promise<Buffer> => {
  if (size > LONGEST_RECORD) return refuseDamagedArchive('a name in it is longer than 1 MiB')
  const bytes = await reader.exactly(size)
  if (bytes.length < size) return cutOff('a long name')
  await skip(reader, paddingOf(size), 'a long name')
  return bytes
}

const textOf = (bytes: Buffer): string => {
  const end = bytes.indexOf(0)
  return nameInArchive(end === -1 ? bytes : bytes.subarray(0, end))
}

type WholeHeader = Omit<TarHeader, 'path' | 'linkname'> & { path: string; linkname: string }

const wholeHeader = (header: TarHeader, over: Partial<WholeHeader>): WholeHeader => ({
  ...header,
  path: over.path ?? nameInArchive(header.path),
  linkname: over.linkname ?? nameInArchive(header.linkname),
  size: over.size ?? header.size,
  type: over.type ?? header.type,
})

/** Refuses an archive that has more than anybody unpacks. */
const createCount = (): ((path: string) => void) => {
  let members = 0
  let names = 0
  return path => {
    members += 1
    names += path.length
    const fix = 'pack it in several archives, or unpack it from the host itself: remote_src'
    if (path.length > LONGEST_PATH || path.split('/', DEEPEST + 2).length > DEEPEST + 1)
      refuseDamagedArchive(
        `the path '${path.slice(0, 60)}…' is longer than ${LONGEST_PATH} characters, or than ${DEEPEST} folders`,
        'pack it again with shorter names',
      )
    if (members > MOST_MEMBERS) refuseDamagedArchive(`it has more than ${MOST_MEMBERS} members`, fix)
    if (names > MOST_NAMES) refuseDamagedArchive(`the names in it have more than ${MOST_NAMES / 1024 / 1024} MB`, fix)
  }
}

/** A header together with the records in front of it that replace parts of it; undefined at the end. */
const nextHeader = async (reader: ByteReader, global: Record<string, string>): Promise<WholeHeader | undefined> => {
  let over: Partial<WholeHeader> = {}
  for (;;) {
    const block = await reader.exactly(TAR_BLOCK)
    if (block.length === 0) return undefined
    if (block.length < TAR_BLOCK) return refuseDamagedArchive('it ends in the middle of a header')
    const header = parseTarHeader(block)
    if (!header) return undefined
    if (header.type === 'L') over = { ...over, path: textOf(await record(reader, header.size)) }
    else if (header.type === 'K') over = { ...over, linkname: textOf(await record(reader, header.size)) }
    else if (header.type === 'x') over = { ...over, ...fromPax(parsePax(await record(reader, header.size))) }
    else if (header.type === 'g') Object.assign(global, parsePax(await record(reader, header.size)))
    else return wholeHeader(header, { ...fromPax(global), ...over })
  }
}

const fromPax = (pax: Record<string, string>): Partial<WholeHeader> => ({
  ...(pax.path !== undefined && { path: pax.path }),
  ...(pax.linkpath !== undefined && { linkname: pax.linkpath }),
  ...(pax.size !== undefined && { size: Number(pax.size) }),
  // A sparse file is stored differently: its bytes are not its content.
  ...(Object.keys(pax).some(key => key.startsWith('GNU.sparse')) && { type: 'S' }),
})

const kindOf = (header: WholeHeader): 'file' | 'directory' | 'link' | 'hard link' => {
  if (header.type === '5' || ('07'.includes(header.type) && header.path.endsWith('/'))) return 'directory'
  if (header.type === '0' || header.type === '7') return 'file'
  if (header.type === '2') return 'link'
  if (header.type === '1') return 'hard link'
  return refuseDamagedArchive(
    `its member '${header.path}' is neither a file, nor a folder, nor a link (tar type '${header.type}')`,
  )
}

const entryOf = async (reader: ByteReader, header: WholeHeader): Promise<ArchiveEntry> => {
  const path = pathInside(header.path)
  const { size } = header
  const mode = header.mode.toString(8).padStart(4, '0')
  const kind = kindOf(header)
  if (kind === 'file') return { path, kind, mode, size, sha256: await digestOf(reader, size, path) }
  // The other kinds have no content; a size that is there all the same has to be passed over.
  if (kind !== 'hard link' || size > 0) await skip(reader, size + paddingOf(size), path)
  return { path, kind, mode, size: 0, sha256: '', ...(kind === 'directory' ? {} : { target: header.linkname }) }
}

/**
 * The members of a tar archive (ustar, pax, GNU) in the order they stand in it, with the digests of their content, read
 * as the bytes come. A hard link comes out as the file it is. Refuses (`usage-file`) what is damaged or would be
 * written outside of the folder it is unpacked into. Reads the `whole` stream to its end, so that a gzip around it is
 * checked as well, or only as far as the `tar` goes.
 */
export async function* readTar(
  chunks: AsyncIterable<Buffer>,
  extent: 'whole' | 'tar' = 'whole',
): AsyncGenerator<ArchiveMember> {
  const reader = createByteReader(chunks)
  const take = createMemberReader()
  const count = createCount()
  const global: Record<string, string> = {}
  for (;;) {
    const header = await nextHeader(reader, global)
    if (!header) break
    count(header.path)
    const member = take(await entryOf(reader, header))
    if (member) yield member
  }
  while (extent === 'whole' && (await reader.some(Number.MAX_SAFE_INTEGER)));
}
