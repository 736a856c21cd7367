import { createHash } from 'node:crypto'

/** The type that a public key names itself by: its first string (RFC 4253, section 6.6); empty where there is none. */
export const keyType = (key: Buffer): string => stringsOf(key)?.[0]?.toString('latin1') ?? ''

/** As ssh prints it, and `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host itself. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** The strings that a key is made of, each with its length in front; undefined where bytes are missing or left over. */
const stringsOf = (key: Buffer): Buffer[] | undefined => {
  const strings: Buffer[] = []
  for (let at = 0; at < key.length; ) {
    if (at + 4 > key.length) return undefined
    const end = at + 4 + key.readUInt32BE(at)
    if (end > key.length) return undefined
    strings.push(key.subarray(at + 4, end))
    at = end
  }
  return strings
}

/** How a key of a type is made up behind its type. Of a type that is not here, nothing is known. */
const SHAPES: Record<string, (parts: Buffer[]) => boolean> = {
  'ssh-ed25519': ([key, ...more]) => key?.length === 32 && more.length === 0,
  'ssh-rsa': parts => parts.length === 2 && parts.every(part => part.length > 0),
  ...Object.fromEntries(
    ['nistp256', 'nistp384', 'nistp521'].map(curve => [
      `ecdsa-sha2-${curve}`,
      ([name, point, ...more]: Buffer[]) => `${name}` === curve && point?.[0] === 4 && more.length === 0,
    ]),
  ),
}

/** A line may name an RSA key by how it signs. */
const ALIASES: Record<string, string> = { 'rsa-sha2-256': 'ssh-rsa', 'rsa-sha2-512': 'ssh-rsa' }

/**
 * A public key as files have it, `TYPE BASE64 COMMENT`; undefined where ssh would go past it: the base64 is not whole, or of a
 * key of another type. The base64 may hold blanks such as the CR of a line from Windows.
 */
export const splitKeyText = (text: string): { type: string; key: string } | undefined => {
  const [, written = '', word = ''] = /^([^ \t]+)[ \t]+([^ \t]+)/.exec(text) ?? []
  const base64 = word.replace(/\s+/g, '')
  const key = Buffer.from(base64, 'base64')
  if (base64 === '' || key.toString('base64') !== base64) return undefined
  const [type, ...parts] = stringsOf(key) ?? []
  if (type === undefined || (ALIASES[written] ?? written) !== type.toString('latin1')) return undefined
  const isShaped = SHAPES[`${type}`] ?? (() => true)
  return isShaped(parts) ? { type: `${type}`, key: base64 } : undefined
}
