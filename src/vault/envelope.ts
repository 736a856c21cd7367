import { type Origin, refuse } from '../core/failure.ts'

// How a vault looks as text: a first line that says what it is, and lines of 80 hex digits.
// Source: Ansible's documentation, "Encrypting content with Ansible Vault", vault format versions 1.1 and 1.2.

/** What the first line of a vault says, and the digits behind it, of which nothing is known yet. */
export type Envelope = { version: string; id: string; digits: string }

/** The label of a vault, or of a password, that has none. */
export const DEFAULT_ID = 'default'
const MARK = '$ANSIBLE_VAULT'
const CIPHER = 'AES256'
const WIDTH = 80

/** Refuses a vault that is not whole. `why` says what was seen, never what stands there. */
export const refuseDamaged = (origin: Origin, why: string): never =>
  refuse('usage-vault', 'This vault is damaged.', {
    origin,
    why,
    fix: 'Get it from where it is still whole: an earlier commit, or a backup. A vault is text: copy it line by line, with nothing added.',
  })

/**
 * Takes a vault apart. Lines may end as they do on any system.
 * @throws Refusal `usage-vault` with the line: no header, another cipher, anything but hex digits.
 */
export const parseEnvelope = (text: string, origin: Origin): Envelope => {
  const [header = '', ...lines] = text.split(/\r\n|\r|\n/)
  const [mark, version, cipher, id] = header
    .trim()
    .split(';')
    .map(part => part.trim())
  if (mark !== MARK || version === undefined || cipher === undefined)
    return refuseDamaged(origin, `Its first line is no header of a vault: ${MARK};1.1;${CIPHER}`)
  if (cipher !== CIPHER)
    refuse('usage-vault', 'This vault is encrypted with another cipher.', {
      origin,
      why: `Only ${CIPHER} is read and written; what its header names is none of it.`,
      fix: `Open it with the program that made it, and encrypt it anew: runbook vault encrypt FILE.`,
    })
  const strange = lines.findIndex(line => /[^0-9a-fA-F]/.test(line))
  if (strange >= 0)
    refuseDamaged(
      { ...origin, line: origin.line + strange + 1 },
      'Behind its header stand hex digits, and nothing else: no spaces either.',
    )
  const digits = lines.join('')
  if (digits === '') refuseDamaged(origin, 'Nothing stands behind its header.')
  return { version, id: id || DEFAULT_ID, digits }
}

/** A vault as text. One with a label of its own is of version 1.2; only that has a place for it. */
export const formatEnvelope = (digits: string, id = DEFAULT_ID): string => {
  const header = id === DEFAULT_ID ? [MARK, '1.1', CIPHER] : [MARK, '1.2', CIPHER, id]
  return [header.join(';'), ...(digits.match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? []), ''].join('\n')
}
