import { anyLooksLocked } from '../../connection/key-paths.ts'
import type { SecretKeeper } from '../../core/secret-keeper.ts'
import type { Become } from '../../core/transport.ts'
import type { Target } from '../../settings/target.ts'
import type { AskedPasswords, Listener, Passwords } from './ask-passwords.ts'

const asksFor = (asked: AskedPasswords): boolean =>
  asked.askPass === true ||
  asked.askBecomePass === true ||
  asked.connectionPasswordFile !== undefined ||
  asked.becomePasswordFile !== undefined

/** Who is reached, and all identities that tasks have there. */
type Reached = { targets: Target[]; identities: Iterable<Become> }

/**
 * Gives what has no password of its own those of the command line. A server on the way gets none that was meant for others.
 */
const givePasswords = ({ targets, identities }: Reached, { connection, become }: Passwords): void => {
  if (connection !== undefined) for (const target of targets) target.password ??= connection
  if (become !== undefined) for (const identity of identities) identity.password ??= become
}

/** Secrets of the inventory are secrets everywhere. */
const keepSecrets = ({ targets, identities }: Reached, secrets: SecretKeeper): void => {
  for (const { password, passphrases } of targets.flatMap(target => [target, ...(target.via ?? [])]))
    for (const secret of [password, ...Object.values(passphrases ?? {})]) if (secret) secrets.add(secret)
  for (const { password } of identities) if (password) secrets.add(password)
}

/**
 * Gives targets what has to be asked for them, and makes all that they hold secret. What asks is loaded only where there
 * is something to ask.
 */
export const giveSecrets = async (reached: Reached, asked: AskedPasswords, listener: Listener): Promise<void> => {
  const { targets } = reached
  keepSecrets(reached, listener.secrets)
  if (asksFor(asked)) {
    const { askPasswords } = await import('./ask-passwords.ts')
    givePasswords(reached, await askPasswords(asked, listener))
  }
  if (!anyLooksLocked(targets)) return
  const { askPassphrases } = await import('./ask-passphrases.ts')
  await askPassphrases(targets, listener)
}
