import { isUnknown, Later, unknownsIn } from '../../src/core/unknown.ts'
import { content, isRecord, sha256 } from '../../src/core/value.ts'
import * as factGathering from '../../src/module/probes/ansible-facts/gather.ts'
import type { ServiceAnswer } from '../../src/module/probes/unit-answer.ts'
import { noNeeds } from '../../src/module/probes/unit-text.ts'
import type { AnyQuery } from '../../src/module/query.ts'

/** `(unknown: node0/task)` in a case file is a value that node0/task will make known. */
const marked = /^\(unknown: (.+)\)$/

const folder = { exists: true, kind: 'directory', mode: '0755' }
const root = { owner: 'root', group: 'root', uid: 0, gid: 0, mode: '0644', size: 0, changed: 1_000_000 }
const words: Record<string, unknown> = { absent: { exists: false }, folder }

const numberOf = (name: unknown): unknown => (isUnknown(name) ? name : name === 'root' ? 0 : 1000)

/** A file as a case tells it: `absent`, `folder`, or its members, with `text` for its content, or `latin1`: a byte a character. */
const ofFile = (said: unknown): unknown => {
  if (!isRecord(said) || said.exists !== true) return said
  const { text, latin1, ...rest } = said
  const made = typeof latin1 === 'string' ? content(Buffer.from(latin1, 'latin1')) : content(String(text))
  const bytes = typeof (text ?? latin1) === 'string' ? { content: made, size: made.size } : {}
  const numbers = { uid: numberOf(said.owner ?? 'root'), gid: numberOf(said.group ?? 'root') }
  return { ...root, ...numbers, ...bytes, ...rest }
}

const ofSource = (said: unknown): unknown => {
  if (!isRecord(said) || typeof said.text !== 'string') return said
  const { text, ...rest } = said
  return { exists: true, kind: 'file', file: '/controller/file', ...content(text), sha256: sha256(text), ...rest }
}

/** A folder of the controller as a case tells it: its entries, with `text` for the content of a file. */
const ofSourceFolder = (said: unknown): unknown =>
  isRecord(said) && Array.isArray(said.entries)
    ? {
        exists: true,
        kind: 'directory',
        file: '/controller/folder',
        entries: said.entries.map(({ kind = 'file', mode = '0644', ...entry }) =>
          kind === 'file' ? { kind, mode, ...(ofSource({ ...entry, kind }) as object) } : { kind, mode, ...entry },
        ),
      }
    : ofSource(said)

const ofListing = (said: unknown): unknown => {
  if (!isRecord(said) || !Array.isArray(said.members)) return said
  const members = said.members.map(member => {
    const { text = '', ...rest } = member
    return { mode: '0644', size: Buffer.byteLength(text), sha256: member.kind === 'file' ? sha256(text) : '', ...rest }
  })
  return { exists: true, ...said, members }
}

const ofArchive = (said: unknown): unknown => {
  const listing = ofListing(said)
  if (listing === said) return said
  return { name: 'a.tar.gz', file: '/controller/a.tar.gz', size: 1000, sha256: 'a'.repeat(64), ...(listing as object) }
}

/** A unit of systemd that is off and asks for nothing. */
export const plainUnit: ServiceAnswer = {
  manager: 'systemd',
  boot: 'systemd',
  load: 'loaded',
  active: 'inactive',
  sub: 'dead',
  enabled: 'disabled',
  reload: false,
  since: 0,
  restarts: 0,
  result: 'success',
  id: '',
  names: [],
  rc: '',
  source: '',
  files: [],
  isLink: false,
  dropIns: [],
  wanted: [],
  isReferenced: false,
  isPulledIn: true,
  needs: noNeeds,
  stays: true,
}
const program = (said: unknown, query: AnyQuery): unknown =>
  isRecord(said) && 'prints' in said
    ? query.parse({
        stdout: Buffer.from(String(said.prints)),
        stderr: Buffer.from(String(said.complains ?? '')),
        status: Number(said.status ?? 0),
      })
    : said

/** What decides besides a unit's own file: nothing that is not said. */
const ofSurroundings = ({ dropIns = [], ...said }: Record<string, unknown>): unknown => ({
  foldersChanged: [],
  environmentFiles: [],
  dropIns: (dropIns as object[]).map(one => ({ changed: 0, ...one })),
  ...said,
})

