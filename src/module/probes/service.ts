import { posix } from 'node:path'
import { quote } from '../../core/quote.ts'
import { isUnknown } from '../../core/unknown.ts'
import { isRecord } from '../../core/value.ts'
import { overlapping } from '../label.ts'
import type { Ask, Foreseen, Query } from '../query.ts'
import { file } from './file.ts'
import { isOfMachine, unitFile, unitName } from './portable.ts'
import { type RawUnit, serviceProbe } from './service-probe.ts'
import type { ServiceAnswer } from './unit-answer.ts'
import { folderOf, merged, nameOf, unitFileLooks } from './unit-path.ts'
import { behindFiles, behindOwnFile, readAnew } from './unit-prediction.ts'
import { behindEnabling, behindOther } from './unit-relations.ts'
import { settingsIn, type UnitSettings } from './unit-settings.ts'
import { isStanding, type UnitNeeds } from './unit-text.ts'

const shownAs: Record<string, string> = {
  load: 'LoadState',
  active: 'ActiveState',
  sub: 'SubState',
  enabled: 'UnitFileState',
  restarts: 'NRestarts',
  result: 'Result',
  rc: 'Rc',
}

/** What the look at a unit prints of what is promised, as text in order. The portable manager knows of no reload. */
const promisedService =
  (item: string) =>
  ({ reload, since: _, ...rest }: Record<string, unknown>): string | undefined => {
    if (Object.keys(rest).some(member => shownAs[member] === undefined)) return undefined
    const words = Object.entries(rest).map(([member, value]) => `${shownAs[member]}=${value}`)
    const reloads = reload === undefined ? [] : ['NeedDaemonReload=yes']
    const pattern = [...Object.keys(rest).map(member => `${shownAs[member]}=.*`), ...reloads].join('|')
    const wanted = [...words, ...(reload === true ? reloads : [])].sort().join('\n')
    const look = serviceProbe.sh([{ item, facets: [] }])
    return `[ "$({ ${look}\n} | grep -Ex ${quote(pattern)} | sort)" = ${quote(wanted)} ]`
  }

/** What the unit is made of, as labels; its own folder too, for what says only in which folder it writes. */
const filesOf = (name: string): string[] => [
  `path:${unitFile(name)}`,
  ...(isOfMachine(name) ? [`tree:${unitFile(name)}.d`, ...unitFileLooks(unitName(name))] : []),
]

/** Whether enabling `other` makes a link of this name to it. */
const isAliasOf = (unit: string, other: string, { patches }: Foreseen, ask: Ask): boolean => {
  const patch = patches.get(`unit:${other}`)
  return isRecord(patch) && patch.enabled === 'enabled' && !!ask(needsOfUnit(other)).install?.links.includes(unit)
}

/** systemd reads all units anew; a line that is not known yet may let it. */
const behindReload = (unit: ServiceAnswer | undefined, { labels, patches }: Foreseen): ServiceAnswer | undefined => {
  if (unit === undefined || !labels.includes('daemon-reload')) return unit
  if (patches.size > 0) return readAnew(unit)
  return unit.reload ? undefined : unit
}

/** The unit behind changes of its files and of other units, each a function of what is known of it. */
const derive =
  (name: string) =>
  (ask: Ask, before: unknown, foreseen: Foreseen): ServiceAnswer | undefined => {
    if (isUnknown(before)) return undefined
    const [unit, looks] = [unitName(name), filesOf(name)]
    const old = before as ServiceAnswer
    if (old.manager === 'portable' || !isOfMachine(name))
      return overlapping(foreseen.hits, looks.slice(0, 1)) ? behindOwnFile(unitFile(name), ask, old) : old
    const isOfFile = overlapping(foreseen.hits, looks)
    const find = (other: string): ServiceAnswer => ask(service(other))
    const now = behindReload(isOfFile ? behindFiles(unit, looks, ask, old, foreseen, find) : old, foreseen)
    const others = foreseen.labels.flatMap(label => (label.startsWith('unit:') ? [label.slice('unit:'.length)] : []))
    const another = others.find(other => other !== unit && (other === old.id || old.names.includes(other)))
    if (another !== undefined) return find(another)
    const namer = others.find(other => other !== unit && isAliasOf(unit, other, foreseen, ask))
    if (namer !== undefined) return find(namer)
    const needsOf = (other: string): UnitNeeds => ask(needsOfUnit(other)).needs
    const so = others
      .filter(other => other !== unit && isOfMachine(other))
      .reduce<ServiceAnswer | undefined>((unit, other) => unit && behindOther(unit, other, foreseen, needsOf), now)
    return so && behindEnabling(so, foreseen, other => ask(needsOfUnit(other)).install)
  }

