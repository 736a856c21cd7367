import { isAscii } from 'node:buffer'
import { resolve } from 'node:path'
import { type Origin, refuse } from './failure.ts'

/** Opens vaults, as text from the header on; what is put on hosts as it is (`content`) is kept from being told. */
export type VaultOpener = (text: string, origin: Origin, as: 'data' | 'content') => Buffer

// Any file that somebody names may be a vault, so this door opens them. The passwords are the process's: it works for one person.
let vaultOpener: VaultOpener | undefined
const vaultFiles = new Set<string>()

/** From now on vaults are opened by it; undefined: by nothing. */
export const setVaultOpener = (opener: VaultOpener | undefined): void => {
  vaultOpener = opener
  vaultFiles.clear()
}

/** So many bytes of a file tell whether it is a vault. */
export const VAULT_MARK = 16

/** Whether this is a vault: by how it begins, where it is ASCII alone. */
export const isVault = (bytes: Buffer): boolean =>
  bytes.toString('latin1', 0, VAULT_MARK).startsWith('$ANSIBLE_VAULT') && isAscii(bytes)

/** Whether a file that was read is a vault. */
export const isVaultFile = (path: string): boolean => vaultFiles.size > 0 && vaultFiles.has(resolve(path))

/** What a vault holds. @throws Refusal `usage-vault` with its place where no password opens it. */
export const openVaultText: VaultOpener = (text, origin, as) =>
  vaultOpener?.(text, origin, as) ??
  refuse('usage-vault', 'This is a vault, and no vault password was given.', {
    origin,
    fix: 'Give it with --vault-password-file FILE, --vault-id LABEL@FILE or --ask-vault-pass, or name the file in ANSIBLE_VAULT_PASSWORD_FILE.',
  })

/** The bytes of a file, or what they hold where they are a vault. */
export const openIfVault = (bytes: Buffer, path: string, as: 'data' | 'content' = 'data'): Buffer => {
  if (!isVault(bytes)) return bytes
  const plain = openVaultText(bytes.toString('latin1'), { file: path, line: 1, column: 1 }, as)
  vaultFiles.add(resolve(path))
  return plain
}
