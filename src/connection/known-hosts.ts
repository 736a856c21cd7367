import { createHmac, randomBytes } from 'node:crypto'
import { matchesGlob } from '../core/ending-pattern.ts'
import { splitKeyText } from './public-key.ts'

/** One line of a known_hosts file that counts for a name. `type` is what the key names itself by, `key` its base64. */
export type KnownHostsEntry = {
  file: string
  line: number
  marker?: 'revoked' | 'cert-authority'
  type: string
  key: string
}

/** A known_hosts file that has been read. */
export type KnownHosts = {
  /** The lines for a name as `hostKeyNames` gives it, in their order. Lines that ssh goes past are left out. */
  find(name: string): KnownHostsEntry[]
  /** Its last line hides whose it is: whoever has written it (`HashKnownHosts`, as on Debian) wishes that for the next one too. */
  readonly isHashed: boolean
}

/** A line before its key is looked at: most lines of a file are of other hosts. */
type Line = { line: number; marker: KnownHostsEntry['marker']; hosts: string; rest: string }

const DEFAULT_PORT = 22
/** The longest marker and the longest pattern that ssh takes in. */
const LONGEST_MARKER = 31
const LONGEST_PATTERN = 1022
const MARKERS: Record<string, KnownHostsEntry['marker']> = {
  '@revoked': 'revoked',
  '@cert-authority': 'cert-authority',
}

/**
 * A line's marker and what follows. ssh ends a marker at the first blank of the line, and only where there is none at
 * the first tab; it takes one marker and no other. Undefined where it would go past the line.
 */
const pastMarker = (text: string): { marker: KnownHostsEntry['marker']; rest: string } | undefined => {
  if (!text.startsWith('@')) return { marker: undefined, rest: text }
  const blank = text.indexOf(' ')
  const end = blank < 0 ? text.indexOf('\t') : blank
  const marker = end > LONGEST_MARKER ? undefined : MARKERS[text.slice(0, Math.max(end, 0))]
  const rest = text.slice(end).replace(/^[ \t]+/, '')
  return marker === undefined || rest.startsWith('@') ? undefined : { marker, rest }
}

const parseLine = (written: string, line: number): Line | undefined => {
  // The C string that ssh sees ends at a zero byte.
  const text = written.split('\0', 1)[0]!.replace(/^[ \t]+/, '')
  if (text === '' || text.startsWith('#')) return undefined
  const found = pastMarker(text)
  if (!found) return undefined
  const [, hosts = '', rest = ''] = /^([^ \t]*)[ \t]*(.*)$/s.exec(found.rest) ?? []
  return { line, marker: found.marker, hosts, rest }
}

const lowered = (text: string): string => text.replace(/[A-Z]+/g, letters => letters.toLowerCase())

/** ssh compares bytes: what is not ASCII is as many letters as it has bytes, and has no other case. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')

/** Patterns separated by commas; one that begins with `!` and matches takes the whole line out. */
const matchesPatterns = (hosts: string, name: string): boolean => {
  let matched = false
  for (const written of hosts.split(',')) {
    const isNegated = written.startsWith('!')
    const pattern = lowered(isNegated ? written.slice(1) : written)
    if (pattern.length > LONGEST_PATTERN) return false
    if (!matchesGlob(pattern, name)) continue
    if (isNegated) return false
    matched = true
  }
  return matched
}

const SHA1_BYTES = 20
const hashedName = (name: string, salt: Buffer): string => {
  const hash = createHmac('sha1', salt).update(Buffer.from(name, 'latin1')).digest('base64')
  return `|1|${salt.toString('base64')}|${hash}`
}

/** A hashed name, `|1|SALT|HMAC`: HMAC-SHA1 of exactly one name, `[host]:port` form included. */
const matchesHash = (hosts: string, name: string): boolean => {
  const salt = Buffer.from(/^\|1\|([^|]+)\|/.exec(hosts)?.[1] ?? '', 'base64')
  return salt.length === SHA1_BYTES && hashedName(name, salt) === hosts
}

/** Whether a host field is nothing but plain names: these are found without looking at every line. */
const isPlain = (hosts: string): boolean => !/[*?!|]/.test(hosts) && hosts.length <= LONGEST_PATTERN

/**
 * Reads a known_hosts file (format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) as OpenSSH's hostfile.c does: lines that it goes
 * past are gone past here, and a test judges that by `ssh-keygen -F` over generated files. `text` is the file in latin1, since its
 * names are compared as bytes.
 */
export const parseKnownHosts = (text: string, file: string): KnownHosts => {
  const lines = text.split('\n').flatMap((line, at) => parseLine(line, at + 1) ?? [])
  const byName = new Map<string, Line[]>()
  const others: Line[] = []
  for (const line of lines) {
    if (!isPlain(line.hosts)) others.push(line)
    else
      for (const name of new Set(lowered(line.hosts).split(','))) {
        const same = byName.get(name)
        if (same) same.push(line)
        else byName.set(name, [line])
      }
  }
  const isOf = ({ hosts }: Line, name: string): boolean =>
    hosts.startsWith('|') ? matchesHash(hosts, name) : matchesPatterns(hosts, lowered(name))
  const search = (name: string): KnownHostsEntry[] => {
    const bytes = bytesOf(name)
    const mine = [...(byName.get(lowered(bytes)) ?? []), ...others.filter(line => isOf(line, bytes))]
    return mine
      .sort((a, b) => a.line - b.line)
      .flatMap(({ line, marker, rest }) => {
        const key = splitKeyText(rest)
        return key ? [{ file, line, ...(marker && { marker }), ...key }] : []
      })
  }
  // A connection asks several times: over 1,000 hashed lines each answer costs 3.7 ms.
  const found = new Map<string, KnownHostsEntry[]>()
  return {
    isHashed: lines.at(-1)?.hosts.startsWith('|') === true,
    find: name => {
      const entries = found.get(name) ?? search(name)
      found.set(name, entries)
      return entries
    },
  }
}

/** Where a host's key stands in known_hosts: `alias` in place of all else (`HostKeyAlias`). */
export type HostKeyPlace = { host: string; port: number; keyAlias?: string }

/** The name that a host's key is written under: the port shows only when it is not 22. */
export const hostKeyName = ({ host, port, keyAlias }: HostKeyPlace): string => {
  if (keyAlias !== undefined) return keyAlias
  const name = lowered(host)
  return port === DEFAULT_PORT ? name : `[${name}]:${port}`
}

/** The name without its port, under which ssh takes a key too; undefined where that is the same. */
export const portlessName = ({ host, port, keyAlias }: HostKeyPlace): string | undefined =>
  keyAlias !== undefined || port === DEFAULT_PORT ? undefined : lowered(host)

/** The line that makes a host known, without its newline. A hashed name tells nobody who reads the file where it leads. */
export const knownHostsLine = (
  place: HostKeyPlace & { hashesNames?: true },
  { type, key }: { type: string; key: string },
): string => {
  const name = hostKeyName(place)
  const shown = place.hashesNames ? hashedName(bytesOf(name), randomBytes(SHA1_BYTES)) : lowered(name)
  return `${shown} ${type} ${key}`
}
