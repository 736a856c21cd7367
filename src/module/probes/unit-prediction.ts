import { posix } from 'node:path'
import { type Content, isRecord } from '../../core/value.ts'
import { type Label, overlapping } from '../label.ts'
import type { Ask, Foreseen } from '../query.ts'
import { file } from './file.ts'
import type { ServiceAnswer } from './unit-answer.ts'
import {
  dropInNames,
  fileNames,
  folderOf,
  isTemplate,
  isUnitFolder,
  merged,
  nameOf,
  typeOf,
  unitFolders,
  unitLabels,
} from './unit-path.ts'
import { type UnitInstall, unitText } from './unit-text.ts'

// What becomes of a unit when files that it is made of change.

type Patch = Record<string, unknown>
type Kind = 'unit file' | 'linked file' | 'drop-in' | 'drop-ins' | 'want'
type FileChange = { kind: Kind; path: string; patch: Patch }

const isDropInFolder = (unit: string, folder: string): boolean =>
  isUnitFolder(folderOf(folder)) &&
  folder.endsWith('.d') &&
  [...dropInNames(unit), typeOf(unit)].includes(nameOf(folder).slice(0, -2))

/** What a file is to a unit; undefined: nothing. */
const kindOf = (unit: string, { files, isLink }: ServiceAnswer, path: string): Kind | undefined => {
  const [folder, name] = [folderOf(path), nameOf(path)]
  if (fileNames(unit).includes(name) && isUnitFolder(folder)) return 'unit file'
  if (name === unit && /^\/(etc|run)\/systemd\/system\/[^/]+\.(wants|requires)$/.test(folder)) return 'want'
  if (isDropInFolder(unit, path)) return 'drop-ins'
  if (isDropInFolder(unit, folder) && name.endsWith('.conf')) return 'drop-in'
  return isLink && files[0] !== undefined && nameOf(files[0]) === name ? 'linked file' : undefined
}

/** A mode or an owner says nothing to systemd. */
const isOfContent = (patch: Patch): boolean => ['exists', 'kind', 'content', 'target'].some(member => member in patch)

/** The changes of files that the unit is made of; undefined: something of them changes, and nobody says to what. */
const changesOf = (
  unit: string,
  looks: Label[],
  old: ServiceAnswer,
  { hits, patches }: Foreseen,
): FileChange[] | undefined => {
  const told = [...patches].flatMap(([key, patch]): [string, Patch][] =>
    key.startsWith('file:') && isRecord(patch) ? [[key.slice('file:'.length), patch]] : [],
  )
  const explained = new Set(
    told.flatMap(([path]) => [
      `path:${path}`,
      `attributes:${path}`,
      `tree:${path}`,
      `children:${folderOf(path)}`,
      ...unitLabels(path),
    ]),
  )
  if (hits.some(label => !explained.has(label) && overlapping([label], looks))) return undefined
  return told.flatMap(([path, patch]) => {
    const kind = kindOf(unit, old, merged(path))
    return kind === undefined || !isOfContent(patch) ? [] : [{ kind, path: merged(path), patch }]
  })
}

const places = unitFolders.map(merged)
/** The first of these is the unit's. */
const inOrder = (unit: string, files: string[]): string[] => {
  const names = fileNames(unit)
  const rank = (path: string): number => names.indexOf(nameOf(path)) * 100 + places.indexOf(folderOf(path))
  return [...new Set(files)].sort((a, b) => rank(a) - rank(b))
}

const changed = (paths: string[], changes: FileChange[]): string[] => {
  const gone = changes.filter(({ patch }) => patch.exists === false).map(({ path }) => path)
  const there = changes.filter(({ patch }) => patch.exists !== false).map(({ path }) => path)
  return [...paths.filter(path => !gone.some(g => path === g || path.startsWith(`${g}/`))), ...there]
}

/** What it is called when nothing starts it at boot. */
export const offState = (install: UnitInstall): 'disabled' | 'indirect' | 'static' =>
  install.links.length > 0 ? 'disabled' : install.also.length > 0 ? 'indirect' : 'static'

