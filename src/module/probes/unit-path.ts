import type { Label } from '../label.ts'

/** The folders that systemd 252 looks for unit files and drop-ins in, the most important first (`systemd.unit(5)`). */
export const unitFolders = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/run/systemd/generator.early',
  '/etc/systemd/system',
  '/etc/systemd/system.attached',
  '/run/systemd/system',
  '/run/systemd/system.attached',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/run/systemd/generator.late',
]

const types = 'service|socket|device|mount|automount|swap|target|path|timer|slice|scope'
const ending = new RegExp(`(^|\\.)(${types})$`)
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Since /usr was merged both name one folder. */
export const merged = (path: string): string => path.replace(/^\/lib\//, '/usr/lib/')
const folders = new Set(unitFolders.map(merged))
export const isUnitFolder = (folder: string): boolean => folders.has(merged(folder))

export const isTemplate = (unit: string): boolean => /@\.\w+$/.test(unit)
/** The template that `worker@1.service` is an instance of: `worker@.service`. */
const templateOf = (unit: string): string | undefined =>
  /@[^.].*\.\w+$/.test(unit) ? unit.replace(/@.*(\.\w+)$/, '@$1') : undefined

/** The names that a unit file of this unit may have: its own, that of its template. */
export const fileNames = (unit: string): string[] => [unit, templateOf(unit) ?? []].flat()

/** `a-b-c.service` also has the drop-ins of `a-b-.service` and `a-.service`. */
const prefixes = (unit: string): string[] => {
  const [, stem = '', end = ''] = /^(.*?)((?:@.*)?\.\w+)$/.exec(unit) ?? []
  const type = end.slice(end.lastIndexOf('.'))
  const parts = stem.split('-').slice(0, -1)
  return parts
    .map((_, i) => `${parts.slice(0, parts.length - i).join('-')}-${type}`)
    .filter(name => name !== `-${type}`)
}

/** The names whose folders of drop-ins (`NAME.d`) count for a unit, but for that of its whole type. */
export const dropInNames = (unit: string): string[] => [...fileNames(unit), ...prefixes(unit)]
/** `service.d` counts for all services, after all others. */
export const typeOf = (unit: string): string => unit.slice(unit.lastIndexOf('.') + 1)

/**
 * What a change of this file may touch besides: the units that are named as it is, wherever it lies, for links lead
 * everywhere; those that its folder of drop-ins is of; the one that a link among `wants` enables.
 */
export const unitLabels = (path: string): Label[] => {
  const [name, folder] = [nameOf(path), nameOf(folderOf(path))]
  const named = ending.test(name) && name.includes('.') ? [name] : []
  const dropIns = [name, folder].filter(one => one.endsWith('.d')).map(one => one.slice(0, -2))
  return [...named, ...dropIns.filter(one => ending.test(one))].map(unit => `unit-file:${unit}`)
}

/** What the unit files and drop-ins of a unit are, as labels. */
export const unitFileLooks = (unit: string): Label[] =>
  [...dropInNames(unit), typeOf(unit)].map(name => `unit-file:${name}`)