/** A package as a case tells it: there is one where a version is told. */
const ofPackage = (said: unknown, { item }: AnyQuery): unknown => {
  const told = isRecord(said) ? said : {}
  if (item === 'manager') return { ...debianLists, ...told }
  const isThere = 'version' in told
  return { installed: isThere, version: '', status: isThere ? 'installed' : 'none', isHeld: false, ...told }
}
/** Lists that were got a minute ago. */
const debianLists = {
  name: 'apt',
  isWithoutLists: false,
  updated: 1_800_000_000,
  age: 60,
  isStamped: false,
  isInterrupted: false,
  halfway: [],
  hasSources: true,
}
const runOf = (said: unknown): unknown =>
  isUnknown(said)
    ? said
    : {
        is: 'known',
        comes: [],
        goes: [],
        said: '',
        near: [],
        simulatedBehind: [],
        behind: [],
        isOver: false,
        ...(said as object),
      }

const kinds: Record<string, (said: unknown, query: AnyQuery) => unknown> = {
  'fact-source': () => factGathering,
  file: ofFile,
  source: ofSourceFolder,
  'source-links': ofSourceFolder,
  'local-archive': ofArchive,
  'local-file': said => said,
  listing: ofListing,
  packages: ofPackage,
  'package-run': runOf,
  service: (said, { item }) => (isRecord(said) ? { ...plainUnit, id: item, ...said } : said),
  program: (said, query) =>
    isRecord(said) && query.key.startsWith('surroundings:') ? ofSurroundings(said) : program(said, query),
}
/**
 * What goes without saying: systemd runs; the folder a file goes into is there and may be written to, accounts exist, and
 * few others with few numbers; what a link is to point to is there; there is room on the disk, and
 * nothing filters or guards a kubo; what is made has its place to itself; of an identity nothing is known.
 */
const silent: Record<string, unknown> = {
  portable: { exists: false },
  lists: {},
  packages: {},
  starts: { settings: {}, isShown: true, dropIns: [] },
  parent: folder,
  details: {},
  pointed: folder,
  linkFolders: { ...folder, uid: 0 },
  room: { prints: '' },
  place: { is: 'beside', target: '', isClosed: false },
  linkRoom: { prints: '' },
  ownerIs: { exists: true, uid: 1000, group: 'users', groups: [], home: '/', shell: '/bin/sh', comment: '' },
  groupIs: { exists: true, gid: 1000 },
  numbers: {
    users: [
      { name: 'root', uid: 0, group: 'root' },
      { name: 'www-data', uid: 33, group: 'www-data' },
      { name: 'web', uid: 3999, group: 'web' },
    ],
    groups: [
      { name: 'root', gid: 0, members: [] },
      { name: 'www-data', gid: 33, members: [] },
      { name: 'web', gid: 3999, members: [] },
    ],
    defaults: {
      uids: { people: { min: 1000, max: 60000 }, services: { min: 101, max: 999 } },
      gids: { people: { min: 1000, max: 60000 }, services: { min: 101, max: 999 } },
      userGroups: true,
    },
  },
  process: { prints: '' },
  around: {},
  manager: { names: [], configured: [] },
  written: { exists: false },
  homeNow: folder,
  homeAbove: folder,
  space: { free: 1e12 },
  filters: { value: null },
  ahead: { value: null },
  factors: { value: null },
  names: { told: true, names: {} },
  machine: { boot: '', network: '', processes: '' },
  token: { value: null },
  identity: { value: null },
  held: { state: 'absent' },
  kubo: { words: [] },
  known: { all: [] },
  kit: {},
}

const unmarked = (said: unknown): unknown => {
  if (typeof said === 'string') {
    const node = marked.exec(said)?.[1]
    return node === undefined ? said : new Later(node)
  }
  if (Array.isArray(said)) return said.map(unmarked)
  return isRecord(said) ? Object.fromEntries(Object.entries(said).map(([k, v]) => [k, unmarked(v)])) : said
}
export const argsOf = (said: unknown): Record<string, unknown> => unmarked(said) as Record<string, unknown>

/** The answer that a case gives to one query, in the form modules see. */
export const answerOf = (name: string, query: AnyQuery, said: unknown): unknown => {
  const value = said === undefined ? silent[name] : typeof said === 'string' && said in words ? words[said] : said
  if (value === undefined) throw new Error(`the case does not say what "${name}" is: ${query.subject}`)
  const clear = unmarked(value)
  return kinds[query.probe.kind]?.(clear, query) ?? clear
}

/** A value in a form that can be compared and printed: contents as their text, unknowns as they are written in cases. */
export const plain = (value: unknown): unknown => {
  if (isUnknown(value)) return value instanceof Later ? `(unknown: ${value.node})` : '(unknown)'
  if (ArrayBuffer.isView(value)) return (value as Buffer).toString()
  if (Array.isArray(value)) return value.map(plain)
  if (!isRecord(value)) return value ?? null
  if ('digest' in value && 'bytes' in value && unknownsIn(value).length === 0)
    return value.bytes && (value.bytes as Buffer).length === value.size ? plain(value.bytes) : value.digest
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, plain(member)]),
  )
}
