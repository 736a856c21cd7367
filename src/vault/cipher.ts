import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type { Origin } from '../core/failure.ts'
import { refuseDamaged } from './envelope.ts'

// AES256 of vaults: AES-256-CTR under keys that PBKDF2 makes of password and salt, and an HMAC-SHA256 over what comes out.
// The text is filled up to whole blocks as if each block stood for itself (PKCS #7), which CTR would not need; the digits
// are written out as hex twice. Both belong to the format.

const ROUNDS = 10_000
const KEY = 32
const BLOCK = 16

type Keys = { key: Buffer; macKey: Buffer; counter: Buffer }

const keysOf = (password: Buffer, salt: Buffer): Keys => {
  const derived = pbkdf2Sync(password, salt, ROUNDS, 2 * KEY + BLOCK, 'sha256')
  return { key: derived.subarray(0, KEY), macKey: derived.subarray(KEY, 2 * KEY), counter: derived.subarray(2 * KEY) }
}

const macOf = (macKey: Buffer, sealed: Buffer): Buffer => createHmac('sha256', macKey).update(sealed).digest()

/** The digits of a vault that holds `plain`. The same salt, password and text give the same digits. */
export const seal = (plain: Buffer, password: Buffer, salt: Buffer): string => {
  const { key, macKey, counter } = keysOf(password, salt)
  const fill = BLOCK - (plain.length % BLOCK)
  const cipher = createCipheriv('aes-256-ctr', key, counter)
  const sealed = Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(fill, fill)), cipher.final()])
  const parts = [salt, macOf(macKey, sealed), sealed].map(part => part.toString('hex'))
  return Buffer.from(parts.join('\n')).toString('hex')
}

/** What the digits of a vault are made of. */
export type Sealed = { salt: Buffer; mac: Buffer; sealed: Buffer }

const fromHex = (text: string, what: string, origin: Origin): Buffer =>
  text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text)
    ? Buffer.from(text, 'hex')
    : refuseDamaged(origin, `${what} is cut off, or changed: it is no row of pairs of hex digits.`)

/** Takes the digits of a vault apart. @throws Refusal `usage-vault` where they are none. */
export const parseDigits = (digits: string, origin: Origin): Sealed => {
  const inner = fromHex(digits, 'What stands behind its header', origin).toString('latin1')
  const [salt, mac, ...rest] = inner.split('\n')
  if (salt === undefined || mac === undefined || rest.length === 0)
    return refuseDamaged(origin, 'A part of it is missing: it has a salt, a digest and what is encrypted.')
  return {
    salt: fromHex(salt, 'Its salt', origin),
    mac: fromHex(mac, 'Its digest', origin),
    sealed: fromHex(rest.join('\n'), 'What it holds', origin),
  }
}

/**
 * What a vault holds, by one password; undefined where that is not the one it was made with, or anything in it was changed:
 * the digest tells no difference.
 */
export const unseal = ({ salt, mac, sealed }: Sealed, password: Buffer, origin: Origin): Buffer | undefined => {
  const { key, macKey, counter } = keysOf(password, salt)
  const expected = macOf(macKey, sealed)
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined
  const cipher = createDecipheriv('aes-256-ctr', key, counter)
  const filled = Buffer.concat([cipher.update(sealed), cipher.final()])
  const fill = filled.at(-1) ?? 0
  const isWhole = filled.length % BLOCK === 0 && fill > 0 && fill <= BLOCK
  if (!isWhole || filled.subarray(-fill).some(byte => byte !== fill))
    return refuseDamaged(origin, 'Its password is right, but what it holds does not end as it should.')
  return filled.subarray(0, -fill)
}
