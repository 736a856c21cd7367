import { isAscii } from 'node:buffer'
import { resolve } from 'node:path'
import { type Origin, refuse } from './failure.ts'

/**
 * Opens vaults, as text from the header on. A `value`, and what is put on hosts as it is (`content`), are secret from then on;
 * which of `data` is, say the variables in it.
 */
export type VaultOpener = (text: string, origin: Origin, as: 'data' | 'content' | 'value') => Buffer

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
const openVaultText: VaultOpener = (text, origin, as) =>
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

let isAnySealed = false
/** Whether a value has been met that is a vault. */
export const hasSealedText = (): boolean => isAnySealed

const sealedPlaces = new WeakSet<Origin>()
/** Whether what is said of a place is that a value there could not be opened: nothing of the value is known then. */
export const isSealedPlace = (origin: Origin): boolean => sealedPlaces.has(origin)

/**
 * A value that is a vault (`!vault`): a text that is opened when somebody reads it, so that one which nobody reaches needs no
 * password. What comes out is no template.
 */
export class SealedText {
  readonly origin: Origin
  readonly #written: string
  #plain: string | undefined
  constructor(written: string, origin: Origin) {
    this.#written = written
    this.origin = origin
    isAnySealed = true
    sealedPlaces.add(origin)
  }

  /** The text itself. @throws Refusal `usage-vault` with its place where no password opens it. */
  open(): string {
    this.#plain ??= openVaultText(this.#written, this.origin, 'value').toString()
    return this.#plain
  }

  /** As Ansible writes it where data is shown: closed. */
  toJSON(): { __ansible_vault: string } {
    return { __ansible_vault: this.#written }
  }
}
