import { attempt, type Failure, inOneLine, Refusal } from '../../core/failure.ts'
import type { SecretKeeper } from '../../core/secret-keeper.ts'
import { openIfVault, setVaultOpener, type VaultOpener } from '../../core/vault-file.ts'
import { linesOfSecret } from '../../load/secrets.ts'
import { readVaultPassword } from '../../settings/vault-password-file.ts'
import { type Keyring, openVault, type VaultPassword } from '../../vault/keyring.ts'
import type { AskedVaults, Listener, VaultSettings } from './ask-passwords.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** Where the password of a label comes from. `plainly`: it is asked for without naming the label. */
export type PasswordSource = { label: string } & ({ file: string } | { asked: 'by label' | 'plainly' })

const PROMPT = 'prompt'
/** What stands for --ask-vault-pass where a label is wanted. Source: ansible-core 2.19, cli/__init__.py, build_vault_ids. */
const PLAIN_PROMPT = 'prompt_ask_vault_pass'

/** `LABEL@SOURCE`, or a source alone. */
const sourceOf = (given: string, { label }: VaultSettings): PasswordSource => {
  const at = given.indexOf('@')
  const [own, from] = at < 0 ? ['', given] : [given.slice(0, at), given.slice(at + 1)]
  const named = { label: own || label }
  if (from === PROMPT || from === PLAIN_PROMPT) return { ...named, asked: from === PROMPT ? 'by label' : 'plainly' }
  return { ...named, file: from }
}

/** The sources of passwords in the order that vaults are tried with them: labels, files, what is asked for. */
export const passwordSources = (asked: AskedVaults, settings: VaultSettings): PasswordSource[] => [
  ...[...settings.identities, ...(asked.vaultId ?? [])].map(one => sourceOf(one, settings)),
  ...[...(asked.vaultPasswordFile ?? []), ...(settings.passwordFile === undefined ? [] : [settings.passwordFile])].map(
    file => ({ label: settings.label, file }),
  ),
  ...(asked.askVaultPass || settings.ask ? [{ label: settings.label, asked: 'plainly' } as const] : []),
]

const noTerminal = (label: string): Failure => ({
  reason: 'usage-option',
  what: `There is no terminal to ask for the vault password of "${label}".`,
  why: '/dev/tty cannot be opened, as in a job of cron or CI.',
  fix: 'Give it with --vault-password-file FILE or --vault-id LABEL@FILE (a file that holds it, or a program that prints it), or name that in ANSIBLE_VAULT_PASSWORD_FILE.',
})

/** Whether a password is one that is there already, or a new one, which is typed twice. */
export type Novelty = 'known' | 'new'

const typed = async (
  terminal: Terminal,
  { label, asked }: PasswordSource & { asked: string },
  novelty: Novelty,
): Promise<Buffer> => {
  const of = asked === 'plainly' ? '' : ` (${label})`
  const first = (await terminal.ask(`${novelty === 'new' ? 'New vault password' : 'Vault password'}${of}: `)).trim()
  const refused = (what: string): never => {
    throw new Refusal({ reason: 'usage-option', what, fix: 'Call it again, and type the password.' })
  }
  if (first === '') return refused(`The vault password of "${label}" is empty.`)
  if (novelty === 'new' && (await terminal.ask(`Once more${of}: `)).trim() !== first)
    return refused('The two vault passwords are not the same.')
  return Buffer.from(first)
}

/** Passwords, and what is to be said of files that gave none. */
export type ReadPasswords = { passwords: VaultPassword[]; warnings: string[] }

/**
 * Reads the passwords of sources, one after the other; a file may be a vault that an earlier one opens. They are secrets from
 * then on. A source that gives none is passed over with a warning as long as another gives one, as in Ansible.
 *
 * @throws Refusal `usage-option` without a terminal, `usage-file` where no file gives one, `run-interrupted`.
 */
export const readVaultPasswords = async (
  sources: PasswordSource[],
  { tried }: VaultSettings,
  { secrets, signal }: Listener,
  novelty: Novelty = 'known',
): Promise<ReadPasswords> => {
  const passwords: VaultPassword[] = []
  const failures: Failure[] = []
  let terminal: Terminal | undefined
  const read = async (source: PasswordSource): Promise<Buffer | undefined> => {
    if ('asked' in source) {
      terminal ??= openTerminal(signal)
      if (!terminal) throw new Refusal(noTerminal(source.label))
      return typed(terminal, source, novelty)
    }
    setVaultOpener((text, origin) => openVault(text, { passwords, tried }, origin).plain)
    const found = attempt(() => readVaultPassword(source.file, source.label, openIfVault))
    failures.push(...(found.failures ?? []))
    return found.value
  }
  try {
    for (const source of sources) {
      const password = await read(source)
      if (password === undefined) continue
      secrets.add(password.toString())
      passwords.push({ id: source.label, password })
    }
  } finally {
    terminal?.close()
    setVaultOpener(undefined)
  }
  if (passwords.length === 0 && failures.length > 0) throw new Refusal(...failures)
  return { passwords, warnings: failures.map(inOneLine) }
}

/** Opens vaults with these passwords, each once: a password takes 10 ms to be tried. */
const openerOf = (keyring: Keyring, secrets: SecretKeeper): VaultOpener => {
  const known = new Map<string, Buffer>()
  return (text, origin, as) => {
    const plain = known.get(text) ?? openVault(text, keyring, origin).plain
    known.set(text, plain)
    if (as === 'value') secrets.add(plain.toString())
    if (as === 'content') for (const line of linesOfSecret(plain.toString())) secrets.add(line)
    return plain
  }
}

/** From now on vaults are opened with the passwords of these sources. Resolves to warnings. @throws as `readVaultPasswords`. */
export const openVaults = async (
  asked: AskedVaults,
  settings: VaultSettings,
  listener: Listener,
): Promise<string[]> => {
  const { passwords, warnings } = await readVaultPasswords(passwordSources(asked, settings), settings, listener)
  setVaultOpener(openerOf({ passwords, tried: settings.tried }, listener.secrets))
  return warnings
}
