import { byteText } from '../../core/byte-text.ts'
import type { Difference } from '../../core/event.ts'
import { notAnAnswer, Refusal, refuse } from '../../core/failure.ts'
import { quoted } from '../../core/quote.ts'
import { isUnknown } from '../../core/unknown.ts'
import type { Content } from '../../core/value.ts'
import { isKernelPath, kernelFileFix } from '../kernel-file.ts'
import type { Probe, ProbeItem, Query } from '../query.ts'
import { showContent, wordFor } from '../show.ts'
import { bytesIn, bytesScript, digestsScript, maxReads, readWhole, type Whole } from './file-content.ts'
import { cloudedFile, ownersOf } from './file-owner.ts'
import { type FileTies, tiesIn, tiesScript } from './file-ties.ts'
import { microseconds } from './file-time.ts'
import { findKind, lookFunctions } from './other-tools.ts'
import { promisedFile } from './promised-file.ts'
import { seenFile } from './seen-file.ts'
import { folderOf, unitLabels } from './unit-path.ts'

type Present = {
  exists: true
  mode: string
  owner: string
  group: string
  uid: number
  gid: number
  size: number
  changed: number
  /** Told where something may be changed there. */
  ties?: FileTies
}
/** What stands at a path. A link is itself, never what it points to. `changed` is the ctime in microseconds. */
export type FileAnswer =
  | { exists: false }
  | (Present &
      (
        | { kind: 'file'; content: Content }
        | { kind: 'directory' }
        | { kind: 'link'; target: string }
        | { kind: 'other' }
      ))

/**
 * The raw record of one path, and the real folder it lies in, from which the World learns canonical paths. `torn`: how
 * many times in a row its bytes were not those of its digest, because something wrote to it meanwhile.
 */
export type RawFile = { answer: FileAnswer; folder: string; real: string; denied?: true; torn?: number }

const unreadable = 'unreadable'
const kinds: Record<string, string> = { f: 'file', d: 'directory', l: 'link' }

/**
 * Four processes for any number of paths with GNU tools: `readlink`, `find -printf` (no link is followed), `sha256sum` where
 * content counts, `head` for the bytes of small files; two more where something may be changed. Sections are NUL-separated; an empty field
 * closes the first two.
 */
const sh = (items: ProbeItem[]): string => {
  const having = (facet: string): string[] => items.filter(i => i.facets.includes(facet)).map(i => i.item)
  const folders = quoted([...new Set(items.map(i => folderOf(i.item)))])
  const lines = [
    findKind,
    lookFunctions,
    `canonical ${folders}; printf '\\0'`,
    `attributes ${quoted(items.map(i => i.item))}; printf '\\0'`,
  ]
  if (having('digest').length > 0) lines.push(digestsScript(quoted(having('digest'))))
  if (having('ties').length > 0) lines.push(tiesScript(quoted(having('ties'))))
  if (having('bytes').length > 0) lines.push(bytesScript(quoted(having('bytes'))))
  return lines.join('\n')
}

const escapes: Record<number, string> = {
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  39: "'",
  92: '\\',
}
/** A path as messages have it in the language C: what is not printable there is escaped as C writes it. */
const inMessage = (path: string): string =>
  Array.from(Buffer.from(path), byte => {
    if (escapes[byte] !== undefined) return `\\${escapes[byte]}`
    return byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
  }).join('')

/** What `find` was not let at: that is not the same as absent. Its messages are in English, as the session sets it. */
const deniedIn = (stderr: Buffer): ((path: string) => boolean) => {
  const text = stderr.toString()
  // BusyBox has a path as it is.
  return path => [inMessage(path), path].some(shown => text.includes(`'${shown}': Permission denied`))
}

const lied = (why: string): never => {
  throw new Refusal(notAnAnswer('what the host says of files is no answer to what was asked', why))
}

/** Takes one text after another, each up to a zero byte: what has none has been cut off. */
const fieldReader = (bytes: Buffer) => {
  let at = 0
  return {
    next: (): string => {
      const end = bytes.indexOf(0, at)
      if (end < 0) return lied('it ends before its end')
      const text = byteText(bytes.subarray(at, end))
      at = end + 1
      return text
    },
    rest: (): Buffer => bytes.subarray(at),
  }
}
type Fields = ReturnType<typeof fieldReader>

/** What the folders really are, past their links. */
const readFolders = ({ next }: Fields, folders: string[]): Map<string, string> => {
  const found = new Map<string, string>()
  for (let real = next(), i = 0; real !== ''; real = next(), i++) {
    if (real.startsWith('/') && i < folders.length) found.set(folders[i]!, real)
    else lied('it tells of folders that nobody has asked for')
  }
  return found.size === folders.length ? found : lied(`it tells of ${found.size} of ${folders.length} folders`)
}