const nothingLoaded = { active: 'inactive', sub: 'dead', since: 0, restarts: 0, result: 'success' } as const

const boots = ['enabled', 'enabled-runtime']

/** systemd holds it in memory: it runs, has failed, or is wanted by what does. Any other unit it reads whenever it is asked for it. */
const isHeld = ({ active, isReferenced, isPulledIn, enabled }: ServiceAnswer): boolean =>
  active !== 'inactive' || isReferenced || (isPulledIn && boots.includes(enabled))

/** What starts it with the machine keeps it from now on: systemd reads all its units. */
export const readAnew = (unit: ServiceAnswer): ServiceAnswer => ({
  ...withoutRead(unit),
  reload: false,
  isPulledIn: boots.includes(unit.enabled),
})

/** Nothing that lies there is left for systemd to read, or its drop-ins are not what it is to read anew for. */
const withoutRead = ({ read: _, ...unit }: ServiceAnswer): ServiceAnswer => unit

/** Without a file it is there as long as systemd holds it. */
const withoutFile = (old: ServiceAnswer): ServiceAnswer =>
  isHeld(old)
    ? { ...old, files: [], isLink: false, ...(old.load === 'not-found' ? {} : { enabled: 'bad', reload: true }) }
    : { ...old, ...nothingLoaded, files: [], isLink: false, load: 'not-found', enabled: '', reload: false }

const masked = (old: ServiceAnswer, files: string[]): ServiceAnswer => {
  const enabled = files[0]?.startsWith('/run/') ? 'masked-runtime' : 'masked'
  const unit = { ...old, files, isLink: true, enabled } as const
  return isHeld(old) ? unit : { ...unit, ...nothingLoaded, load: 'masked', reload: false }
}

const enabledBy = (unit: string, old: ServiceAnswer, path: string, isLink: boolean, install: UnitInstall) => {
  if (boots.includes(old.enabled) || (isTemplate(unit) && old.enabled === 'indirect')) return old.enabled
  if (old.wanted.length > 0) return 'enabled'
  if (isLink) return path.startsWith('/run/') ? 'linked-runtime' : 'linked'
  return offState(install)
}

type Find = (unit: string) => ServiceAnswer

/** A unit whose file says something else, or is another one than before. */
const withFile = (
  unit: string,
  ask: Ask,
  old: ServiceAnswer,
  files: string[],
  find: Find,
): ServiceAnswer | undefined => {
  const path = files[0]!
  const at = ask(file(path))
  if (!at.exists) return withoutFile(old)
  const isLink = at.kind === 'link'
  const target = at.kind === 'link' ? posix.resolve(folderOf(path), at.target) : path
  if (target === '/dev/null') return masked(old, files)
  if (nameOf(target) !== nameOf(path)) return isUnitFolder(folderOf(target)) ? find(nameOf(target)) : undefined
  const real = isLink ? ask(file(target)) : at
  if (!real.exists || real.kind !== 'file') return undefined
  const { install, ...said } = unitText(real.content.bytes.toString(), unit)
  return {
    ...old,
    ...(isHeld(old) || old.load !== 'not-found' ? {} : nothingLoaded),
    ...said,
    install,
    files,
    isLink: isLink && !isUnitFolder(folderOf(target)),
    id: unit,
    load: 'loaded',
    enabled: enabledBy(unit, old, path, isLink && !isUnitFolder(folderOf(target)), install),
    // What was not there is looked for anew each time.
    reload: isHeld(old) && old.load !== 'not-found' && !isTemplate(unit),
  }
}

const textOf = ({ patch }: FileChange): string => {
  const content = patch.content as Content | undefined
  return isRecord(content) && ArrayBuffer.isView(content.bytes) ? content.bytes.toString() : ''
}

const isSame = (some: string[], others: string[]): boolean =>
  some.length === others.length && some.every(one => others.includes(one))

