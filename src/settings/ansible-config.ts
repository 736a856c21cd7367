import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { readText } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'
import { parseIni } from './ini.ts'
import { type Configured, SETTINGS } from './precedence.ts'

/** What is followed of an ansible.cfg, and what is to be said of the rest. */
export type AnsibleConfig = { configured: Configured; warnings: string[] }

const ENDING = /\.(cfg|ini)$/

/** Paths are taken from the folder that the file lies in. */
const PATHS = ['private_key_file', 'connection_password_file', 'become_password_file', 'vault_password_file']
/** Lists of such paths, by what stands between them. */
const LISTS: Record<string, string> = { inventory: ',', roles_path: ':', collections_path: ':', collections_paths: ':' }
/** Settings that have no meaning here: how Ansible shares connections, puts files on hosts and runs Python there. */
const WITHOUT_MEANING =
  'pipelining control_path control_path_dir scp_if_ssh sftp_batch_mode transfer_method usetty use_tty sftp_extra_args scp_extra_args sftp_executable scp_executable'.split(
    ' ',
  )
const FOLLOWED = new Set(Object.values(SETTINGS).flatMap(({ ini = [] }) => ini))

/** Quotes around the whole of a value are none of it. */
const unquoted = (value: string): string => /^(["'])([\s\S]*)\1$/.exec(value)?.[2] ?? value

const resolved = (path: string, file: string, environment: Record<string, string | undefined>): string => {
  const named = path
    .replaceAll('{{CWD}}', process.cwd())
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, bare) => environment[braced ?? bare] ?? whole)
    .replace(/^~(?=\/|$)/, homedir())
  return resolve(dirname(file), named)
}

const settled = (
  key: string,
  written: string,
  file: string,
  environment: Record<string, string | undefined>,
): string => {
  const value = unquoted(written)
  const between = LISTS[key]
  if (value === '' || (!PATHS.includes(key) && between === undefined)) return value
  if (between === undefined) return resolved(value, file, environment)
  return value
    .split(between)
    .map(each => each.trim())
    .filter(each => each !== '')
    .map(each => resolved(each, file, environment))
    .join(between)
}

/**
 * Reads an ansible.cfg. What of it is followed is a setting like any other (`precedence`); what is not is named with its
 * line in one warning.
 *
 * @throws Refusal `usage-file` where it cannot be read, with the line.
 */
export const readAnsibleConfig = (
  file: string,
  environment: Record<string, string | undefined> = process.env,
): AnsibleConfig => {
  if (!ENDING.test(file))
    refuse('usage-file', `ANSIBLE_CONFIG names ${file}, which Ansible would not read`, {
      fix: 'its name has to end with .cfg',
    })
  const values = parseIni(readText(file, 'file of settings', 'usage-file'), file)
  const strange = values.filter(
    ({ section, key }) => !FOLLOWED.has(`${section}.${key}`) && !WITHOUT_MEANING.includes(key),
  )
  return {
    configured: new Map(
      values.map(({ section, key, value, origin }) => [
        `${section}.${key}`,
        { value: settled(key, value, file, environment), origin },
      ]),
    ),
    warnings:
      strange.length === 0
        ? []
        : [`${file}: not followed: ${strange.map(({ key, origin }) => `${key} (line ${origin.line})`).join(', ')}`],
  }
}
