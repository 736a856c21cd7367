import { hash } from 'node:crypto'
import { md5Crypt, saltLetters, shaCrypt } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

// Lines `NAME:HASH` of the users of a web server, as passlib's HtpasswdFile reads and writes them.

export const schemes = ['apr_md5_crypt', 'md5_crypt', 'sha256_crypt', 'sha512_crypt', 'ldap_sha1', 'plaintext'] as const
export type Scheme = (typeof schemes)[number]

/** As many rounds as passlib takes. */
const ROUNDS = { sha256: 535_000, sha512: 656_000 }

/** A password as it stands in the file. */
export const passwordHash = (password: string, scheme: Scheme, salt: Buffer): string => {
  switch (scheme) {
    case 'apr_md5_crypt':
      return md5Crypt(password, '$apr1$', saltLetters(salt.subarray(0, 8)))
    case 'md5_crypt':
      return md5Crypt(password, '$1$', saltLetters(salt.subarray(0, 8)))
    case 'ldap_sha1':
      return `{SHA}${hash('sha1', password, 'base64')}`
    case 'plaintext':
      return password
    default: {
      const kind = scheme === 'sha256_crypt' ? 'sha256' : 'sha512'
      return shaCrypt(password, { scheme: kind, salt: saltLetters(salt.subarray(0, 16)), rounds: ROUNDS[kind] })
    }
  }
}

/** Whether a hash that is there is of a password. Undefined: nobody can tell here. */
const isHashOf = (password: string, there: string): boolean | undefined => {
  const [, ident, salt = ''] = /^(\$1\$|\$apr1\$)([^$]*)\$/.exec(there) ?? []
  if (ident) return md5Crypt(password, ident as '$1$' | '$apr1$', salt) === there
  const [, number, rounds = '5000', grain = ''] = /^\$([56])\$(?:rounds=(\d{4,9})\$)?([^$]*)\$/.exec(there) ?? []
  if (number) {
    const scheme = number === '5' ? 'sha256' : 'sha512'
    return shaCrypt(password, { scheme, salt: grain, rounds: Number(rounds) }) === there
  }
  if (there.startsWith('{SHA}')) return passwordHash(password, 'ldap_sha1', Buffer.alloc(0)) === there
  return /^\$2[abxy]?\$|^[./\dA-Za-z]{13}$/.test(there) && there !== password ? undefined : there === password
}

type Line = { text: string; name?: string; hash?: string }

/** Lines by their meaning; of two of one name the first counts, and empty ones go. Or the number of one that is wrong. */
const linesIn = (text: string): Line[] | { wrong: number } => {
  const lines: Line[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    if (line.trimStart().startsWith('#')) {
      lines.push({ text: `${line}\n` })
      continue
    }
    const [name, hash, ...more] = line.trimEnd().split(':')
    if (name === undefined || hash === undefined || more.length > 0) return { wrong: i + 1 }
    if (!lines.some(one => one.name === name)) lines.push({ text: `${line.trimEnd()}\n`, name, hash })
  }
  return lines
}

export type HtpasswdEdit = { name: string } & (
  | { state: 'absent' }
  | { state: 'present'; password: string; makeHash: () => string }
)

/** The text after the edit. Apart from empty lines, it is written anew only where something else is to be changed. */
export const editHtpasswd = (text: string, edit: HtpasswdEdit): string | Obstacle => {
  const lines = linesIn(text)
  if ('wrong' in lines)
    return { why: `its line ${lines.wrong} is not NAME:HASH`, fix: 'correct it, or name a file that is made for this' }
  const at = lines.findIndex(({ name }) => name === edit.name)
  const kept = text.replace(/^[ \t\r]*\n/gm, '')
  if (edit.state === 'absent') return at < 0 ? kept : textOf(lines.toSpliced(at, 1))
  const isIt = at < 0 ? false : isHashOf(edit.password, lines[at]!.hash!)
  if (isIt === undefined)
    return {
      why: `the hash of ${edit.name} is of a kind that runbook cannot compare a password with (bcrypt or DES)`,
      fix: 'take the line out first, in a task with state: absent, and choose one of the hash_schemes that there are',
    }
  if (isIt) return kept
  const line = { text: `${edit.name}:${edit.makeHash()}\n` }
  return textOf(at < 0 ? [...lines, line] : lines.with(at, line))
}

const textOf = (lines: Line[]): string => lines.map(line => line.text).join('')
