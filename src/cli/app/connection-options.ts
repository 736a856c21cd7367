import type { RunRequest } from '../../core/event.ts'
import { refuse } from '../../core/failure.ts'
import type { ConnectionOptions } from '../../settings/precedence.ts'

/** Options that a run record may keep: names and paths. */
const PLAIN = ['user', 'privateKey', 'connection', 'timeout', 'retries', 'jump', 'sshConfig', 'forks'] as const
/** What stands behind `ssh` may hold a command, and that a secret. */
const HIDDEN = ['sshCommonArgs', 'sshExtraArgs'] as const

/** How hosts were asked to be reached, as it may be written down. */
export const writtenConnection = (options: ConnectionOptions): Pick<RunRequest, 'reach' | 'reachNames'> => {
  const said = PLAIN.flatMap((name): [string, string][] => (options[name] === undefined ? [] : [[name, options[name]]]))
  const hidden = HIDDEN.filter(name => options[name] !== undefined)
  return {
    ...(said.length > 0 ? { reach: Object.fromEntries(said) } : {}),
    ...(hidden.length > 0 ? { reachNames: hidden } : {}),
  }
}

const optionName = (name: string): string => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

/**
 * The same options once more, under what is given now.
 *
 * @throws Refusal `usage-option` where one is wanted that was not written down.
 */
export const connectionOptionsLike = (
  { reach, reachNames = [] }: Pick<RunRequest, 'reach' | 'reachNames'>,
  given: ConnectionOptions,
  command: string,
): ConnectionOptions => {
  const missing = reachNames.filter(name => given[name as keyof ConnectionOptions] === undefined).map(optionName)
  if (missing.length > 0)
    refuse('usage-option', `${missing.join(' and ')} was given for that, and is to be given again.`, {
      why: 'What stands behind ssh may hold a secret, so only its name is remembered.',
      fix: `${command} ${missing.map(name => `${name}=…`).join(' ')}`,
    })
  const known = Object.fromEntries(PLAIN.flatMap(name => (reach?.[name] === undefined ? [] : [[name, reach[name]]])))
  const now = [...PLAIN, ...HIDDEN].flatMap(name => (given[name] === undefined ? [] : [[name, given[name]]]))
  return { ...known, ...Object.fromEntries(now) }
}
