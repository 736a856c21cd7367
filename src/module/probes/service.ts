import { quote, quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import { isUnknown } from '../../core/unknown.ts'
import type { Label } from '../label.ts'
import type { Ask, Probe, ProbeItem, Query } from '../query.ts'
import { file } from './file.ts'
import { isOfMachine, showUnits, unitFile, unitName } from './portable.ts'
import { settingsIn, settingsShown, shownSettings, type UnitSettings } from './unit-settings.ts'

/**
 * A unit, and who runs it: systemd, or where there is none the portable service manager. `boot` is what starts it with
 * the machine; empty: nothing there could. `since` is StateChangeTimestamp in microseconds of the host's clock (it
 * moves on reload too).
 */
export type ServiceAnswer = {
  manager: 'systemd' | 'portable'
  boot: 'systemd' | 'sysv' | 'rc.local' | 'cron' | ''
  load: 'loaded' | 'not-found' | 'masked' | 'error' | 'bad-setting'
  active: 'active' | 'inactive' | 'failed' | 'activating' | 'deactivating' | 'reloading'
  sub: string
  enabled: 'enabled' | 'disabled' | 'static' | 'masked' | 'generated' | 'indirect' | ''
  reload: boolean
  since: number
  restarts: number
  result: string
}

/** What one look at a unit tells, for all who ask about it: `began` is that of its process, `settings` what a start does. */
type Raw = ServiceAnswer & { began: string; settings: UnitSettings }

const properties = `Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,StateChangeTimestamp,NRestarts,Result,ExecMainStartTimestamp,${shownSettings.join()}`

/** `Sun 2026-11-22 16:34:01.123456 UTC`, or microseconds, as `2026-11-22T16:34:01.123456Z`; empty for no time. */
const time = (text = ''): string => {
  if (/^[1-9]\d+$/.test(text))
    return `${new Date(Number(text.slice(0, -3))).toISOString().slice(0, -1)}${text.slice(-3)}Z`
  const found = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(text)
  return found ? `${found[1]}T${found[2]}.${(found[3] ?? '').slice(0, 6).padEnd(6, '0')}Z` : ''
}
const microseconds = (time: string): number =>
  time === '' ? 0 : Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26))

const parse = (block: string): Raw => {
  const lines = block
    .split('\n')
    .flatMap((line): [string, string][] =>
      line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
    )
  const value: Record<string, string | undefined> = Object.fromEntries(lines)
  return {
    manager: 'Boot' in value ? 'portable' : 'systemd',
    boot: value.Boot ?? 'systemd',
    load: value.LoadState ?? 'not-found',
    active: value.ActiveState ?? 'inactive',
    sub: value.SubState ?? 'dead',
    enabled: value.UnitFileState ?? '',
    reload: value.NeedDaemonReload === 'yes',
    since: microseconds(time(value.StateChangeTimestamp)),
    restarts: Number(value.NRestarts ?? 0),
    result: value.Result ?? '',
    began: value.ActiveState === 'active' ? time(value.ExecMainStartTimestamp) : '',
    settings: settingsShown(lines),
  } as Raw
}

/** Those that systemd may run come first. */
const inOrder = (items: ProbeItem[]): string[] => {
  const names = items.map(({ item }) => item)
  return [...names.filter(isOfMachine), ...names.filter(name => !isOfMachine(name))]
}

/** One `systemctl show` for all units; its blocks come in the order asked, one blank line between. */
const serviceProbe: Probe<Raw> = {
  kind: 'service',
  side: 'host',
  sh: (items: ProbeItem[]) => {
    const names = inOrder(items)
    const own = names.filter(name => !isOfMachine(name))
    const machines = names.slice(0, names.length - own.length)
    if (machines.length === 0) return showUnits(own)
    return `if [ -d /run/systemd/system ]; then
systemctl show --timestamp=us+utc -p ${properties} -- ${quoted(machines)}
${own.length > 0 ? `echo\n${showUnits(own)}` : ''}
else
${showUnits(names)}
fi`
  },
  read: ({ stdout }: Output, items: ProbeItem[]) => {
    const blocks = stdout.toString().trim().split(/\n\n+/)
    const places = new Map(inOrder(items).map((name, i) => [name, i]))
    return items.map(({ item }) => parse(blocks[places.get(item)!] ?? ''))
  },
}

