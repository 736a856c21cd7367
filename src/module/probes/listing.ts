import {
  type ArchiveEntry,
  type ArchiveMember,
  createMemberReader,
  nameInArchive,
  refuseDamagedArchive,
} from '../../core/archive-member.ts'
import { type Failure, Refusal } from '../../core/failure.ts'
import { quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import type { Ask, Probe, ProbeItem, Query } from '../query.ts'
import { localArchive } from './controller.ts'
import { digest, type FileAnswer } from './file.ts'
import { packedFunction, tarKind } from './other-tools.ts'

/** What an archive holds: members with their digests, so that nothing need be unpacked to plan. */
export type Listing = { exists: false; missing: string; fix: string } | { exists: true; members: ArchiveMember[] }

/**
 * Per archive what tar lists, then the digests of its plain files in the same order, then `# STATUS`; on standard error
 * what is complained, to a `#` as well. With a command to feed, tar makes nothing, no folders and links either. BusyBox's tar
 * quotes no names, so they are listed twice: the names alone (`N `), and what it says of each (`L `); and it does not see by
 * itself how an archive is packed.
 */
const sh = (items: ProbeItem[]): string =>
  `${tarKind}
${packedFunction}
list() { if [ "$gnu" ]; then tar -tv --full-time --numeric-owner --quoting-style=c -f "$1" && tar -x --to-command='exec sha256sum' -f "$1"
else packed "$1"; tar -t$z -f "$1" >/dev/null && tar -t$z -f "$1" | sed 's/^/N /' && tar -tv$z -f "$1" | sed 's/^/L /' && SHELL=/bin/sh tar -x$z --to-command='exec sha256sum' -f "$1"; fi; }
for f in ${quoted(items.map(i => i.item))}; do
if [ -f "$f" ] && [ ! -h "$f" ]; then list "$f"; echo "# $?"; elif [ -e "$f" ] || [ -h "$f" ]; then echo '# other'; else echo '# absent'; fi; echo '#' >&2
done`

const escapes: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }
/** A text as C writes it; it may stand for any bytes. */
const unquoted = (text: string): string =>
  nameInArchive(
    Buffer.from(
      text.replace(/\\(?:([0-7]{1,3})|(.))/g, (_, octal?: string, char?: string) =>
        String.fromCharCode(octal ? Number.parseInt(octal, 8) : (escapes[char!] ?? char!.charCodeAt(0))),
      ),
      'latin1',
    ),
  )

/** `rwsr-xr-t` as four octal digits. */
const modeOf = (text: string): string => {
  const digit = (from: number): number =>
    [...text.slice(from, from + 3)].reduce((sum, bit, i) => sum + (/[-ST]/.test(bit) ? 0 : 4 >> i), 0)
  const special = [2, 5, 8].reduce((sum, at, i) => sum + (/[sStT]/.test(text[at]!) ? 4 >> i : 0), 0)
  return [special, digit(0), digit(3), digit(6)].join('')
}

