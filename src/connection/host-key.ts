import type { Failure } from '../core/failure.ts'
import { quote, quoted } from '../core/quote.ts'
import type { Hop } from '../settings/target.ts'
import { isOfferedType } from './algorithms.ts'
import {
  type HostKeyPlace,
  hostKeyName,
  type KnownHosts,
  type KnownHostsEntry,
  knownHostsLine,
  portlessName,
} from './known-hosts.ts'
import { fingerprintOf } from './public-key.ts'

/** A key that an ssh server has shown. `key` is its base64. */
export type ShownKey = { type: string; key: string }

/**
 * What the files say of a key. `other`: it is known by something that cannot be asked for here, a certificate authority or
 * a type of key that ssh2 does not have.
 */
export type HostKeyVerdict =
  | { is: 'known' }
  | { is: 'unknown' }
  | { is: 'changed' | 'revoked' | 'other'; entry: KnownHostsEntry }

const entriesOf = (files: KnownHosts[], name: string | undefined): KnownHostsEntry[] =>
  name === undefined ? [] : files.flatMap(file => file.find(name))

const plain = (entries: KnownHostsEntry[]): KnownHostsEntry[] => entries.filter(({ marker }) => !marker)

/**
 * Judges a key as ssh does (sshconnect.c, check_host_key). A host may have several keys: one that fits is enough, and where
 * none does, any that is known makes it changed, whatever its type. A key that is known for the host without its port is
 * known too, another one there says nothing. A revoked key stays revoked whatever else is written.
 */
export const judgeHostKey = (files: KnownHosts[], place: HostKeyPlace, { type, key }: ShownKey): HostKeyVerdict => {
  const mine = entriesOf(files, hostKeyName(place))
  const portless = entriesOf(files, portlessName(place))
  const revoked = [...mine, ...portless].find(entry => entry.marker === 'revoked' && entry.key === key)
  if (revoked) return { is: 'revoked', entry: revoked }
  if (plain([...mine, ...portless]).some(entry => entry.key === key)) return { is: 'known' }
  const others = plain(mine).filter(entry => isOfferedType(entry.type))
  const changed = others.find(entry => entry.type === type) ?? others[0]
  if (changed) return { is: 'changed', entry: changed }
  const other = plain(mine)[0] ?? [...mine, ...portless].find(({ marker }) => marker === 'cert-authority')
  return other ? { is: 'other', entry: other } : { is: 'unknown' }
}

/** The types of key that are known of a host, in the order of the files: asked for first, a host shows a key that is known. */
export const knownKeyTypes = (files: KnownHosts[], place: HostKeyPlace): string[] => {
  const entries = [hostKeyName(place), portlessName(place)].flatMap(name => plain(entriesOf(files, name)))
  return [...new Set(entries.map(({ type }) => type))]
}

/** Any server on the way, with the name that people have for it. */
export type NamedHop = Hop & { name: string }

const called = ({ name, host, port }: NamedHop): string => {
  const address = port === 22 ? host : `${host} port ${port}`
  return name === host && port === 22 ? name : `${name} (${address})`
}

const withPrint = ({ type, key }: ShownKey): string => `${type} ${fingerprintOf(Buffer.from(key, 'base64'))}`
const placeOf = ({ file, line }: KnownHostsEntry): string => (line === 0 ? file : `${file}:${line}`)

const unknownFailure = (hop: NamedHop, shown: ShownKey): Failure => ({
  reason: 'host-key-unknown',
  what: `the host key of ${called(hop)} is not known`,
  why: `it showed ${withPrint(shown)}; there is no key for ${hostKeyName(hop)} in ${hop.knownHosts.join(' or ')}`,
  fix: `if that is its fingerprint, add this line to ${hop.knownHosts[0]}:\n${knownHostsLine(hop, shown)}`,
})

const otherFailure = (hop: NamedHop, shown: ShownKey, entry: KnownHostsEntry): Failure => {
  const isAuthority = entry.marker === 'cert-authority'
  return {
    reason: 'host-key-unknown',
    what: `the host key of ${called(hop)} cannot be checked: ${isAuthority ? 'it is known by a certificate authority' : `it is known by a key of type ${entry.type}`}`,
    why: `${placeOf(entry)} says so; the connections that runbook makes by itself have no ${isAuthority ? 'certificates' : 'keys of that type'}. It showed ${withPrint(shown)}`,
    fix: `let the ssh program make the connection: ansible_connection: openssh. Or, if that is its fingerprint, add this line to ${hop.knownHosts[0]}:\n${knownHostsLine(hop, shown)}`,
  }
}

const changedFailure = (hop: NamedHop, shown: ShownKey, entry: KnownHostsEntry): Failure => {
  const keygen = ['ssh-keygen', '-f', entry.file, '-R', hostKeyName(hop)]
  return {
    reason: 'host-key-changed',
    what: `the host key of ${called(hop)} is not the one that is known`,
    why: [
      `known: ${withPrint(entry)}, in ${placeOf(entry)}`,
      `shown: ${withPrint(shown)}`,
      'it was set up anew, or another machine has its address now, or somebody is in between',
    ].join('\n'),
    fix: [
      'do not go on until you know which. `for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done` on its own console',
      'shows its fingerprints; if the shown one is among them, forget the old key and put the new one in its place:',
      quoted(keygen),
      `echo ${quote(knownHostsLine(hop, shown))} >>${quote(entry.file)}`,
    ].join('\n'),
    ...(entry.line > 0 && { origin: { file: entry.file, line: entry.line, column: 1 } }),
  }
}

const revokedFailure = (hop: NamedHop, shown: ShownKey, entry: KnownHostsEntry): Failure => ({
  reason: 'host-key-changed',
  what: `the host key of ${called(hop)} is revoked`,
  why: `it showed ${withPrint(shown)}, which ${placeOf(entry)} revokes: whoever has stolen it can pass for this host`,
  fix: 'do not trust it; give the host a new key on its own console: rm /etc/ssh/ssh_host_*; ssh-keygen -A; then restart sshd',
  origin: { file: entry.file, line: entry.line, column: 1 },
})

/** The failure of a host whose key is judged so; undefined if it is known. `host-key-unknown` or `host-key-changed`. */
export const hostKeyFailure = (hop: NamedHop, shown: ShownKey, judged: HostKeyVerdict): Failure | undefined => {
  if (judged.is === 'known') return undefined
  if (judged.is === 'unknown') return unknownFailure(hop, shown)
  const failure = { changed: changedFailure, revoked: revokedFailure, other: otherFailure }[judged.is]
  return failure(hop, shown, judged.entry)
}

/** What is asked, or told, of several new keys: a line for each, by name, since they come in any order. */
export const newKeyLines = (keys: { hop: NamedHop; shown: ShownKey }[]): string[] => [
  ...new Set(
    keys
      .toSorted((a, b) => a.hop.name.localeCompare(b.hop.name, 'en', { numeric: true }))
      .map(({ hop, shown }) => `${called(hop)}  ${withPrint(shown)}`),
  ),
]
