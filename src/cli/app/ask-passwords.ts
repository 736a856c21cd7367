import { type Failure, Refusal } from '../../core/failure.ts'
import type { SecretKeeper } from '../../core/secret-keeper.ts'
import { readPasswordFile } from '../../settings/password-file.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** Where the passwords of vaults are, or that they are asked for. */
export type AskedVaults = { vaultId?: string[]; vaultPasswordFile?: string[]; askVaultPass?: boolean }

/** What settings say of vaults: where passwords are, which label stands for none, and how new ones are made. */
export type VaultSettings = {
  ask: boolean
  passwordFile?: string
  /** `LABEL@SOURCE`, as with --vault-id. */
  identities: string[]
  label: string
  tried: 'all' | 'matching'
  encryptLabel?: string
  salt?: string
}

/** Which passwords the command line asks for, or where they are. */
export type AskedPasswords = AskedVaults & {
  askPass?: boolean
  askBecomePass?: boolean
  connectionPasswordFile?: string
  becomePasswordFile?: string
}

/** The passwords that count where a host has none of its own. */
export type Passwords = { connection?: string; become?: string }

/** Who is told secrets, and what breaks off a question. */
export type Listener = { secrets: SecretKeeper; signal: AbortSignal }

const noTerminal = (option: string, file: string, variable: string): Failure => ({
  reason: 'usage-option',
  what: `There is no terminal to ask for what ${option} wants.`,
  why: '/dev/tty cannot be opened, as in a job of cron or CI.',
  fix: `Give it with ${file} FILE (a file that holds it, or a program that prints it), or as the variable ${variable}.`,
})

const NO_TERMINAL = {
  connection: noTerminal('--ask-pass (-k)', '--connection-password-file', 'ansible_password'),
  become: noTerminal('--ask-become-pass (-K)', '--become-password-file', 'ansible_become_password'),
}

const asked = async (asked: AskedPasswords, terminal: Terminal, from: Passwords): Promise<Passwords> => {
  const connection = asked.askPass ? await terminal.ask('Password to log in with (ssh): ') : from.connection
  // An empty answer stands for the other password only where that is there, as in Ansible.
  const same = connection ? ' (nothing: the same)' : ''
  const become = asked.askBecomePass
    ? (await terminal.ask(`Password to become another user with (sudo)${same}: `)) || connection
    : from.become
  return { ...(connection ? { connection } : {}), ...(become ? { become } : {}) }
}

/**
 * The passwords of the command line: read from files, or asked on the terminal before anything connects. They are secrets
 * from then on, and are kept nowhere.
 *
 * @throws Refusal `usage-option` without a terminal, `usage-file` for a file that gives none, `run-interrupted`.
 */
export const askPasswords = async (wanted: AskedPasswords, { secrets, signal }: Listener): Promise<Passwords> => {
  const { connectionPasswordFile, becomePasswordFile } = wanted
  const connection =
    connectionPasswordFile === undefined ? '' : readPasswordFile(connectionPasswordFile, 'password to log in with')
  const become =
    becomePasswordFile === undefined ? '' : readPasswordFile(becomePasswordFile, 'password to become another user with')
  const read = { ...(connection ? { connection } : {}), ...(become ? { become } : {}) }
  const found = wanted.askPass || wanted.askBecomePass ? await onTerminal(wanted, read, signal) : read
  for (const password of Object.values(found)) secrets.add(password)
  return found
}

const onTerminal = async (wanted: AskedPasswords, read: Passwords, signal: AbortSignal): Promise<Passwords> => {
  const terminal = openTerminal(signal)
  if (!terminal)
    throw new Refusal(
      ...(wanted.askPass ? [NO_TERMINAL.connection] : []),
      ...(wanted.askBecomePass ? [NO_TERMINAL.become] : []),
    )
  try {
    return await asked(wanted, terminal, read)
  } finally {
    terminal.close()
  }
}
