import { randomBytes } from 'node:crypto'
import { type Origin, refuse } from '../core/failure.ts'
import { parseDigits, seal, unseal } from './cipher.ts'
import { DEFAULT_ID, formatEnvelope, parseEnvelope } from './envelope.ts'

/** A password with its label. Labels are names for people: a password is tried on vaults of other labels too. */
export type VaultPassword = { id: string; password: Buffer }
/** The passwords of a run in the order they are tried; with `matching` only those whose label is the vault's. */
export type Keyring = { passwords: VaultPassword[]; tried: 'all' | 'matching' }

/** What a vault holds, the label that it bears, and the password that has opened it. */
export type Opened = { plain: Buffer; id: string; by: VaultPassword }

const SALT_BYTES = 32

const labels = (passwords: VaultPassword[]): string => [...new Set(passwords.map(({ id }) => id))].join(', ')

/**
 * Opens a vault with the first password that does.
 * @param text the vault as it is written, from its header on
 * @param origin where the header stands
 * @throws Refusal `usage-vault`: it is damaged, or none of the passwords is the right one.
 */
export const openVault = (text: string, { passwords, tried }: Keyring, origin: Origin): Opened => {
  const { id, digits } = parseEnvelope(text, origin)
  const parts = parseDigits(digits, origin)
  const candidates = tried === 'all' ? passwords : passwords.filter(one => one.id === id)
  for (const by of candidates) {
    const plain = unseal(parts, by.password, origin)
    if (plain) return { plain, id, by }
  }
  if (candidates.length === 0)
    return refuse('usage-vault', `No vault password is labelled "${id}", as this vault is.`, {
      origin,
      why: `There is one for: ${labels(passwords)}. By vault_id_match only the one of its own label is tried.`,
      fix: `Give it with --vault-id ${id}@FILE.`,
    })
  return refuse('usage-vault', 'No vault password that was given opens this vault.', {
    origin,
    why: `It is labelled "${id}". Tried: ${labels(candidates)}. Either it was made with another password, or it has been changed since.`,
    fix: `Give the password that it was made with: ${id === DEFAULT_ID ? '--vault-password-file FILE' : `--vault-id ${id}@FILE`}.`,
  })
}

/** A vault that holds `plain`, as text; its label is that of the password unless another is named. The salt is for tests. */
export const makeVault = (
  plain: Buffer,
  { password, id }: VaultPassword,
  salt: Buffer = randomBytes(SALT_BYTES),
): string => formatEnvelope(seal(plain, password, salt), id)