/** Numbers are numbers, and a mode is a mode; what could not be read as one is told by its name. */
const numberIn = (text: string, what: string): number =>
  /^\d{1,15}$/.test(text) ? Number(text) : lied(`a ${what} is no number`)
const modeIn = (text: string): string => (/^[0-7]{1,4}$/.test(text) ? text.padStart(4, '0') : lied('a mode is none'))
const timeIn = (text: string): number => {
  const time = microseconds(text)
  return Number.isFinite(time) ? time : lied('a time is none')
}

const readAttributes = ({ next }: Fields): Map<string, FileAnswer> => {
  const answers = new Map<string, FileAnswer>()
  for (let path = next(); path !== ''; path = next()) {
    const kind = kinds[next()] ?? 'other'
    const present: Present = {
      exists: true,
      mode: modeIn(next()),
      uid: numberIn(next(), 'user'),
      owner: next(),
      gid: numberIn(next(), 'group'),
      group: next(),
      size: numberIn(next(), 'size'),
      changed: timeIn(next()),
    }
    const target = next()
    answers.set(path, { ...present, kind, ...(kind === 'link' ? { target } : {}) } as FileAnswer)
  }
  return answers
}

const readDigests = ({ next }: Fields): Map<string, string> => {
  const digests = new Map<string, string>()
  for (let line = next(); line !== ''; line = next()) {
    if (!/^[0-9a-f]{64} {2}/.test(line)) lied('a digest is none')
    digests.set(line.slice(66), line.slice(0, 64))
  }
  return digests
}

/** Puts ties into the answers of what is there. */
const tie = (items: ProbeItem[], answers: Map<string, FileAnswer>, tiesOf: (path: string) => FileTies): void => {
  for (const { item, facets } of items) {
    const answer = answers.get(item)
    if (answer?.exists === true && facets.includes('ties')) answer.ties = tiesOf(item)
  }
}

/** Puts digests into the answers of files; returns those whose bytes follow. */
const withDigests = (items: ProbeItem[], answers: Map<string, FileAnswer>, digests: Map<string, string>): Whole[] =>
  items.flatMap(({ item, facets }) => {
    const answer = answers.get(item)
    if (answer?.exists !== true || answer.kind !== 'file' || !facets.includes('digest')) return []
    // Without a digest it could not be read: then its bytes are missing too.
    const digest = digests.get(item)
    answer.content = { digest: digest ?? unreadable, size: answer.size, bytes: Buffer.alloc(0) }
    const hasBytes = digest !== undefined && facets.includes('bytes') && answer.size <= readWhole
    return hasBytes ? [{ item, content: answer.content }] : []
  })

const read = ({ stdout, stderr }: { stdout: Buffer; stderr: Buffer }, items: ProbeItem[]): RawFile[] => {
  const denied = deniedIn(stderr)
  const fields = fieldReader(stdout)
  const reals = readFolders(fields, [...new Set(items.map(i => folderOf(i.item)))])
  const answers = readAttributes(fields)
  const digests = items.some(i => i.facets.includes('digest')) ? readDigests(fields) : new Map<string, string>()
  if (items.some(i => i.facets.includes('ties'))) tie(items, answers, tiesIn(fields.next(), fields.next()))
  const torn = bytesIn(fields.rest(), withDigests(items, answers, digests))
  return items.map(({ item }) => {
    const folder = folderOf(item)
    const answer: FileAnswer = answers.get(item) ?? { exists: false }
    const isClosed = answer.exists && answer.kind === 'file' && answer.content?.digest === unreadable
    return {
      answer,
      folder,
      real: reals.get(folder) ?? folder,
      ...(isClosed || denied(item) ? { denied: true } : {}),
      ...(torn.has(item) ? { torn: 1 } : {}),
    }
  })
}

export const fileProbe: Probe<RawFile> = { kind: 'file', side: 'host', sh, read, owned: ['ties'] }

const touched =
  (path: string) =>
  (patch: Record<string, unknown>): string[] => {
    const units = unitLabels(path)
    if (patch.exists === false || patch.kind === 'link') return [`tree:${path}`, `children:${folderOf(path)}`, ...units]
    if (patch.exists === true) return [`path:${path}`, `children:${folderOf(path)}`, ...units]
    // An owner or a mode says nothing to systemd.
    const isAttributes = Object.keys(patch).every(member => attributeMembers.has(member))
    return isAttributes ? [`attributes:${path}`] : [`path:${path}`, ...units]
  }
const attributeMembers = new Set(['mode', 'owner', 'uid', 'group', 'gid'])

/** Whether a mode keeps others from reading; one that is not known does not say. */
export const isClosed = (mode: unknown): boolean => typeof mode === 'string' && (Number(`0o${mode}`) & 0o004) === 0

const shown = ['kind', 'mode', 'owner', 'group', 'target'] as const

