import { findLockedKeys, type LockedKey } from '../../connection/locked-keys.ts'
import { Refusal } from '../../core/failure.ts'
import type { Hop, Target } from '../../settings/target.ts'
import type { Listener } from './ask-passwords.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** As ssh does. */
const TRIES = 3

const passphraseOf = async ({ path, opens }: LockedKey, terminal: Terminal): Promise<string | undefined> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const passphrase = await terminal.ask(`Passphrase of ${path} (nothing: go without this key): `)
    if (passphrase === '') return undefined
    if (opens(passphrase)) return passphrase
    terminal.tell('That does not open it.')
  }
  throw new Refusal({
    reason: 'usage-option',
    what: `The key ${path} was not opened.`,
    why: `None of ${TRIES} passphrases was right.`,
    fix: `Try it by hand: \`ssh-keygen -y -f ${path}\` asks for it too.`,
  })
}

const noTerminal = (path: string, hosts: string[]) => ({
  reason: 'usage-option' as const,
  what: `The key ${path} is encrypted, and there is no terminal to ask for its passphrase.`,
  why: `It is the only key for ${hosts.join(', ')}. /dev/tty cannot be opened, as in a job of cron or CI.`,
  fix: `Put the key into an agent (ssh-add ${path}), give the passphrase as the variable ansible_ssh_private_key_passphrase, or name another key: --private-key FILE, ansible_ssh_private_key_file.`,
})

/**
 * Asks for the passphrases of key files that are needed and encrypted, each once for all hosts, and gives them to the hops
 * that use them.
 *
 * @throws Refusal `usage-option`: there is no terminal, or three answers were wrong; `run-interrupted`.
 */
export const askPassphrases = async (targets: Target[], { secrets, signal }: Listener): Promise<void> => {
  const locked = await findLockedKeys(targets)
  if (locked.length === 0) return
  const terminal = openTerminal(signal)
  if (!terminal) {
    const needed = locked.filter(({ isOnly }) => isOnly)
    if (needed.length > 0) throw new Refusal(...needed.map(({ path, hosts }) => noTerminal(path, hosts)))
    return
  }
  try {
    for (const key of locked) {
      const passphrase = await passphraseOf(key, terminal)
      if (passphrase === undefined) continue
      secrets.add(passphrase)
      for (const hop of key.hops) give(hop, key.path, passphrase)
    }
  } finally {
    terminal.close()
  }
}

const give = (hop: Hop, path: string, passphrase: string): void => {
  hop.passphrases = { ...hop.passphrases, [path]: passphrase }
}
