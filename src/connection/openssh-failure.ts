import type { Failure } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { connectFailure } from './connection-errors.ts'
import { sshCommand } from './login.ts'

const PROGRESS = /^(debug\d: |Authenticated to |Transferred: sent |Bytes per second: sent )/

/** What ssh has logged, without what it tells of its progress. */
export const plainWords = (log: string): string[] =>
  log.split(/\r?\n/).filter(line => line.trim() !== '' && !PROGRESS.test(line))

/** The words of ssh that mean what a socket's error means. */
const ERRORS: [words: RegExp, code: string][] = [
  [/Could not resolve hostname .*(Name or service not known|not known|No address associated)/, 'ENOTFOUND'],
  [/Could not resolve hostname .*(Temporary failure|try again)/i, 'EAI_AGAIN'],
  [/^ssh: connect to .*: Connection refused/, 'ECONNREFUSED'],
  [/^ssh: connect to .*: No route to host/, 'EHOSTUNREACH'],
  [/^ssh: connect to .*: Network is unreachable/, 'ENETUNREACH'],
  [/^ssh: connect to .*: (Connection|Operation) timed out/, 'ETIMEDOUT'],
]

/** The host key that was shown, `TYPE SHA256:...`. */
const shownKey = (log: string): string => /^debug1: Server host key: (.*?)\r?$/m.exec(log)?.[1] ?? 'a key'

const byHand = (target: Target): string => sshCommand('ssh', target)

const unknownKey = (target: Target, log: string, words: string[]): Failure => ({
  reason: 'host-key-unknown',
  what: `the host key of ${target.name} (${target.host}) is not known`,
  why: [`it showed ${shownKey(log)}`, ...words].join('\n'),
  fix: `if that is its fingerprint, \`${byHand(target)}\` on a terminal takes it in; to take in every new one set ansible_host_key_checking: accept-new`,
})

const changedKey = (target: Target, log: string, words: string[]): Failure => {
  const [, file = '', line = ''] =
    /^(?:Offending .* key|Matching host key|Add correct .*) in (.*):(\d+)$/m.exec(words.join('\n')) ?? []
  const isRevoked = words.some(word => /REVOKED|marked as revoked/.test(word))
  const name = target.port === 22 ? target.host : `[${target.host}]:${target.port}`
  return {
    reason: 'host-key-changed',
    what: isRevoked
      ? `the host key of ${target.name} (${target.host}) is revoked`
      : `the host key of ${target.name} (${target.host}) is not the one that is known`,
    why: `it showed ${shownKey(log)}${file ? `; ${file}:${line} ${isRevoked ? 'revokes it' : 'holds another key'}` : ''}`,
    fix: isRevoked
      ? 'give the host a new key; do not trust this one'
      : `somebody may be in between. If the host was really set up anew, and \`ssh-keygen -lf\` of its key shows this fingerprint on its console, forget the old key: ssh-keygen ${file ? `-f ${file} ` : ''}-R '${name}'`,
    ...(file ? { origin: { file, line: Number(line), column: 1 } } : {}),
  }
}

const loginFailure = (target: Target, log: string, words: string[]): Failure => {
  const offered = [...log.matchAll(/^debug1: Offering public key: (.*?)\r?$/gm)].map(([, key]) => key!)
  return {
    reason: 'host-login',
    what: `${target.name} does not let ${target.user} in`,
    why: [offered.length > 0 ? `tried ${offered.join(', then ')}` : 'ssh had no key to offer', ...words].join('\n'),
    fix: `\`${byHand(target)}\` on a terminal shows what it asks for; let the key in, or set ansible_user or ansible_ssh_private_key_file`,
  }
}

export const passwordRefused = (target: Target): Failure => ({
  reason: 'host-login',
  what: `${target.name} does not take the password of ${target.user}`,
  why: 'it asked for it once more',
  fix: `try it by hand: \`${byHand(target)}\`; then give the right one: --ask-pass (-k), --connection-password-file FILE, or ansible_password. It is sent once, for accounts lock`,
})

/**
 * Why ssh did not log in, from its own words in the language C: what it has logged (`log`), and what else was printed
 * (`stderr`): the host's banner, and what programs on the way say.
 */
export const opensshFailure = (target: Target, log: string, stderr: string): Failure => {
  const words = [...plainWords(stderr), ...plainWords(log)]
  const said = (pattern: RegExp): boolean => words.some(word => pattern.test(word))
  const last = words.slice(-3)
  if (said(/IDENTIFICATION HAS CHANGED|REVOKED HOST KEY|marked as revoked/)) return changedKey(target, log, words)
  if (said(/host key is known for .* you have requested strict checking|Host key verification failed/))
    return unknownKey(target, log, last)
  if (said(/Permission denied|Too many authentication failures|No more authentication methods/))
    return loginFailure(target, log, last)
  const [, code] = ERRORS.find(([pattern]) => said(pattern)) ?? []
  if (code) return connectFailure(target, Object.assign(new Error(), { code }))
  if (said(/timed out/)) return connectFailure(target, Object.assign(new Error(), { level: 'client-timeout' }))
  if (said(/Unable to negotiate/)) {
    const offer = words.find(word => /Unable to negotiate/.test(word))!.replace(/^.*?: no matching/, 'no matching')
    return connectFailure(target, new Error(offer))
  }
  const before = plainWords(stderr).length === 0 && /kex_exchange_identification|banner exchange/.test(log)
  return connectFailure(target, new Error(before ? 'Connection lost before handshake' : last.join('\n') || 'ssh ended'))
}

/** Why a connection that had been made is gone, by the last that ssh has logged of it; undefined if it has not. */
export const opensshEnd = (log: string): string | undefined => {
  const word = plainWords(log).at(-1)
  if (word === undefined) return undefined
  if (/not responding/.test(word)) return 'the host did not answer for 45 seconds'
  if (/closed by remote host/.test(word)) return 'the host closed the connection'
  return /reset by peer|Broken pipe/.test(word) ? 'the host cut the connection' : word
}

export const noOpenssh = ({ name }: Target, why: string): Failure => ({
  reason: 'host-unreachable',
  what: `${name} is to be reached by the ssh program, which cannot be started here`,
  why,
  fix: 'install it on this machine (apt install openssh-client), or leave ansible_connection: openssh out',
})