const shownAs: Record<string, string> = {
  load: 'LoadState',
  active: 'ActiveState',
  sub: 'SubState',
  enabled: 'UnitFileState',
  restarts: 'NRestarts',
  result: 'Result',
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

/** A unit whose file will be put there by an earlier task: loaded, off, in need of a reload. */
const derive =
  (name: string) =>
  (ask: Ask, before: unknown): ServiceAnswer | undefined => {
    const unit = ask(file(unitFile(name)))
    if (unit.exists !== true || isUnknown(before)) return undefined
    const old = before as ServiceAnswer
    const reload = old.manager === 'systemd'
    if (old.load !== 'not-found') return { ...old, load: 'loaded', reload }
    const text = unit.kind === 'file' ? unit.content.bytes.toString() : ''
    return {
      manager: old.manager,
      boot: old.boot,
      load: 'loaded',
      active: 'inactive',
      sub: 'dead',
      enabled: /^\[Install\]/m.test(text) ? 'disabled' : 'static',
      reload,
      since: 0,
      restarts: 0,
      result: 'success',
    }
  }

/** The state of a unit, which is also a function of its unit file. */
export const service = (name: string): Query<ServiceAnswer> => ({
  key: `unit:${unitName(name)}`,
  looks: [`unit:${unitName(name)}`, `path:${unitFile(name)}`],
  probe: serviceProbe,
  item: unitName(name),
  facets: [],
  parse: ({ began: _, settings: __, ...unit }: Raw) => unit,
  only: false,
  derive: derive(name),
  touched: () => [`unit:${unitName(name)}`],
  holds: promisedService(unitName(name)),
  privileged: unit => unit.manager === 'systemd',
  // Enabling and daemon-reload leave StateChangeTimestamp as it is: only a change of `active` moves it.
  stamp: (answer, time, patch = { active: true }) => ('active' in patch ? { ...answer, since: time } : answer),
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
  parse: ({ began }: Raw) => ({ at: began }),
  only: false,
  subject: `start of ${unitName(name)}`,
})

/**
 * What a start of a unit runs, as systemd has it, or as the texts say that earlier tasks put there. Where our own manager
 * runs it nothing is shown (`isShown`): its file tells.
 */
export type StartAnswer = { settings: UnitSettings; isShown: boolean; dropIns: string[] }

/** The settings that follow from texts which are put there: the unit file anew, drop-ins over what there is. */
const deriveStart =
  (name: string, path: string) =>
  (ask: Ask, before: unknown, hits: Label[]): StartAnswer | undefined => {
    const files = hits.filter(label => !label.startsWith('children:')).map(label => label.replace(/^path:/, ''))
    if (isUnknown(before) || files.some(at => at !== path && !at.startsWith(`${path}.d`))) return undefined
    const { settings, dropIns, isShown } = before as StartAnswer
    const textOf = (at: string): string => {
      const found = ask(file(at))
      return found.exists && found.kind === 'file' ? found.content.bytes.toString() : ''
    }
    const isWhole = files.includes(path)
    const all = [...new Set([...dropIns, ...files.filter(at => at.endsWith('.conf'))])]
    const texts = [...(isWhole ? [path] : []), ...all]
    const first = isWhole ? {} : settings
    return {
      settings: texts.reduce((so, at) => settingsIn(textOf(at), unitName(name), so), first as UnitSettings),
      isShown: isShown || isWhole,
      dropIns: all,
    }
  }

/** Out of the same look at the unit. */
export const unitStart = (name: string): Query<StartAnswer> => {
  const path = unitFile(name)
  return {
    key: `start:${unitName(name)}`,
    looks: [`start:${unitName(name)}`, `path:${path}`, `tree:${path}.d`],
    probe: serviceProbe,
    item: unitName(name),
    facets: [],
    parse: ({ manager, settings }: Raw) => ({ settings, isShown: manager === 'systemd', dropIns: [] }),
    only: false,
    derive: deriveStart(name, path),
    subject: `settings of ${unitName(name)}`,
  }
}