/** What a unit needs, as its files say: whatever becomes of it and of others. */
const needsOfUnit = (name: string): Query<ServiceAnswer> => ({
  ...query(name, []),
  key: `needs:${unitName(name)}`,
  looks: [`needs:${unitName(name)}`, ...filesOf(name)],
  derive: (ask, before, foreseen) =>
    isUnknown(before)
      ? undefined
      : behindFiles(unitName(name), filesOf(name), ask, before, foreseen, other => ask(needsOfUnit(other))),
})

/** The state of a unit, which is also a function of its unit file. */
export const service = (name: string): Query<ServiceAnswer> => query(name, [])
/** The same with what its [Install] section asks for, and all that it names there: one process more. */
export const installable = (name: string): Query<ServiceAnswer> => query(name, ['install'])

const query = (name: string, facets: string[]): Query<ServiceAnswer> => ({
  key: `unit:${unitName(name)}`,
  // A change of another unit is one of `units` where it may be felt by others: a stop, what a start pulls in.
  looks: [`unit:${unitName(name)}`, ...filesOf(name), ...(isOfMachine(name) ? ['units'] : [])],
  probe: serviceProbe,
  item: unitName(name),
  facets,
  parse: ({ began: _, settings: __, ...unit }: RawUnit) => unit,
  only: false,
  derive: derive(name),
  depends: unit =>
    [...unit.needs.conflicts, ...unit.needs.stopsWith].flatMap(other => (isStanding(other) ? [] : [`unit:${other}`])),
  touched: patch => [`unit:${unitName(name)}`, ...(patch.active === 'inactive' && isOfMachine(name) ? ['units'] : [])],
  holds: promisedService(unitName(name)),
  privileged: unit => unit.manager === 'systemd',
  // Enabling and daemon-reload leave StateChangeTimestamp as it is: only a change of `active` moves it.
  stamp: (answer, time, patch = { active: true }) => ({
    ...(patch.reload === false ? readAnew(answer) : answer),
    ...('active' in patch ? { since: time } : {}),
  }),
  subject: unitName(name),
})

/**
 * When the process of an active unit began, in microseconds on the host's clock (`2026-11-22T16:34:01.123456Z`); empty
 * when it does not run. Out of the same look at the unit, but an answer of its own: what a restart makes of it nobody
 * can tell beforehand.
 */
export const processStart = (name: string): Query<{ at: string }> => ({
  key: `started:${unitName(name)}`,
  looks: [`unit:${unitName(name)}`],
  probe: serviceProbe,
  item: unitName(name),
  facets: [],
  parse: ({ began }: RawUnit) => ({ at: began }),
  only: false,
  subject: `start of ${unitName(name)}`,
})

/**
 * What a start of a unit runs, as systemd has it, or as the texts say that earlier tasks put there. Where our own manager
 * runs it nothing is shown (`isShown`): its file tells.
 */
export type StartAnswer = { settings: UnitSettings; isShown: boolean; dropIns: string[] }

/** The text of a unit file or drop-in, behind a link to where it lies. */
const textAt = (ask: Ask, path: string): string => {
  const found = ask(file(path))
  if (!found.exists) return ''
  const real = found.kind === 'link' ? ask(file(posix.resolve(folderOf(path), found.target))) : found
  return real.exists && real.kind === 'file' ? real.content.bytes.toString() : ''
}

/** The settings that follow from texts which are put there: the unit file anew, drop-ins over what there is. */
const deriveStart =
  (name: string) =>
  (ask: Ask, before: unknown, foreseen: Foreseen): StartAnswer | undefined => {
    if (isUnknown(before)) return undefined
    const { settings, dropIns, isShown } = before as StartAnswer
    const files = [...foreseen.patches.keys()].flatMap(key => (key.startsWith('file:') ? [merged(key.slice(5))] : []))
    const unit = isOfMachine(name) ? ask(needsOfUnit(name)) : undefined
    const path = unit?.manager === 'systemd' ? (unit.files[0] ?? unitFile(name)) : unitFile(name)
    const isWhole = files.some(at => at === path || (unit?.isLink && nameOf(at) === nameOf(path)))
    const all = [...new Set([...dropIns, ...files.filter(at => unit?.dropIns.includes(at))])]
    if (foreseen.patches.size === 0 || files.length === 0) return undefined
    const texts = [...(isWhole ? [path] : []), ...all]
    return {
      settings: texts.reduce(
        (so: UnitSettings, at) => settingsIn(textAt(ask, at), unitName(name), so),
        isWhole ? {} : settings,
      ),
      isShown: isShown || isWhole,
      dropIns: all,
    }
  }

/** Out of the same look at the unit. */
export const unitStart = (name: string): Query<StartAnswer> => ({
  key: `start:${unitName(name)}`,
  looks: [`start:${unitName(name)}`, ...filesOf(name)],
  probe: serviceProbe,
  item: unitName(name),
  facets: [],
  parse: ({ manager, settings }: RawUnit) => ({ settings, isShown: manager === 'systemd', dropIns: [] }),
  only: false,
  derive: deriveStart(name),
  subject: `settings of ${unitName(name)}`,
})
