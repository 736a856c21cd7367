import { exec, portableProgram, type ServiceAnswer, type Step, unitFile } from '../../../src/module/module.ts'
import { baseName } from './paths.ts'

/** A command to whichever service manager runs the unit: both speak the words of systemctl. */
export const systemctl = (
  { manager }: ServiceAnswer,
  unit: string,
  words: string[],
  more: { success?: number[] } = {},
): Step =>
  exec(
    [...(manager === 'systemd' ? ['systemctl'] : ['sh', portableProgram(unit)]), ...words, baseName(unitFile(unit))],
    more,
  )

/** systemd reads all its units anew (0.15 s), unless it sees this one as it is by now. */
const reloadUnless = (property: string, is: string, unit: string): Step =>
  exec([
    'sh',
    '-c',
    `[ "$(systemctl show -p ${property} --value -- "$1")" = ${is} ] || systemctl daemon-reload`,
    'sh',
    unit,
  ])

/** A unit that systemd has not met yet it reads when it is asked for it. */
export const loadUnit = (unit: string): Step => reloadUnless('LoadState', 'loaded', baseName(unitFile(unit)))

/**
 * Starts the unit with the machine (`words`: more of them for systemd): the next boot reads it anyway, so systemd has to only where it remembers otherwise.
 */
export const enableUnit = (service: ServiceAnswer, unit: string, words: string[] = []): Step[] =>
  service.manager === 'systemd'
    ? [
        systemctl(service, unit, ['enable', '--no-reload', ...words]),
        reloadUnless('UnitFileState', 'enabled', baseName(unitFile(unit))),
      ]
    : [systemctl(service, unit, ['enable'])]
