import { homedir } from 'node:os'
import type { BecomeDefaults } from '../../graph/graph.ts'
import { findAnsibleConfig } from '../../settings/ansible-config-file.ts'
import { refuseSetting, textOf, truthOf } from '../../settings/fault.ts'
import { type Configured, type ConnectionOptions, type SettingName, settingOf } from '../../settings/precedence.ts'
import type { AskedPasswords, AskedVaults, Listener, VaultSettings } from './ask-passwords.ts'

/** What is said of a run outside of its command line and inventory. The environment is asked where a setting is. */
export type AnsibleSettings = { file?: string; configured: Configured; warnings: string[] }

/** The settings of the ansible.cfg that counts here; without one nothing is read, and nothing loaded for it. */
export const readAnsibleSettings = async (): Promise<AnsibleSettings> => {
  const { file, warnings } = findAnsibleConfig(process.cwd(), process.env)
  if (file === undefined) return { configured: new Map(), warnings }
  const { readAnsibleConfig } = await import('../../settings/ansible-config.ts')
  const config = readAnsibleConfig(file)
  return { file, ...config, warnings: [...warnings, ...config.warnings] }
}

const textSetting = (name: SettingName, configured: Configured): string | undefined =>
  textOf('', settingOf(name, { vars: {}, configured }))

const truthSetting = (name: SettingName, configured: Configured): boolean | undefined => {
  const said = settingOf(name, { vars: {}, configured })
  return said && (truthOf(said.value) ?? refuseSetting('', said.from, `is "${said.value}"`, 'write true or false'))
}

/** The inventories that settings name, where the command line names none. */
export const inventorySetting = (configured: Configured): string[] =>
  (textSetting('inventory', configured) ?? '').split(',').filter(path => path !== '')

const foldersOf = (said: string | undefined, otherwise: string[]): string[] =>
  (said?.split(':') ?? otherwise).filter(path => path !== '').map(path => path.replace(/^~(?=\/|$)/, homedir()))

/** The folders in which roles, and collections, are looked for besides those of the playbook. */
export const roleFolders = (configured: Configured): { roles: string[]; collections: string[] } => ({
  roles: foldersOf(textSetting('rolesPath', configured), [
    '~/.ansible/roles',
    '/usr/share/ansible/roles',
    '/etc/ansible/roles',
  ]),
  collections: foldersOf(textSetting('collectionsPath', configured), [
    '~/.ansible/collections',
    '/usr/share/ansible/collections',
  ]),
})

/** What the command line says of whom tasks become. */
type BecomeOptions = { become?: boolean; becomeUser?: string; becomeMethod?: string }

/** Whom tasks become where neither a variable nor a keyword says it: by options, else by settings. */
export const becomeDefaults = (asked: BecomeOptions, configured: Configured): BecomeDefaults => {
  const become = asked.become ?? truthSetting('become', configured)
  const user = asked.becomeUser ?? textSetting('becomeUser', configured)
  const method = asked.becomeMethod ?? textSetting('becomeMethod', configured)
  const exe = textSetting('becomeExe', configured)
  const flags = textSetting('becomeFlags', configured)
  return {
    ...(become === undefined ? {} : { become }),
    ...(user === undefined ? {} : { become_user: user }),
    ...(method === undefined ? {} : { become_method: method }),
    ...(exe === undefined ? {} : { become_exe: exe }),
    ...(flags === undefined ? {} : { become_flags: flags }),
  }
}

/** The login user of hosts whose variables name none, as expressions see it. */
export const loginUser = (asked: ConnectionOptions, configured: Configured): string | undefined =>
  textOf('', settingOf('user', { vars: {}, options: asked, configured }))

/** Which passwords settings ask for, or where they are: of each kind only where the command line says neither. */
export const askSettings = (asked: AskedPasswords, configured: Configured): AskedPasswords => {
  const login = asked.askPass || asked.connectionPasswordFile !== undefined
  const become = asked.askBecomePass || asked.becomePasswordFile !== undefined
  const file = login ? undefined : textSetting('connectionPasswordFile', configured)
  const becomeFile = become ? undefined : textSetting('becomePasswordFile', configured)
  return {
    ...(file === undefined ? {} : { connectionPasswordFile: file }),
    ...(becomeFile === undefined ? {} : { becomePasswordFile: becomeFile }),
    ...(!login && file === undefined && truthSetting('askPass', configured) ? { askPass: true } : {}),
    ...(!become && becomeFile === undefined && truthSetting('becomeAskPass', configured)
      ? { askBecomePass: true }
      : {}),
  }
}

/** @throws Refusal `usage-option`, `usage-file` for a truth value that is none. */
export const vaultSettings = (configured: Configured): VaultSettings => {
  const passwordFile = textSetting('vaultPasswordFile', configured)
  const encryptLabel = textSetting('vaultEncryptIdentity', configured)
  const salt = textSetting('vaultEncryptSalt', configured)
  const identities = (textSetting('vaultIdentityList', configured) ?? '').split(',').map(one => one.trim())
  return {
    ask: truthSetting('askVaultPass', configured) ?? false,
    ...(passwordFile === undefined ? {} : { passwordFile }),
    identities: identities.filter(one => one !== ''),
    label: textSetting('vaultIdentity', configured) ?? 'default',
    tried: truthSetting('vaultIdMatch', configured) ? 'matching' : 'all',
    ...(encryptLabel === undefined ? {} : { encryptLabel }),
    ...(salt === undefined ? {} : { salt }),
  }
}

/**
 * From now on vaults are opened, where the command line, the environment or settings name a password; what reads passwords
 * is loaded only then. Resolves to warnings.
 *
 * @throws Refusal `usage-option`, `usage-file`, `run-interrupted` where there is no password in what is named.
 */
export const readyVaults = async (
  asked: AskedVaults,
  configured: Configured,
  listener: Listener,
): Promise<string[]> => {
  const settings = vaultSettings(configured)
  const isNamed =
    asked.askVaultPass ||
    settings.ask ||
    asked.vaultId?.length ||
    asked.vaultPasswordFile?.length ||
    settings.identities.length > 0 ||
    settings.passwordFile !== undefined
  return isNamed ? (await import('./vault-passwords.ts')).openVaults(asked, settings, listener) : []
}
