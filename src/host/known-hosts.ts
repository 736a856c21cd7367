import { createHmac } from 'node:crypto'

/** One line of a known_hosts file. `hosts` is its first field as written, `type` and `key` the next two. */
export type KnownHostsEntry = {
  file: string
  line: number
  marker?: 'revoked' | 'cert-authority'
  hosts: string
  type: string
  key: string
}

/** A file's entries, and what could not be followed, one sentence each with the place. */
type KnownHosts = { entries: KnownHostsEntry[]; notes: string[] }

type HostKeyVerdict =
  | { verdict: 'known' }
  | { verdict: 'unknown' }
  | { verdict: 'changed' | 'revoked'; file: string; line: number }

const DEFAULT_PORT = 22

const markerOf = (word: string | undefined): KnownHostsEntry['marker'] =>
  word === '@revoked' ? 'revoked' : word === '@cert-authority' ? 'cert-authority' : undefined

const parseLine = (text: string, file: string, line: number): KnownHostsEntry | string | undefined => {
  const words = text.trim().split(/[ \t]+/)
  if (words[0] === '' || words[0]?.startsWith('#')) return undefined
  const marker = markerOf(words[0])
  const [hosts, type, key] = marker ? words.slice(1) : words
  const place = `${file}:${line}`
  if (words[0]?.startsWith('@') && !marker) return `${place}: the marker ${words[0]} is not known, the line is ignored`
  if (!hosts || !type || !key) return `${place}: not a line of known_hosts (HOSTS TYPE KEY), it is ignored`
  return { file, line, ...(marker && { marker }), hosts, type, key }
}

/**
 * Reads the text of a known_hosts file (format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Lines that cannot be followed
 * are left out and noted, as ssh itself goes on past them. Certificate authorities are parsed, but not followed: ssh2
 * 1.17 knows no host certificates.
 */
export const parseKnownHosts = (text: string, file: string): KnownHosts => {
  const lines = text.split('\n').flatMap((line, at) => parseLine(line.replace(/\r$/, ''), file, at + 1) ?? [])
  const entries = lines.filter(line => typeof line !== 'string')
  const authorities = entries
    .filter(({ marker }) => marker === 'cert-authority')
    .map(({ line }) => `${file}:${line}: certificate authorities are not followed, the line is ignored`)
  return { entries, notes: [...lines.filter(line => typeof line === 'string'), ...authorities] }
}

/** The name under which a host stands in known_hosts: the port shows only when it is not 22. */
export const knownHostsName = (host: string, port: number): string => {
  const name = host.toLowerCase()
  return port === DEFAULT_PORT ? name : `[${name}]:${port}`
}

/** `*` any text, `?` any one character, all else itself. Most patterns are plain names: those cost no expression. */
const matchesGlob = (pattern: string, name: string): boolean => {
  const lower = pattern.toLowerCase()
  if (!/[*?]/.test(lower)) return lower === name
  const source = lower
    .replaceAll(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(name)
}

/** A hashed name, `|1|SALT|HMAC`: HMAC-SHA1 of exactly one name, `[host]:port` form included. */
const matchesHash = (hosts: string, name: string): boolean => {
  const [, magic, salt, hash] = hosts.split('|')
  if (magic !== '1' || !salt || !hash) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

/** Patterns separated by commas; one that starts with `!` and matches takes the whole line out. */
const matchesPatterns = (hosts: string, name: string): boolean => {
  const patterns = hosts.split(',').filter(pattern => pattern !== '')
  const hit = (pattern: string) => matchesGlob(pattern, name)
  if (patterns.some(pattern => pattern.startsWith('!') && hit(pattern.slice(1)))) return false
  return patterns.some(pattern => !pattern.startsWith('!') && hit(pattern))
}

const matches = (entry: KnownHostsEntry, host: string, port: number): boolean => {
  const name = knownHostsName(host, port)
  return entry.hosts.startsWith('|') ? matchesHash(entry.hosts, name) : matchesPatterns(entry.hosts, name)
}

/**
 * What the entries say of a key that a host has shown. A host may have several keys, also several of one type: one that
 * fits is enough. A revoked key stays revoked whatever else is written. Only another key of the *same type* makes
 * a host changed; keys of other types make it unknown, as in OpenSSH.
 */
export const checkHostKey = (
  entries: KnownHostsEntry[],
  host: string,
  port: number,
  keyType: string,
  keyBase64: string,
): HostKeyVerdict => {
  const mine = entries.filter(entry => entry.marker !== 'cert-authority' && matches(entry, host, port))
  const revoked = mine.find(({ marker, key }) => marker === 'revoked' && key === keyBase64)
  if (revoked) return { verdict: 'revoked', file: revoked.file, line: revoked.line }
  const sameType = mine.filter(({ marker, type }) => !marker && type === keyType)
  if (sameType.some(({ key }) => key === keyBase64)) return { verdict: 'known' }
  const other = sameType[0]
  return other ? { verdict: 'changed', file: other.file, line: other.line } : { verdict: 'unknown' }
}

/** The key types held for a host, in the order of the files: asked for first, a host shows a key that is known. */
export const knownKeyTypes = (entries: KnownHostsEntry[], host: string, port: number): string[] => [
  ...new Set(entries.filter(entry => !entry.marker && matches(entry, host, port)).map(({ type }) => type)),
]

/** The line that makes a host known, without its newline. */
export const knownHostsLine = (host: string, port: number, type: string, base64: string): string =>
  `${knownHostsName(host, port)} ${type} ${base64}`
