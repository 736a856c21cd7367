import { quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import type { Probe, ProbeItem } from '../query.ts'
import { isOfMachine, showUnits } from './portable.ts'
import type { ServiceAnswer } from './unit-answer.ts'
import { lookOnDisk, nothingOnDisk, type OnDisk, readOnDisk } from './unit-look.ts'
import { folderOf, isTemplate, merged, nameOf } from './unit-path.ts'
import { settingsShown, shownSettings, type UnitSettings } from './unit-settings.ts'
import { isStanding, needsOf, noNeeds, type UnitInstall, unitText } from './unit-text.ts'

/** What one look at a unit tells, for all who ask about it: `began` is that of its process, `settings` what a start does. */
export type RawUnit = ServiceAnswer & { began: string; settings: UnitSettings }

const properties = [
  // What a start runs has a line for each of its commands.
  ...shownSettings,
  'Id,Names,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,StateChangeTimestamp,NRestarts,Result',
  'ExecMainStartTimestamp,SourcePath,DropInPaths,RemainAfterExit,Before',
  'Requires,Requisite,BindsTo,PartOf,Wants,Upholds,Conflicts,ConflictedBy,StopPropagatedFrom',
  'RequiredBy,RequisiteOf,BoundBy,ConsistsOf,WantedBy,UpheldBy',
].join()

/** `Sun 2026-11-22 16:34:01.123456 UTC`, or microseconds, as `2026-11-22T16:34:01.123456Z`; empty for no time. */
const time = (text = ''): string => {
  if (/^[1-9]\d+$/.test(text))
    return `${new Date(Number(text.slice(0, -3))).toISOString().slice(0, -1)}${text.slice(-3)}Z`
  const found = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(text)
  return found ? `${found[1]}T${found[2]}.${(found[3] ?? '').slice(0, 6).padEnd(6, '0')}Z` : ''
}
const microseconds = (time: string): number =>
  time === '' ? 0 : Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26))

const linesIn = (block: string): [string, string][] =>
  block
    .split('\n')
    .flatMap((line): [string, string][] =>
      line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
    )

/**
 * Whether other units keep it in memory, apart from those that want it by a link. What a service names in Before alone is
 * mostly a target of its own.
 */
const isReferenced = (list: (name: string) => string[], id: string, linked: ReadonlySet<string>): boolean =>
  ['RequisiteOf', 'BoundBy', 'ConsistsOf', 'UpheldBy'].some(name => list(name).length > 0) ||
  ['RequiredBy', 'WantedBy'].some(name => list(name).some(unit => !linked.has(unit))) ||
  list('ConflictedBy').some(unit => !isStanding(unit)) ||
  (id.endsWith('.service') && list('Before').some(unit => unit.endsWith('.service')))

/** What wants a unit by a link. */
const linkedBy = (wanted: string[]): ReadonlySet<string> =>
  new Set(wanted.map(path => nameOf(folderOf(path)).replace(/\.\w+$/, '')))

/** `sections`: the [Install] sections by unit. */
const installOf = (unit: string, sections: ReadonlyMap<string, string>): UnitInstall | undefined => {
  if (!sections.has(unit)) return undefined
  const of = (name: string): UnitInstall => unitText(sections.get(name) ?? '', name).install
  const own = of(unit)
  const first = isTemplate(unit) && own.instance !== '' ? [unit.replace('@', () => `@${own.instance}`)] : []
  const also = new Set([...own.also, ...first])
  for (const name of also) for (const next of of(name).also) if (next !== unit) also.add(next)
  return { ...own, also: [...also] }
}

