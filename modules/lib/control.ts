import { exec, portableProgram, type ServiceAnswer, type Step, unitFile } from '../../src/module/module.ts'
import { baseOf } from './placement.ts'

/** A command to whichever service manager runs the unit: both speak the words of systemctl. */
export const control = (
  { manager }: ServiceAnswer,
  unit: string,
  words: string[],
  more: { success?: number[] } = {},
): Step =>
  exec(
    [...(manager === 'systemd' ? ['systemctl'] : ['sh', portableProgram(unit)]), ...words, baseOf(unitFile(unit))],
    more,
  )
