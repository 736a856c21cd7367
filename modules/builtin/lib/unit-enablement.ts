import { exec, type ServiceAnswer, type Step, unitName } from '../../../src/module/module.ts'
import { enableUnit, systemctl } from './systemctl.ts'

// Whether a unit starts with the machine, in all forms that systemd has for it.

type Found = { unit: ServiceAnswer; also: ServiceAnswer[] }

const isOn = ({ enabled, rc }: ServiceAnswer): boolean =>
  enabled === 'enabled' || enabled === 'enabled-runtime' || (enabled === 'generated' && rc !== 'off')

const isTemplate = (name: string): boolean => /@\.\w+$/.test(unitName(name))

/** Nothing is linked for it alone: it is on where those are that it names in Also. */
const namesOnlyOthers = ({ enabled, install }: ServiceAnswer): boolean =>
  enabled === 'indirect' && install !== undefined && install.links.length === 0
/** Of those that it names in Also: those that can be linked, and are not. A static one has nothing to be linked by. */
const isLacking = (unit: ServiceAnswer): boolean =>
  !isOn(unit) && ['disabled', 'linked', 'linked-runtime'].includes(unit.enabled)

/** Whether it is on as `enabled: true` wants it: for longer than until the next boot. */
const isEnabled = (name: string, { unit, also }: Found): boolean => {
  if (namesOnlyOthers(unit) && !isTemplate(name)) return !also.some(isLacking)
  if (unit.manager === 'portable') return unit.enabled === 'enabled'
  return isOn(unit) && unit.enabled !== 'enabled-runtime'
}
const isDisabled = (name: string, { unit, also }: Found): boolean => {
  if (isTemplate(name)) return !['enabled', 'indirect', 'enabled-runtime'].includes(unit.enabled)
  return namesOnlyOthers(unit) ? !also.some(isOn) : !isOn(unit)
}

/** What is to become of its start at boot; undefined: it is as it should be. */
export const enablingOf = (name: string, wanted: boolean | undefined, found: Found): 'on' | 'off' | undefined => {
  if (wanted === undefined) return undefined
  if (wanted) return isEnabled(name, found) ? undefined : 'on'
  return isDisabled(name, found) ? undefined : 'off'
}

/** Why it cannot be put on or off, and what to do about it. */
export const enablingObstacle = (
  name: string,
  to: 'on' | 'off',
  { unit, also }: Found,
): [string, string] | undefined => {
  const title = unitName(name)
  if (unit.enabled === 'generated' && unit.rc === '')
    return to === 'on'
      ? undefined
      : [
          `${title} cannot be disabled: systemd makes it of ${unit.source || 'what a generator says'} at each boot`,
          `change it there${unit.source === '/etc/fstab' ? ', or give it the option noauto' : ''}; or leave out enabled`,
        ]
  if (to === 'off') return undefined
  // systemd may still say what it has read before: the file counts, where it is known.
  const asksForNothing = unit.install
    ? unit.install.links.length === 0 && unit.install.also.length === 0 && unit.rc === ''
    : unit.enabled === 'static'
  if (asksForNothing && !['transient', 'generated'].includes(unit.enabled))
    return [
      `${title} cannot be enabled: its unit file has no [Install] section that names anything`,
      'leave out enabled, or add one with WantedBy',
    ]
  if (unit.enabled === 'transient')
    return [
      `${title} cannot be enabled: it is transient, and gone when it ends`,
      'leave out enabled, or write it with systemd_unit',
    ]
  const isInstance =
    unit.install === undefined ||
    unit.install.instance !== '' ||
    unit.install.links.some(link => /@\.\w+\.\w+$/.test(link))
  if (isTemplate(name) && !isInstance)
    return [
      `${title} is a template without DefaultInstance`,
      `enable an instance of it: ${title.replace('@', '@NAME')}`,
    ]
  const gone = also.find(({ load }) => load === 'not-found')
  if (gone)
    return [
      `${title} names ${gone.id} in Also, which is not on this host`,
      'write that unit first, or take it out of [Install]',
    ]
  if (unit.enabled !== 'generated' && unit.boot === '')
    return [
      `nothing on this host would start ${title} at boot`,
      'install cron, or as root make an executable /etc/rc.local; or leave out enabled, and start it by hand',
    ]
  return undefined
}

type Promised = Pick<ServiceAnswer, 'enabled'> | { rc: 'on' | 'off' } | undefined

export const disabledState = ({ isLink, id, install, files }: ServiceAnswer): ServiceAnswer['enabled'] => {
  if (isLink) return files[0]?.startsWith('/run/') ? 'linked-runtime' : 'linked'
  if (install === undefined || install.links.length > 0 || id.includes('@.')) return 'disabled'
  return install.also.length > 0 ? 'indirect' : 'static'
}

/** What it is called afterwards. What is linked for others alone is called as before. */
export const enablingPromise = (to: 'on' | 'off', name: string, unit: ServiceAnswer): Promised => {
  // Another name of a unit may come and go with it.
  if (unit.manager === 'systemd' && unit.id !== name) return undefined
  if (unit.enabled === 'generated') return { rc: to }
  if (namesOnlyOthers(unit) && !unit.id.includes('@.')) return undefined
  return { enabled: to === 'on' ? 'enabled' : disabledState(unit) }
}

/** `disable` takes away every link to the unit, and where its unit file is one, the unit with it: that one is put back. */
const disableLinked = (unit: string, path: string): Step =>
  exec([
    'sh',
    '-c',
    'to=$(readlink -- "$2") && systemctl disable -- "$1" && { [ -h "$2" ] || ln -s -- "$to" "$2"; } && systemctl daemon-reload',
    'sh',
    unit,
    path,
  ])

export const enablingSteps = (to: 'on' | 'off', name: string, unit: ServiceAnswer, words: string[] = []): Step[] => {
  // systemctl does not let an alias be put on or off.
  const own = unit.manager === 'systemd' && unit.id !== '' ? unit.id : name
  if (to === 'on') return enableUnit(unit, own, words)
  const isRuntime = unit.enabled === 'enabled-runtime' || unit.wanted.some(path => path.startsWith('/run/'))
  return [
    unit.isLink && unit.id === unitName(name) ? disableLinked(own, unit.files[0]!) : systemctl(unit, own, ['disable']),
    ...(isRuntime ? [systemctl(unit, own, ['disable', '--runtime'])] : []),
  ]
}
