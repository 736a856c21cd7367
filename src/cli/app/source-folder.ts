import { readdir, readlink, realpath, stat } from 'node:fs/promises'
import { bytesOfText, byteText } from '../../core/byte-text.ts'
import { Refusal } from '../../core/failure.ts'
import type { SourceEntry } from '../../module/probes/controller.ts'
import { readSource } from './source-file.ts'

/** So many bytes of the files of one folder stay in memory; those of the rest are read again when they are sent. */
const keptBytes = 64_000_000

type Links = 'followed' | 'kept'
/** A folder on the way down: where it really is, and what is left of the memory for bytes. */
type Way = { links: Links; above: string[]; left: { bytes: number } }

const modeOf = async (path: string): Promise<string> =>
  ((await stat(bytesOfText(path))).mode & 0o7777).toString(8).padStart(4, '0')

const real = async (path: string): Promise<string> => byteText(await realpath(bytesOfText(path), 'buffer'))

/** What a link comes to: what it leads to, or itself where that is nothing, or a folder that it lies in. */
const followed = async (at: string, path: string, way: Way): Promise<SourceEntry[]> => {
  const target = byteText(await readlink(bytesOfText(at), 'buffer'))
  const itself: SourceEntry[] = [{ path, kind: 'link', target }]
  if (way.links === 'kept') return itself
  const end = await real(at).catch(() => undefined)
  if (end === undefined) return itself
  const there = await stat(bytesOfText(end))
  if (there.isDirectory()) return way.above.includes(end) ? itself : folderAt(end, path, way)
  return there.isFile() ? [await fileAt(end, path, way)] : itself
}

const fileAt = async (at: string, path: string, { left }: Way): Promise<SourceEntry> => {
  const found = await readSource(at, left.bytes)
  left.bytes -= found.bytes?.length ?? 0
  return { path, kind: 'file', ...found }
}

const folderAt = async (at: string, path: string, way: Way): Promise<SourceEntry[]> => [
  { path, kind: 'directory', mode: await modeOf(at) },
  ...(await entriesIn(at, `${path}/`, { ...way, above: [...way.above, await real(at)] })),
]

const entriesIn = async (folder: string, start: string, way: Way): Promise<SourceEntry[]> => {
  const found = await readdir(bytesOfText(folder), { withFileTypes: true, encoding: 'buffer' })
  const all: SourceEntry[] = []
  for (const one of found.sort((a, b) => Buffer.compare(a.name, b.name))) {
    const at = `${folder.replace(/\/$/, '')}/${byteText(one.name)}`
    const path = `${start}${byteText(one.name)}`
    if (one.isSymbolicLink()) all.push(...(await followed(at, path, way)))
    else if (one.isDirectory()) all.push(...(await folderAt(at, path, way)))
    else if (one.isFile()) all.push(await fileAt(at, path, way))
    // Sockets, pipes and devices have no content that could be copied.
  }
  return all
}

/**
 * All that lies in a folder of the controller, whatever the names are. Links are followed unless they are kept; one that
 * leads nowhere, or back up, is a link in either case.
 *
 * @throws Refusal `usage-file` for what may not be read
 */
export const readFolder = async (folder: string, links: Links): Promise<SourceEntry[]> => {
  try {
    return await entriesIn(folder, '', { links, above: [await real(folder)], left: { bytes: keptBytes } })
  } catch (error) {
    throw new Refusal({
      reason: 'usage-file',
      what: `the folder ${folder} cannot be read: ${(error as Error).message}`,
      fix: 'let whoever runs runbook read all of it, or take that file out',
    })
  }
}