const parse = (item: string, block: string, disk: OnDisk, sections: ReadonlyMap<string, string>): RawUnit => {
  const lines = linesIn(block)
  const value: Record<string, string | undefined> = Object.fromEntries(lines)
  const list = (name: string): string[] => (value[name] ?? '').split(' ').filter(Boolean)
  const [id, load] = [value.Id ?? item, value.LoadState ?? 'not-found']
  const known = new Set(list('DropInPaths').map(merged))
  const install = installOf(sections.has(id) ? id : item, sections)
  const linked = linkedBy(disk.wanted)
  const isSysV = (value.SourcePath ?? '').startsWith('/etc/init.d/')
  const { rc = '', ...found } = disk
  return {
    ...found,
    manager: 'Boot' in value ? 'portable' : 'systemd',
    boot: value.Boot ?? 'systemd',
    id,
    names: list('Names'),
    load,
    active: value.ActiveState ?? 'inactive',
    sub: value.SubState ?? 'dead',
    enabled: value.UnitFileState ?? '',
    rc: isSysV ? rc : '',
    source: value.SourcePath ?? '',
    reload: value.NeedDaemonReload === 'yes' || (load === 'loaded' && disk.dropIns.some(path => !known.has(path))),
    isReferenced: isReferenced(list, id, linked),
    isPulledIn: ['RequiredBy', 'WantedBy'].some(name => list(name).some(unit => linked.has(unit))),
    needs: block === '' ? noNeeds : needsOf(list),
    stays: value.Type !== 'oneshot' || value.RemainAfterExit === 'yes',
    ...(install === undefined ? {} : { install }),
    since: microseconds(time(value.StateChangeTimestamp)),
    restarts: Number(value.NRestarts ?? 0),
    result: value.Result ?? '',
    began: value.ActiveState === 'active' ? time(value.ExecMainStartTimestamp) : '',
    settings: settingsShown(lines),
  } as RawUnit
}

/** In the order in which they are shown: those that systemd may show, their templates, those of our own manager. */
const inOrder = (items: ProbeItem[]): { shown: string[]; templates: string[]; own: string[] } => {
  const names = items.map(({ item }) => item)
  const machines = names.filter(isOfMachine)
  return {
    shown: machines.filter(name => !isTemplate(name)),
    templates: machines.filter(isTemplate),
    own: names.filter(name => !isOfMachine(name)),
  }
}

/** What the portable service manager needs, and is not there. By the shell itself. */
const lacking = `echo; for tool in flock setsid; do command -v $tool >/dev/null || echo "Lacks=$tool"; done`

/** One `systemctl show` for all units, whose blocks come in the order asked, one blank line between; then what lies on disk. */
const sh = (items: ProbeItem[]): string => {
  const { shown, templates, own } = inOrder(items)
  const machines = [...shown, ...templates]
  const portable = (names: string[]): string => `${showUnits(names)}\n${lacking}`
  if (machines.length === 0) return portable(own)
  const installable = items.filter(({ item, facets }) => isOfMachine(item) && facets.includes('install'))
  const asked = `systemctl show --timestamp=us+utc -p ${properties} -- ${quoted(shown)}`
  return `if [ -d /run/systemd/system ]; then
${shown.length > 0 ? asked : ''}
${lookOnDisk(
  machines,
  installable.map(({ item }) => item),
)}
${own.length > 0 ? `echo\n${portable(own)}` : ''}
else
${portable([...machines, ...own])}
fi`
}

const blocksIn = (text: string): string[] => text.trim().split(/\n\n+/)
/** The blocks that begin with this word, by what they are of. */
const blocksOf = (word: string, blocks: string[]): Map<string, string> =>
  new Map(
    blocks.flatMap(block => {
      const [first = '', ...rest] = block.split('\n')
      return first.startsWith(`${word}=`) ? [[first.slice(word.length + 1), rest.join('\n')] as const] : []
    }),
  )

export const serviceProbe: Probe<RawUnit> = {
  kind: 'service',
  side: 'host',
  sh,
  read: ({ stdout }: Output, items: ProbeItem[]) => {
    const blocks = blocksIn(stdout.toString())
    const shown = blocks.filter(block => /^Id=/m.test(block))
    const { shown: first, templates, own } = inOrder(items)
    const places = new Map([...first, ...templates, ...own].map((name, i) => [name, i]))
    const disk = blocksOf('Of', blocks)
    const [, lacks] = /^Lacks=(\S+)$/m.exec(stdout.toString()) ?? []
    const sections = new Map([...blocksOf('Install', blocks)].map(([unit, text]) => [unit, text.replace(/^> /gm, '')]))
    return items.map(({ item }) => {
      const found = disk.get(item)
      const onDisk = found === undefined ? nothingOnDisk : readOnDisk(found.split('\n'))
      const unit = parse(item, shown[places.get(item)!] ?? '', onDisk, sections)
      return lacks !== undefined && unit.manager === 'portable' ? { ...unit, lacks } : unit
    })
  },
}