/** Who is promised by a number alone shows as that number. */
const named = (name: string, number: unknown, before: unknown): Record<string, string> =>
  typeof number === 'number' && number !== before ? { [name]: String(number) } : {}

/**
 * Who a file will belong to that takes the place of another is known when it is there. Root's mostly stays root's: of any
 * other it is told that it may not stay so.
 */
const handedOver = (path: string, old: Record<string, unknown>, now: Record<string, unknown>): Difference[] =>
  (['owner', 'group'] as const).flatMap(member => {
    const after = now[member]
    const number = old[member === 'owner' ? 'uid' : 'gid']
    const was = old[member] ?? number
    if (!isUnknown(after) || was === undefined || number === 0) return []
    return [
      {
        kind: 'value',
        subject: `${path} ${member}`,
        before: isUnknown(was) ? wordFor(was) : String(was),
        after: wordFor(after),
      },
    ]
  })

/** How a file's change reads: a text diff of its content, a line for each attribute. */
const show =
  (path: string) =>
  (before: FileAnswer | undefined, after: FileAnswer): Difference[] => {
    const old = (before?.exists ? before : {}) as Record<string, unknown>
    if (after.exists === false)
      return before?.exists ? [{ kind: 'value', subject: path, before: String(old.kind), after: 'absent' }] : []
    const { uid, gid, ...said } = after as unknown as Record<string, unknown>
    const now = { ...named('owner', uid, old.uid), ...named('group', gid, old.gid), ...said }
    const lines: Difference[] =
      before?.exists === true
        ? []
        : [
            {
              kind: 'value',
              subject: path,
              before: 'absent',
              after: isUnknown(now.kind) ? 'present' : String(now.kind ?? 'present'),
            },
          ]
    for (const member of shown) {
      if (
        now[member] === undefined ||
        isUnknown(now[member]) ||
        now[member] === old[member] ||
        (member === 'kind' && !before?.exists)
      )
        continue
      lines.push({
        kind: 'value',
        subject: `${path} ${member}`,
        before: String(old[member] ?? '-'),
        after: String(now[member]),
      })
    }
    lines.push(...handedOver(path, old, now))
    if (now.content === undefined || isUnknown(old.content)) return lines
    const reading = [old.mode, now.mode].some(isClosed) ? 'private' : 'open'
    return [...lines, ...showContent(path, old.content as Content | undefined, now.content, reading)]
  }

/** Refused at once: what may not be read cannot be planned, and would fail later in a less clear way. */
const forbidden = (path: string): never =>
  refuse('host-permission', `${path.replace(/(?<=.)\/\.$/, '')} may not be read.`, {
    fix: 'Let the task run as root: become: true, with no other become_user.',
  })

const restless = (path: string, real: string): never => {
  if (isKernelPath(real))
    refuse('host-settle', `${path} is no file on a disk: the kernel makes its words anew at each look.`, {
      fix: kernelFileFix(path),
    })
  return refuse('host-settle', `${path} changed while it was read.`, {
    why: `It was read ${maxReads} times, and each time something wrote to it meanwhile.`,
    fix: 'Run again when it is no longer written to.',
  })
}

const parsed = (path: string, facets: string[], raw: RawFile): FileAnswer => {
  if (raw.denied) return forbidden(path)
  return facets.includes('bytes') && (raw.torn ?? 0) >= maxReads ? restless(path, raw.real) : raw.answer
}

const query = (path: string, facets: string[]): Query<FileAnswer> => ({
  key: `file:${path}`,
  looks: [`path:${path}`],
  probe: fileProbe,
  item: path,
  facets,
  parse: (raw: RawFile) => parsed(path, facets, raw),
  only: false,
  implied: absent => (absent(path) ? { exists: false } : undefined),
  touched: touched(path),
  stamp: (answer, time) => (answer.exists === true ? { ...answer, changed: time } : answer),
  depends: ownersOf,
  clouded: cloudedFile,
  holds: promisedFile(path),
  guard: seenFile(path),
  show: show(path),
  subject: path,
})

/** What stands at an absolute path; of a small regular file also its bytes, for diffs and edits. */
export const file = (path: string): Query<FileAnswer> => query(path, ['digest', 'bytes'])
/** The same with its ties: whether it has further names, which are maybe somebody else's. */
export const fileWithTies = (path: string): Query<FileAnswer> => query(path, ['digest', 'bytes', 'ties'])
/** The same with the content known by its digest alone: programs, archives, keys. */
export const digest = (path: string): Query<FileAnswer> => query(path, ['digest'])
/** The same without content: for folders, links and files whose content does not matter. */
export const stat = (path: string): Query<FileAnswer> => query(path, [])
/** The folder that something is put into: what stands where a path leads, its last link followed too. */
export const folderAt = (path: string): Query<FileAnswer> => ({
  ...query(path === '/' ? '/.' : `${path}/.`, ['ties']),
  subject: path,
})
