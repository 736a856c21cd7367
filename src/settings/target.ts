import { homedir, userInfo } from 'node:os'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Become } from '../core/transport.ts'
import { parseSshOptions, type SshOptions, splitWords } from './ssh-args.ts'

/** An ssh server on the way to a machine, or the machine's own: where it is, as whom one logs in, how its key is known. */
export type Hop = {
  host: string
  port: number
  /** The login user. */
  user: string
  /** Key files of its own, in the order they are tried; without any the agent is asked, and then the usual files. */
  keyFiles?: string[]
  /** Of the agent's keys only those of the key files are offered (`IdentitiesOnly`). */
  onlyKeyFiles?: true
  /** Socket of an ssh-agent. */
  agent?: string
  /** Programs on the host may ask the agent. */
  forwardsAgent?: true
  /** For the methods `password` and `keyboard-interactive`. */
  password?: string
  /** What encrypted key files are opened with, by path. */
  passphrases?: Record<string, string>
  /** The name that its key stands under in known_hosts, instead of host and port (`HostKeyAlias`). */
  keyAlias?: string
  /** Files that hold the host keys, in the order they are read; a new line belongs into the first. */
  knownHosts: string[]
  /** What becomes of a key that no file holds; refused unless this says otherwise. A changed key is refused always. */
  newKeys?: 'ask' | 'accept'
  timeoutSeconds: number
}

/** Everything needed to open one machine. */
export type Target = Hop & {
  /** The inventory name, for messages. */
  name: string
  /** By ssh2, by the system's ssh, or on the machine that runbook runs on; `ssh` unless it says otherwise. */
  connection?: 'ssh' | 'openssh' | 'local'
  /** The servers that are gone through, the first one first (`ProxyJump`). */
  via?: Hop[]
  /** A command whose streams are the connection (`ProxyCommand`), in place of `via`. */
  proxyCommand?: string
  /** Arguments for the system's ssh, as they were written. */
  sshArgs?: string[]
  /** The identity that frames have unless they say otherwise; without it the login user's. */
  become?: Become
}

type Vars = Record<string, unknown>

const DEFAULT_PORT = 22
/** ssh2's readyTimeout: from connecting to logged in. */
const DEFAULT_TIMEOUT_SECONDS = 10
const USER_KNOWN_HOSTS = '~/.ssh/known_hosts'
const SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts'

/** Variables that change how Ansible connects and that this version does not follow: silently ignoring one is worse. */
const NOT_FOLLOWED: Record<string, string> = {
  ansible_password: 'passwords are not used to log in; give a key with ansible_ssh_private_key_file',
  ansible_ssh_pass: 'passwords are not used to log in; give a key with ansible_ssh_private_key_file',
  ansible_ssh_password: 'passwords are not used to log in; give a key with ansible_ssh_private_key_file',
  ansible_become_password: 'sudo is run without a password; give the user a NOPASSWD line in sudoers',
  ansible_become_pass: 'sudo is run without a password; give the user a NOPASSWD line in sudoers',
  ansible_ssh_extra_args: 'it comes with the SSH work',
  ansible_ssh_executable: 'it comes with the SSH work; the connection is made without the ssh program',
}

/** Variables that are followed only with the value that is the default anyway. */
const ONLY: Record<string, { values: unknown[]; why: string }> = {
  ansible_connection: { values: ['ssh', 'smart'], why: 'hosts are reached by ssh only' },
  ansible_become_method: { values: ['sudo'], why: 'another user is reached by sudo only' },
  ansible_become_user: { values: ['root'], why: 'become makes root only' },
  ansible_host_key_checking: { values: [true], why: 'host keys are always checked' },
  ansible_ssh_host_key_checking: { values: [true], why: 'host keys are always checked' },
}

const variable = (host: string, name: string, what: string, fix: string): Failure => ({
  reason: 'inventory-variable',
  what: `${name} of ${host} ${what}`,
  fix,
})

