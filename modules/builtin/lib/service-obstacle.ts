import type { ServiceAnswer } from '../../../src/module/module.ts'
import { isServiceOff } from './service-action.ts'

/** What is asked of a unit. */
type Asked = { state?: string; enabled?: boolean; use?: string }

/** Why nothing can be done with this unit, and what to do about it. What is only to be off may be as broken as it likes. */
export const unusableUnit = (unit: ServiceAnswer, name: string, args: Asked): [string, string] | undefined => {
  if (args.use === 'systemd' && unit.manager !== 'systemd')
    return ['systemd does not run on this host', 'leave out use']
  const isOff = args.state === 'stopped' || (args.state === undefined && args.enabled === false)
  if (isOff && args.enabled !== true) return undefined
  if (unit.lacks !== undefined)
    return [
      `${unit.lacks} is missing there, and without systemd no service runs without it`,
      'install it in an earlier task: it is of util-linux',
    ]
  if (['masked', 'masked-runtime'].includes(unit.enabled) || unit.load === 'masked')
    return [`${name} is masked`, `systemctl unmask ${name}`]
  if (unit.load === 'not-found')
    return [
      `Could not find the requested service ${name}: there is no such unit on this host`,
      'install it or write it with systemd_unit in an earlier task',
    ]
  if ((unit.load === 'error' || unit.load === 'bad-setting') && !unit.reload)
    return [`systemd cannot load ${name}`, `see what systemd-analyze verify ${name} says of its unit file`]
  if (/@\.\w+$/.test(name) && args.state !== undefined && args.state !== 'stopped')
    return [`${name} is a template: only its instances run`, `name one: ${name.replace('@', '@NAME')}`]
  return undefined
}

/** A unit that it does not start without, and that is off. */
export const missingRequisite = (
  unit: ServiceAnswer,
  name: string,
  requisites: ServiceAnswer[],
): [string, string] | undefined => {
  const off = isServiceOff(unit) ? requisites.find(isServiceOff) : undefined
  return (
    off && [
      `${name} does not start unless ${off.id} runs (Requisite), and that is ${off.active}`,
      `start ${off.id} in an earlier task`,
    ]
  )
}
