import { type FileAnswer, type ServiceAnswer, unitName } from '../../../src/module/module.ts'

/** What is told to the service manager, why, and what it comes to. */
export type ServiceAction = { verbs: string[][]; why: string[]; active?: 'active' | 'inactive'; interrupts?: true }
type ServiceState = 'started' | 'stopped' | 'restarted' | 'reloaded'

export const isServiceOff = (unit: ServiceAnswer): boolean => unit.active === 'inactive' || unit.active === 'failed'
/** It has died and systemd is about to try again: waiting alone never makes it active. */
export const isServiceLooping = (unit: ServiceAnswer): boolean => unit.sub === 'auto-restart'

/** The index of the first file that has changed since the unit was started; -1 where none has. */
export const changedSinceStart = (files: FileAnswer[], unit: ServiceAnswer): number =>
  files.findIndex(file => file.exists && file.changed > unit.since)

const nothing: ServiceAction = { verbs: [], why: [] }

/** A restart counts for the start limit like a death: the sixth within its time would stop the unit and not start it. */
const restart = [['reset-failed'], ['--no-block', 'restart']]

/** What it takes to be active. A start never blocks; whether it came true is asked until the time is over. */
const startAction = (unit: ServiceAnswer, due: string | undefined): ServiceAction => {
  if (unit.active === 'active' || unit.active === 'reloading') {
    if (due !== undefined) return { verbs: restart, why: [due], active: 'active', interrupts: true }
    return unit.active === 'active' ? nothing : { verbs: [], why: ['it is reloading'], active: 'active' }
  }
  if (isServiceLooping(unit))
    return {
      // Its failures so far count for the start limit: without the first, the start may be refused.
      verbs: [['reset-failed'], ['stop'], ['--no-block', 'start']],
      why: [`it keeps failing (${unit.result})`],
      active: 'active',
    }
  if (unit.active === 'failed')
    return {
      verbs: [['reset-failed'], ['--no-block', 'start']],
      why: [`it has failed (${unit.result})`],
      active: 'active',
    }
  if (unit.active === 'activating') {
    return { verbs: due === undefined ? [] : restart, why: [due ?? 'it is starting'], active: 'active' }
  }
  return { verbs: [['--no-block', 'start']], why: [`it is ${unit.active}`], active: 'active' }
}

/** What it takes to reach a state. `due`: why what runs is to be restarted. */
export const serviceAction = (
  state: ServiceState | undefined,
  unit: ServiceAnswer,
  due: string | undefined,
): ServiceAction => {
  switch (state) {
    case 'started':
      return startAction(unit, due)
    case 'stopped':
      return isServiceOff(unit) ? nothing : { verbs: [['stop']], why: [`it is ${unit.active}`], active: 'inactive' }
    case 'restarted':
      return { verbs: restart, why: ['restarted every time'], active: 'active', interrupts: true }
    case 'reloaded':
      return { verbs: [['--no-block', 'reload-or-restart']], why: ['reloaded every time'], active: 'active' }
    case undefined:
      return nothing
  }
}

/** Why waiting is of no use: it has failed, and nothing will start it again, or systemd does so over and over. */
export const hopelessUnit = (
  { name, state }: { name: string; state?: ServiceState },
  unit: ServiceAnswer,
): string | undefined => {
  if (state === 'stopped' || state === undefined) return undefined
  if (unit.active === 'failed') return `${unitName(name)} has failed: ${unit.result}`
  return isServiceLooping(unit) ? `${unitName(name)} has ended and is started over and over: ${unit.result}` : undefined
}