const refuseVariable = (host: string, name: string, what: string, fix: string): never => {
  throw new Refusal(variable(host, name, what, fix))
}

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value)

/** The first of several names of one variable that is set: Ansible's older names still stand in many inventories. */
const pick = (vars: Vars, ...names: string[]): { name: string; value: unknown } => {
  const name = names.find(each => vars[each] !== undefined && vars[each] !== null) ?? names[0]!
  return { name, value: vars[name] ?? undefined }
}

const textOf = (host: string, { name, value }: { name: string; value: unknown }): string | undefined => {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '' && !/[\0\n]/.test(value)) return value
  return refuseVariable(host, name, `is ${shown(value)}`, 'write a text of one line')
}

const numberOf = (
  host: string,
  { name, value }: { name: string; value: unknown },
  most: number,
): number | undefined => {
  if (value === undefined) return undefined
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= most) return number
  return refuseVariable(host, name, `is ${shown(value)}`, `write a whole number from 1 to ${most}`)
}

const expandHome = (path: string): string => path.replace(/^~(?=\/|$)/, homedir())

const refused = (host: string, vars: Vars): Failure[] => [
  ...Object.entries(NOT_FOLLOWED).flatMap(([name, fix]) =>
    vars[name] == null ? [] : [variable(host, name, 'is not followed', fix)],
  ),
  ...Object.entries(ONLY).flatMap(([name, { values, why }]) =>
    vars[name] == null || values.includes(vars[name])
      ? []
      : [variable(host, name, `is ${shown(vars[name])}: ${why}`, `leave it out, or write ${shown(values[0])}`)],
  ),
]

const knownHostsOf = (host: string, vars: Vars): string[] => {
  const args = pick(vars, 'ansible_ssh_common_args')
  const text = textOf(host, args.value === '' ? { ...args, value: undefined } : args)
  const options: SshOptions = parseSshOptions(text ?? '')
  if (options.unknown)
    refuseVariable(
      host,
      args.name,
      `holds ${options.unknown}, which is not followed`,
      'only `-o UserKnownHostsFile=PATH` is understood here; everything else comes with the SSH work',
    )
  const own = options.knownHosts ? splitWords(options.knownHosts) : [USER_KNOWN_HOSTS]
  return [...own.map(expandHome), SYSTEM_KNOWN_HOSTS]
}

/**
 * How to reach a host, from its Ansible variables (names and defaults as in Ansible's ssh connection plugin).
 * Without a key file the agent of SSH_AUTH_SOCK is asked, and then the usual files in ~/.ssh.
 *
 * @throws Refusal `inventory-variable`: a wrong type, or a variable that asks for what this version does not do.
 */
export const targetOf = (host: string, vars: Vars, { become }: { become: boolean }): Target => {
  const failures = refused(host, vars)
  if (failures.length > 0) throw new Refusal(...failures)
  const key = textOf(host, pick(vars, 'ansible_ssh_private_key_file', 'ansible_private_key_file'))
  const agent = process.env.SSH_AUTH_SOCK
  return {
    name: host,
    host: textOf(host, pick(vars, 'ansible_host', 'ansible_ssh_host')) ?? host,
    port: numberOf(host, pick(vars, 'ansible_port', 'ansible_ssh_port'), 65535) ?? DEFAULT_PORT,
    user: textOf(host, pick(vars, 'ansible_ssh_user', 'ansible_user')) ?? userInfo().username,
    ...(become && { become: { user: 'root', method: 'sudo' } }),
    ...(key && { keyFiles: [expandHome(key)] }),
    ...(!key && agent && { agent }),
    knownHosts: knownHostsOf(host, vars),
    timeoutSeconds:
      numberOf(host, pick(vars, 'ansible_ssh_timeout', 'ansible_timeout'), 3600) ?? DEFAULT_TIMEOUT_SECONDS,
  }
}
