import { exec, type FileAnswer, later, type ServiceAnswer, type Step } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'
import { disabledState } from './unit-enablement.ts'

// A mask of a unit: a link to /dev/null in place of its file, so that nothing starts it.

export const maskPath = (title: string): string => `/etc/systemd/system/${title}`

const isMask = (at: FileAnswer): boolean => at.exists && at.kind === 'link' && at.target === '/dev/null'

/** What becomes of the mask; undefined: it is as it should be. As in Ansible a mask until the next boot is none. */
export const maskingOf = (wanted: boolean | undefined, { enabled }: ServiceAnswer): 'on' | 'off' | undefined =>
  wanted === undefined || wanted === (enabled === 'masked') ? undefined : wanted ? 'on' : 'off'

/** Why it cannot be masked, or not be unmasked. */
export const maskObstacle = (
  title: string,
  to: 'on' | 'off',
  at: FileAnswer,
  force: boolean | undefined,
): Obstacle | undefined => {
  const path = maskPath(title)
  if (to === 'on' && at.exists && !isMask(at) && force !== true)
    return {
      why: `${path} is there, and systemctl puts no mask in its place`,
      fix: 'set force: true, which loses that file, or move it elsewhere in an earlier task',
    }
  const isEmpty = later(() => at.exists && at.kind === 'file' && at.size === 0) === true
  if (to === 'off' && !isMask(at) && !isEmpty)
    return {
      why: `${title} is masked by another file than ${path}: systemctl unmask leaves that as it is`,
      fix: 'leave out masked, or write a unit file with systemd_unit',
    }
  return undefined
}

export const maskSteps = (title: string, to: 'on' | 'off', force: boolean | undefined): Step[] => [
  exec(['systemctl', to === 'on' ? 'mask' : 'unmask', ...(force ? ['--force'] : []), title], {
    replaces: [maskPath(title)],
  }),
]

/** The link, afterwards. */
export const maskPromise = (to: 'on' | 'off') =>
  to === 'on' ? ({ exists: true, kind: 'link', target: '/dev/null' } as const) : ({ exists: false } as const)

/** The unit without its mask: what lies below counts then, and the links that started it at boot do again. */
export const unmasked = (unit: ServiceAnswer): ServiceAnswer => {
  const files = unit.files.slice(1)
  if (files.length === 0) return { ...unit, files, load: 'not-found', enabled: '' }
  return {
    ...unit,
    files,
    isLink: false,
    load: 'loaded',
    enabled: unit.wanted.length > 0 ? 'enabled' : disabledState({ ...unit, isLink: false }),
  }
}
