import type { Origin } from '../core/failure.ts'

/** What says a value, and where that is written, for people who want to change it. */
export type SaidBy = {
  by: 'variable' | 'keyword' | 'option' | 'environment' | 'ansible.cfg' | 'ssh_config' | 'default'
  name: string
  origin?: Origin
}
export type Said = { value: unknown; from: SaidBy }

/** What the command line says of reaching hosts, by the names of its options. */
export type ConnectionOptions = {
  user?: string
  privateKey?: string
  connection?: string
  timeout?: string
  retries?: string
  jump?: string
  sshConfig?: string
  sshCommonArgs?: string
  sshExtraArgs?: string
  /** How many hosts are worked on at once. */
  forks?: string
}

/** The settings of an ansible.cfg, by section and key: `defaults.remote_user`. */
export type Configured = ReadonlyMap<string, { value: string; origin: Origin }>

/** Everything that may say how one host is reached, besides the user's own ssh_config. */
export type Sources = {
  /** The values of its variables. */
  vars: Record<string, unknown>
  /** Where a variable of it was written. */
  originOf?: (name: string) => Origin | undefined
  /** What plays say of it, by their keywords. */
  keywords?: Record<string, { value: unknown; origin: Origin }>
  options?: ConnectionOptions
  configured?: Configured
  environment?: Record<string, string | undefined>
}

/** Where a setting may stand. Of several names in one place the last one that is there counts. */
type Places = { vars?: string[]; keyword?: string; option?: keyof ConnectionOptions; env?: string[]; ini?: string[] }

const sshArguments = (name: string): Places => ({
  vars: [`ansible_${name}`],
  env: [`ANSIBLE_${name.toUpperCase()}`],
  ini: [`ssh_connection.${name}`],
})

const ofRun = (name: string, section: string): Places => ({
  env: [`ANSIBLE_${name.toUpperCase()}`],
  ini: [`${section}.${name}`],
})

/**
 * The names of each setting. Source: ansible-core 2.19, plugins/connection/ssh.py and config/base.yml; an option that
 * it does not have stands beside those that mean the same.
 */
