import { createHash, getHashes } from 'node:crypto'
import { shaCrypt } from '../../core/unix-crypt.ts'
import { type Callable, type Context, callable, callableIn } from '../callable.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { typeName, usable, type Value, ValueFault } from '../value.ts'
import { textOnly, wholeNumber } from './argument.ts'

/** Names as Python's `hashlib` has them, by those of OpenSSL. */
const NAMES: Record<string, string> = {
  blake2b: 'blake2b512',
  blake2s: 'blake2s256',
  sha3_224: 'sha3-224',
  sha3_256: 'sha3-256',
  sha3_384: 'sha3-384',
  sha3_512: 'sha3-512',
}

const digest = (value: Value, kind: string): string => {
  const name = NAMES[kind] ?? kind
  if (!getHashes().includes(name)) throw new ValueFault(`unsupported hash type ${kind}`)
  return createHash(name).update(str(value)).digest('hex')
}

const hash = (value: Value, kind: Value = 'sha1'): Value => digest(value, textOnly(kind))

/** Uuids that Ansible makes of texts lie in a space of its own. */
const SPACE = '361E6D51-FAEC-444A-9079-341386DA8E2E'

const toUuid = (value: Value, namespace: Value = SPACE): Value => {
  const space = textOnly(namespace).replace(/urn:|uuid:|[{}-]/g, '')
  if (!/^[\da-fA-F]{32}$/.test(space)) throw new ValueFault(`Invalid value '${textOnly(namespace)}' for 'namespace'`)
  const bytes = createHash('sha1').update(Buffer.from(space, 'hex')).update(str(value)).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

const CRYPTS: Record<string, 'sha256' | 'sha512'> = {
  sha256: 'sha256',
  sha512: 'sha512',
  sha256_crypt: 'sha256',
  sha512_crypt: 'sha512',
}
/** As many rounds as passlib takes where none are given: what Ansible writes, so that a hash stays the same. */
const ROUNDS = { sha256: 535000, sha512: 656000 }

const GRAINS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A salt that the controller draws, once a run. */
const drawnSalt = (context: Context, size: Value): string => {
  const length = truth(size) ? wholeNumber(size) : 16
  if (length < 1 || length > 16) throw new ValueFault('salt_size must be from 1 to 16')
  let left = context.ask('salt', controller => controller.chance())
  return Array.from({ length }, () => {
    const grain = GRAINS[Number(left % 64n)]
    left /= 64n
    return grain
  }).join('')
}

const passwordHash = (
  context: Context,
  value: Value,
  kind: Value = 'sha512',
  salt: Value = null,
  saltSize: Value = null,
  rounds: Value = null,
): Value => {
  const scheme = CRYPTS[textOnly(kind)]
  if (!scheme) throw new ValueFault(`The filter password_hash makes sha256 and sha512, not ${textOnly(kind)}.`)
  const [password, grain] = [
    usable(value),
    salt === null || usable(salt) === '' ? drawnSalt(context, saltSize) : textOnly(salt),
  ]
  if (typeof password !== 'string') throw new ValueFault(`secret must be unicode or bytes, not ${typeName(password)}`)
  if (!/^[./\dA-Za-z]{1,16}$/.test(grain)) throw new ValueFault(`invalid characters in the salt, or more than 16`)
  const turns = rounds === null ? ROUNDS[scheme] : wholeNumber(rounds)
  if (turns < 1000 || turns > 999_999_999) throw new ValueFault('rounds must be from 1000 to 999999999')
  return shaCrypt(password, { scheme, salt: grain, rounds: turns })
}

/** Filters that make fingerprints of texts. */
export const hashFilters: Record<string, Callable> = {
  hash: callable(['data', 'hashtype?'], hash),
  md5: callable(['data'], (value: Value) => digest(value, 'md5')),
  sha1: callable(['data'], (value: Value) => digest(value, 'sha1')),
  checksum: callable(['data'], (value: Value) => digest(value, 'sha1')),
  to_uuid: callable(['string', 'namespace?'], toUuid),
  password_hash: callableIn(['password', 'hashtype?', 'salt?', 'salt_size?', 'rounds?', 'ident?'], passwordHash),
}
