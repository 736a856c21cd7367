import { exec, isStanding, type ServiceAnswer, type Step } from '../../../src/module/module.ts'
import { isServiceOff, type ServiceAction } from './service-action.ts'
import { systemctl } from './systemctl.ts'
import { enablingPromise, enablingSteps } from './unit-enablement.ts'

// What is done with a unit, whichever module asks for it.

export type UnitChange = {
  action: ServiceAction
  /** The unit file is read anew. */
  reloads: boolean
  /** What becomes of its start at boot, where that changes. */
  enabling: 'on' | 'off' | undefined
  /** More words for `enable`. */
  words?: string[]
}

export const unitReasons = ({ action, reloads, enabling }: UnitChange): string[] => [
  ...(reloads ? ['its unit file has changed'] : []),
  ...(enabling ? [enabling === 'on' ? 'it is not enabled' : 'it is enabled'] : []),
  ...action.why,
]

/** What is told to the service manager, in order. `name` as the task has it. */
export const unitSteps = (
  name: string,
  unit: ServiceAnswer,
  { action, reloads, enabling, words }: UnitChange,
): Step[] => {
  // Where systemd does not know the unit, reset-failed ends with an error: there was nothing to reset.
  // By its own name: another one may be gone when it is no longer enabled.
  const own = unit.manager === 'systemd' && unit.id !== '' ? unit.id : name
  const tell = (words: string[]): Step =>
    systemctl(unit, own, words, words[0] === 'reset-failed' ? { success: [0, 1, 5] } : {})
  return [
    ...(reloads ? [exec(['systemctl', 'daemon-reload'])] : []),
    ...(enabling ? enablingSteps(enabling, name, unit, words) : []),
    ...action.verbs.map(tell),
    // A service that ends badly when it is stopped would stay `failed`.
    ...(action.active === 'inactive' ? [tell(['reset-failed'])] : []),
  ]
}

/** What systemd says of a unit that it could not load once it has read it again. */
const loadedAgain = ({ load, enabled }: ServiceAnswer): Partial<ServiceAnswer> =>
  load === 'loaded' || load === 'not-found' || enabled === 'bad'
    ? {}
    : { load: enabled.startsWith('masked') ? 'masked' : 'loaded' }

/** What the unit is afterwards. `title` with its ending. */
export const unitPromise = (title: string, unit: ServiceAnswer, { action, reloads, enabling }: UnitChange) => ({
  ...(reloads ? { reload: false, ...loadedAgain(unit) } : {}),
  ...(enabling && enablingPromise(enabling, title, unit)),
  ...(action.active ? { active: action.active } : {}),
})

const hasAlias = ({ install }: ServiceAnswer): boolean =>
  (install?.links ?? []).some(link => !/\.(wants|requires|upholds)$/.test(link))

/** What any change of a unit may touch besides, known even while nothing is known of it. */
export const mayTouch = (title: string): string[] => [
  'live:sockets',
  'units',
  'daemon-reload',
  ...['restart', 'enables', 'disables'].map(verb => `${verb}:${title}`),
]

/**
 * What it may change besides. A start takes ports that are free, which changes nothing for others; a stop may free one.
 * Other units feel it where this one starts or ends them, and where it goes by another name here.
 */
export const touchedBeside = (
  title: string,
  unit: ServiceAnswer,
  { action, enabling, reloads }: UnitChange,
): string[] => {
  const verbs = action.verbs.flat()
  const isRestart = verbs.includes('restart')
  // Its other names come and go with its start at boot.
  const isNamed = unit.id !== title || unit.names.length > 1 || (enabling !== undefined && hasAlias(unit))
  // What it only wants is left out: to look at those again behind each start would be a round trip more.
  const isPulling = (other: string): boolean => !isStanding(other) && unit.needs.stopsWith.includes(other)
  const pulls = isServiceOff(unit) && unit.needs.pulls.some(isPulling)
  const isFelt = action.active === 'active' && (pulls || unit.needs.conflicts.length > 0)
  return [
    ...(verbs.includes('stop') || isRestart ? ['live:sockets'] : []),
    ...(unit.manager === 'systemd' && (isFelt || isNamed || (isRestart && unit.isReferenced)) ? ['units'] : []),
    // systemd reads all units anew, not this one alone; `disable` has it do so too.
    ...(reloads || (enabling === 'off' && unit.manager === 'systemd') ? ['units', 'daemon-reload'] : []),
    ...(isRestart ? [`restart:${title}`] : []),
    // Those that it names in Also follow it, and the unit that this is another name of.
    ...(enabling && (unit.install?.also.length || unit.id !== title)
      ? ['units', `${enabling === 'on' ? 'enables' : 'disables'}:${title}`]
      : []),
  ]
}

/** A unit that is a mount changes what is mounted when it is started or stopped. */
export const mountLabels = (name: string): string[] => (/\.(auto)?mount$/.test(name) ? ['mounts'] : [])