const kinds: Record<string, ArchiveEntry['kind']> = { '-': 'file', d: 'directory', l: 'link', h: 'hard link' }
const line = /^(.)([-rwxsStT]{9})\S* +\S+ +(\S+) +\S+ \S+ "((?:[^"\\]|\\.)*)"(?: (?:->|link to) "((?:[^"\\]|\\.)*)")?$/

const entryIn = (text: string): ArchiveEntry => {
  const [, type = '', mode = '', size = '', name = '', target] =
    line.exec(text) ?? refuseDamagedArchive(`tar says of it: ${text}`)
  const path = unquoted(name)
  const kind = kinds[type] ?? refuseDamagedArchive(`its member '${path}' is neither a file, nor a folder, nor a link`)
  return {
    path,
    kind,
    mode: modeOf(mode),
    size: kind === 'file' ? Number(size) : 0,
    sha256: '',
    ...(target === undefined ? {} : { target: unquoted(target) }),
  }
}

const busyboxLine = /^(.)([-rwxsStT]{9}) +\S+ +(\d+) +\S+ \S+ /

/**
 * A member as BusyBox's tar says it, whose name is known. What is not printable shows as `?` there, and a hard link as a file
 * with a target.
 */
const busyboxEntry = (name: string, text: string): ArchiveEntry => {
  const [head = '', type = '', mode = '', size = ''] =
    busyboxLine.exec(text) ?? refuseDamagedArchive(`tar says of it: ${text}`)
  const rest = text.slice(head.length)
  const target = rest.startsWith(`${name} -> `) ? rest.slice(name.length + 4) : undefined
  if (/[?\ufffd]/.test(name) || (rest !== name && target === undefined))
    refuseDamagedArchive(
      `the tar of that host does not tell the name of its member '${name}' exactly`,
      'install GNU tar there, or unpack an archive of the controller (remote_src: false)',
    )
  const kind = type === '-' && target !== undefined ? 'hard link' : kinds[type]
  if (kind === undefined) refuseDamagedArchive(`its member '${name}' is neither a file, nor a folder, nor a link`)
  return {
    path: name,
    kind: kind!,
    mode: modeOf(mode),
    size: kind === 'file' ? Number(size) : 0,
    sha256: '',
    ...(target === undefined ? {} : { target }),
  }
}

const isDigest = (text: string): boolean => /^[0-9a-f]{64} {2}-$/.test(text)

/** Each member with its digest where it is a plain file, in the order of the archive. */
const entriesIn = (lines: string[]): ArchiveEntry[] => {
  const digests = lines.filter(isDigest).map(text => text.slice(0, 64))
  const next = (): string => digests.shift() ?? refuseDamagedArchive('it is cut off')
  const names = lines.flatMap(text => (text.startsWith('N ') ? [text.slice(2)] : []))
  if (names.length === 0)
    return lines
      .filter(text => !isDigest(text))
      .map(entryIn)
      .map(entry => (entry.kind === 'file' ? { ...entry, sha256: next() } : entry))
  const said = lines.flatMap(text => (text.startsWith('L ') ? [text.slice(2)] : []))
  if (said.length !== names.length) refuseDamagedArchive('a name in it has more than one line')
  return names.map((name, i) => {
    const entry = busyboxEntry(name, said[i]!)
    // That tar makes a digest of hard links too, of no bytes.
    const digest = entry.kind === 'file' || entry.kind === 'hard link' ? next() : ''
    return entry.kind === 'file' ? { ...entry, sha256: digest } : entry
  })
}

/** Of two members with one path the last counts, as in unpacking. */
const membersIn = (lines: string[]): ArchiveMember[] => {
  const take = createMemberReader()
  const members = new Map<string, ArchiveMember>()
  for (const entry of entriesIn(lines)) {
    const member = take(entry)
    if (member) members.set(member.path, member)
  }
  return members.size > 0 ? [...members.values()] : refuseDamagedArchive('there is nothing in it')
}

const absent = (path: string): Listing => ({
  exists: false,
  missing: `${path} does not exist on the host`,
  fix: 'put it there in an earlier task, with copy',
})
const noFile = (path: string): Listing => ({
  exists: false,
  missing: `${path} is no plain file`,
  fix: 'name the archive itself',
})
/** Nobody has published a digest of it: what is damaged is not to be downloaded again, but to be made again. */
const unreadable = (path: string, { why, fix = '.sha512' }: Failure): Listing => ({
  exists: false,
  missing: `${path} is no archive that can be unpacked: ${why}`,
  fix: fix.includes('.sha512') ? 'pack it again, as .tar or .tar.gz' : fix,
})

const listingOf = (path: string, said: string[], complaints: string): Listing => {
  const status = said.at(-1)!
  if (status === '# absent') return absent(path)
  if (status === '# other') return noFile(path)
  try {
    return { exists: true, members: status === '# 0' ? membersIn(said.slice(0, -1)) : refuseDamagedArchive(complaints) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return unreadable(path, error.failures[0]!)
  }
}

/** What comes up to and with each line that begins with `#`. */
const sections = (text: string): string[][] => {
  const all: string[][] = [[]]
  for (const one of text.split('\n')) {
    all.at(-1)!.push(one)
    if (one.startsWith('#')) all.push([])
  }
  return all
}

/** The last words on what is wrong, but for those that only say that tar, or what unpacks for it, gives up. */
const complaintIn = (lines: string[] = []): string =>
  lines
    .filter(text => !/^#|exiting|Child returned status/i.test(text))
    .at(-1)
    ?.replace(/^\S+: /, '') ?? 'tar does not say why'

const listingProbe: Probe<Listing> = {
  kind: 'listing',
  side: 'host',
  sh,
  read: ({ stdout, stderr }: Output, items: ProbeItem[]) => {
    const said = sections(stdout.toString())
    const complained = sections(stderr.toString())
    return items.map(({ item }, i) => listingOf(item, said[i]!, complaintIn(complained[i])))
  },
}

/** What is in a file that will be there: asked where the same bytes are already. */
const derive =
  (path: string) =>
  (ask: Ask): Listing | undefined => {
    const found: FileAnswer = ask(digest(path))
    if (!found.exists) return absent(path)
    if (found.kind !== 'file') return noFile(path)
    const { at } = found.content
    if (at === undefined) return undefined
    const listed = ask(at.side === 'controller' ? localArchive(at.path) : listing(at.path))
    return listed.exists ? { exists: true, members: listed.members } : listed
  }

/** The members of a tar archive that lies on the host, packed as that host's tar can read it. */
export const listing = (path: string): Query<Listing> => ({
  key: `listing:${path}`,
  looks: [`listing:${path}`, `path:${path}`],
  probe: listingProbe,
  item: path,
  facets: [],
  parse: (raw: Listing) => raw,
  only: false,
  derive: derive(path),
  implied: gone => (gone(path) ? absent(path) : undefined),
  subject: `members of ${path}`,
})
