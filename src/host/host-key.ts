import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Failure } from '../core/failure.ts'
import { quote, quoted } from '../core/quote.ts'
import type { Target } from '../settings/target.ts'
import { checkHostKey, type KnownHostsEntry, knownHostsLine, knownHostsName, parseKnownHosts } from './known-hosts.ts'

/** All entries of these files, in their order. A file that is not there, or may not be read, holds none: as in ssh. */
export const readKnownHosts = async (files: string[]): Promise<KnownHostsEntry[]> => {
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')))
  return texts.flatMap((text, index) => parseKnownHosts(text, files[index]!).entries)
}

/** The type that a public key names itself by: its first string (RFC 4253, section 6.6). */
const typeOf = (key: Buffer): string => {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0
  return key.toString('latin1', 4, 4 + length)
}

/** As ssh prints it, and `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host itself. */
const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/**
 * The failure when a host that has shown this key cannot be trusted; undefined if its key is known.
 * `host-key-unknown` names the exact line to add, `host-key-changed` the line that holds another key (or revokes this
 * one). It is synchronous on purpose: ssh2 takes the promise of an async verifier for a yes.
 */
export const hostKeyFailure = (target: Target, entries: KnownHostsEntry[], key: Buffer): Failure | undefined => {
  const { name, host, port } = target
  const type = typeOf(key)
  const base64 = key.toString('base64')
  const shown = `${type} ${fingerprint(key)}`
  const judgement = checkHostKey(entries, host, port, type, base64)
  if (judgement.verdict === 'known') return undefined
  if (judgement.verdict === 'unknown') {
    return {
      reason: 'host-key-unknown',
      what: `the host key of ${name} (${host}) is not known`,
      why: `it showed ${shown}; there is no ${type} key for it in ${target.knownHosts.join(' or ')}`,
      fix: `if that is its fingerprint, add this line to ${target.knownHosts[0]}:\n${knownHostsLine(host, port, type, base64)}`,
    }
  }
  const place = `${judgement.file}:${judgement.line}`
  const revoked = judgement.verdict === 'revoked'
  return {
    reason: 'host-key-changed',
    what: revoked
      ? `the host key of ${name} (${host}) is revoked`
      : `the host key of ${name} (${host}) is not the one that is known`,
    why: revoked ? `it showed ${shown}, which ${place} revokes` : `it showed ${shown}; ${place} holds another key`,
    fix: revoked
      ? `give the host a new key; do not trust this one`
      : [
          'somebody may be in between. If the host was really set up anew, and `ssh-keygen -lf` of its key shows this',
          'fingerprint on its console, forget the old key and take in the new one:',
          quoted(['ssh-keygen', '-f', judgement.file, '-R', knownHostsName(host, port)]),
          `echo ${quote(knownHostsLine(host, port, type, base64))} >>${quote(judgement.file)}`,
        ].join('\n'),
    origin: { file: judgement.file, line: judgement.line, column: 1 },
  }
}