const table = {
  host: { vars: ['ansible_host', 'ansible_ssh_host'] },
  port: {
    vars: ['ansible_port', 'ansible_ssh_port'],
    keyword: 'port',
    env: ['ANSIBLE_REMOTE_PORT'],
    ini: ['defaults.remote_port'],
  },
  user: {
    vars: ['ansible_user', 'ansible_ssh_user'],
    keyword: 'remote_user',
    option: 'user',
    env: ['ANSIBLE_REMOTE_USER'],
    ini: ['defaults.remote_user'],
  },
  password: { vars: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'] },
  keyFile: {
    vars: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
    option: 'privateKey',
    env: ['ANSIBLE_PRIVATE_KEY_FILE'],
    ini: ['defaults.private_key_file'],
  },
  keyText: { vars: ['ansible_private_key', 'ansible_ssh_private_key'], env: ['ANSIBLE_PRIVATE_KEY'] },
  passphrase: {
    vars: ['ansible_private_key_passphrase', 'ansible_ssh_private_key_passphrase'],
    env: ['ANSIBLE_PRIVATE_KEY_PASSPHRASE'],
  },
  connection: {
    vars: ['ansible_connection'],
    keyword: 'connection',
    option: 'connection',
    env: ['ANSIBLE_TRANSPORT'],
    ini: ['defaults.transport'],
  },
  timeout: {
    vars: ['ansible_timeout', 'ansible_ssh_timeout'],
    option: 'timeout',
    env: ['ANSIBLE_TIMEOUT', 'ANSIBLE_SSH_TIMEOUT'],
    ini: ['defaults.timeout', 'ssh_connection.timeout'],
  },
  hostKeyChecking: {
    vars: ['ansible_host_key_checking', 'ansible_ssh_host_key_checking'],
    env: ['ANSIBLE_HOST_KEY_CHECKING', 'ANSIBLE_SSH_HOST_KEY_CHECKING'],
    ini: ['defaults.host_key_checking', 'ssh_connection.host_key_checking'],
  },
  sshArgs: sshArguments('ssh_args'),
  sshCommonArgs: { ...sshArguments('ssh_common_args'), option: 'sshCommonArgs' },
  sshExtraArgs: { ...sshArguments('ssh_extra_args'), option: 'sshExtraArgs' },
  sshExecutable: sshArguments('ssh_executable'),
  pkcs11Provider: { vars: ['ansible_ssh_pkcs11_provider'], env: ['ANSIBLE_PKCS11_PROVIDER'] },
  retries: {
    vars: ['ansible_ssh_retries'],
    option: 'retries',
    env: ['ANSIBLE_SSH_RETRIES'],
    ini: ['connection.retries', 'ssh_connection.retries'],
  },
  answerSeconds: {
    vars: ['ansible_command_timeout'],
    env: ['ANSIBLE_PERSISTENT_COMMAND_TIMEOUT'],
    ini: ['persistent_connection.command_timeout'],
  },
  jump: { option: 'jump' },
  sshConfig: { option: 'sshConfig' },
  // Of a run, not of a host.
  inventory: ofRun('inventory', 'defaults'),
  rolesPath: ofRun('roles_path', 'defaults'),
  collectionsPath: {
    env: ['ANSIBLE_COLLECTIONS_PATHS', 'ANSIBLE_COLLECTIONS_PATH'],
    ini: ['defaults.collections_paths', 'defaults.collections_path'],
  },
  forks: { ...ofRun('forks', 'defaults'), option: 'forks' },
  askPass: ofRun('ask_pass', 'defaults'),
  connectionPasswordFile: ofRun('connection_password_file', 'defaults'),
  becomePasswordFile: ofRun('become_password_file', 'defaults'),
  become: { ...ofRun('become', 'privilege_escalation'), vars: ['ansible_become'] },
  becomeMethod: { ...ofRun('become_method', 'privilege_escalation'), vars: ['ansible_become_method'] },
  becomeUser: { ...ofRun('become_user', 'privilege_escalation'), vars: ['ansible_become_user'] },
  becomeExe: { ...ofRun('become_exe', 'privilege_escalation'), vars: ['ansible_become_exe'] },
  becomeFlags: { ...ofRun('become_flags', 'privilege_escalation'), vars: ['ansible_become_flags'] },
  becomePassword: { vars: ['ansible_become_password', 'ansible_become_pass'] },
  becomeAskPass: ofRun('become_ask_pass', 'privilege_escalation'),
  askVaultPass: ofRun('ask_vault_pass', 'defaults'),
  vaultPasswordFile: ofRun('vault_password_file', 'defaults'),
  vaultIdentityList: ofRun('vault_identity_list', 'defaults'),
  vaultIdentity: ofRun('vault_identity', 'defaults'),
  vaultIdMatch: ofRun('vault_id_match', 'defaults'),
  vaultEncryptIdentity: ofRun('vault_encrypt_identity', 'defaults'),
  vaultEncryptSalt: ofRun('vault_encrypt_salt', 'defaults'),
} satisfies Record<string, Places>

export type SettingName = keyof typeof table
export const SETTINGS: Record<SettingName, Places> = table

const isSaid = (value: unknown): boolean => value !== undefined && value !== null

/**
 * What counts for a setting, and what says so; undefined where nothing does. A variable wins over a keyword of the play,
 * that over an option, that over the environment, and that over ansible.cfg. Source: ansible-core 2.19, config/manager.py, get_config_value_and_origin.
 */
export const settingOf = (name: SettingName, sources: Sources): Said | undefined => {
  const { vars, originOf, keywords = {}, options = {}, configured, environment = process.env } = sources
  const places = SETTINGS[name]
  const variable = places.vars?.findLast(each => isSaid(vars[each]))
  if (variable !== undefined) {
    const origin = originOf?.(variable)
    return { value: vars[variable], from: { by: 'variable', name: variable, ...(origin && { origin }) } }
  }
  const keyword = places.keyword === undefined ? undefined : keywords[places.keyword]
  if (keyword) return { value: keyword.value, from: { by: 'keyword', name: places.keyword!, origin: keyword.origin } }
  const option = places.option && options[places.option]
  if (places.option && option !== undefined)
    return { value: option, from: { by: 'option', name: optionWords[places.option] } }
  // As there: an empty text in the environment says nothing.
  const word = places.env?.findLast(each => environment[each])
  if (word !== undefined) return { value: environment[word], from: { by: 'environment', name: word } }
  const key = places.ini?.findLast(each => configured?.has(each))
  if (key === undefined) return undefined
  const { value, origin } = configured!.get(key)!
  return { value, from: { by: 'ansible.cfg', name: key.slice(key.indexOf('.') + 1), origin } }
}

/** How the options are called where people type them. */
const optionWords: Record<keyof ConnectionOptions, string> = {
  user: '--user',
  privateKey: '--private-key',
  connection: '--connection',
  timeout: '--timeout',
  retries: '--retries',
  jump: '--jump',
  sshConfig: '--ssh-config',
  sshCommonArgs: '--ssh-common-args',
  sshExtraArgs: '--ssh-extra-args',
  forks: '--forks',
}