/** Whether systemd is to read its drop-ins anew: one that was put there and taken away again is none that it has missed. */
const asked = (
  old: ServiceAnswer,
  dropIns: string[],
  changes: FileChange[],
): Required<Pick<ServiceAnswer, 'reload' | 'read'>> => {
  const has = old.read ?? { dropIns: old.dropIns, asks: false }
  const others = old.reload && !has.asks
  const isRewritten = changes.some(({ path, patch }) => patch.exists !== false && has.dropIns.includes(path))
  const isFresh = isHeld(old) && old.load === 'loaded' && (isRewritten || !isSame(dropIns, has.dropIns))
  // What it has read was written anew: from then on no other change takes that back.
  return { reload: others || isFresh, read: { dropIns: has.dropIns, asks: !others && isFresh && !isRewritten } }
}

const withDropIns = (unit: string, old: ServiceAnswer, changes: FileChange[]): ServiceAnswer => {
  const dropIns = changed(
    old.dropIns,
    changes.filter(({ kind, patch }) => kind === 'drop-in' || patch.exists === false),
  )
  const isOther = changes.some(({ kind }) => kind === 'drop-in') || dropIns.length !== old.dropIns.length
  if (!isOther) return old
  const { reload, read } = asked(old, dropIns, changes)
  const more = changes.map(change => unitText(textOf(change), unit).needs)
  const all = (member: keyof ServiceAnswer['needs']): string[] => [
    ...new Set([...old.needs[member], ...more.flatMap(needs => needs[member])]),
  ]
  return {
    ...old,
    dropIns,
    needs: {
      stopsWith: all('stopsWith'),
      pulls: all('pulls'),
      conflicts: all('conflicts'),
      requisites: all('requisites'),
    },
    reload,
    read,
  }
}

/** A link among what another unit wants is all that `enable` makes. */
const withWants = (old: ServiceAnswer, changes: FileChange[]): ServiceAnswer | undefined => {
  const wanted = changed(old.wanted, changes)
  if (['masked', 'masked-runtime', 'generated', 'transient', ''].includes(old.enabled)) return { ...old, wanted }
  if (wanted.length > 0) return { ...old, wanted, enabled: 'enabled' }
  if (!boots.includes(old.enabled)) return { ...old, wanted }
  return old.install === undefined ? undefined : { ...old, wanted, enabled: offState(old.install) }
}

/**
 * The unit behind changes of files that it is made of; `old` itself where they are none of its own. Undefined: that
 * cannot be told.
 */
export const behindFiles = (
  unit: string,
  looks: Label[],
  ask: Ask,
  old: ServiceAnswer,
  foreseen: Foreseen,
  find: Find,
): ServiceAnswer | undefined => {
  const changes = changesOf(unit, looks, old, foreseen)
  if (changes === undefined) return undefined
  const of = (...kinds: Kind[]): FileChange[] => changes.filter(({ kind }) => kinds.includes(kind))
  let now: ServiceAnswer | undefined = old
  const own = of('unit file', 'linked file')
  if (own.length > 0) {
    const files = inOrder(unit, changed(old.files, of('unit file')))
    const counts =
      files[0] !== old.files[0] || own.some(({ kind, path }) => kind === 'linked file' || path === files[0])
    if (!counts) now = { ...old, files }
    else now = files.length === 0 ? withoutFile(withoutRead(old)) : withFile(unit, ask, withoutRead(old), files, find)
  }
  const dropIns = of('drop-in', 'drop-ins')
  if (now && dropIns.length > 0) now = withDropIns(unit, now, dropIns)
  const wants = of('want')
  return now && wants.length > 0 ? withWants(now, wants) : now
}

/** The same where the portable service manager runs it: it reads its unit file whenever it is asked. */
export const behindOwnFile = (path: string, ask: Ask, old: ServiceAnswer): ServiceAnswer | undefined => {
  const at = ask(file(path))
  if (at.exists !== true) return undefined
  if (old.load !== 'not-found') return { ...old, load: 'loaded', reload: false }
  const text = at.kind === 'file' ? at.content.bytes.toString() : ''
  const enabled = /^\[Install\]/m.test(text) ? 'disabled' : 'static'
  return { ...old, ...nothingLoaded, load: 'loaded', enabled, reload: false }
}
