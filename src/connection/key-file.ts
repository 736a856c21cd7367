import { createPrivateKey } from 'node:crypto'
import { FileFault, isOutOfFiles, readControllerFile, textIfReadable } from '../core/controller-file.ts'
import { LONGEST_KEY } from '../settings/ssh-hop.ts'
import { library, type ParsedKey } from './ssh-library.ts'

/**
 * What stands in a key file, as far as it can be told without opening it. `blob` is the public key where the file tells
 * it, or the one beside it (`.pub`). `locked`: it is encrypted.
 */
export type KeyFile = { path: string; blob?: Buffer } & (
  | { is: 'private'; bytes: Buffer; locked: boolean }
  | { is: 'public'; blob: Buffer }
  | { is: 'unusable'; why: string }
  | { is: 'missing' }
)

const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END/
const PUBLIC = /^(?:ssh|ecdsa|sk)-\S+\s+([A-Za-z0-9+/]+=*)(?:\s|$)/
const MAGIC = 'openssh-key-v1\0'

/** Cipher and public key of OpenSSH's own format (PROTOCOL.key): neither is encrypted. */
const opensshHead = (base64: string): { cipher: string; blob: Buffer } | undefined => {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  let at = MAGIC.length
  const next = (): Buffer => {
    const from = at + 4
    at = from + bytes.readUInt32BE(at)
    return bytes.subarray(from, at)
  }
  try {
    const cipher = next().toString()
    next()
    next()
    at += 4
    return { cipher, blob: next() }
  } catch {
    return undefined
  }
}

const publicBlob = (text: string): Buffer | undefined => {
  const base64 = PUBLIC.exec(text.trim())?.[1]
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64')
}

const parse = (path: string, bytes: Buffer): KeyFile => {
  const text = bytes.toString('latin1')
  const own = OPENSSH.exec(text)?.[1]
  const head = own === undefined ? undefined : opensshHead(own)
  if (head) return { path, is: 'private', bytes, locked: head.cipher !== 'none', blob: head.blob }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----|^PuTTY-User-Key-File-/m.test(text)) {
    // PEM by OpenSSL (in either of its ways) and PuTTY's.
    const locked = /^Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY|^Encryption: (?!none)/m.test(text)
    return { path, is: 'private', bytes, locked }
  }
  const blob = publicBlob(text)
  if (blob) return { path, is: 'public', blob }
  return { path, is: 'unusable', why: 'it holds no private key that is understood' }
}

const besides = (path: string): Buffer | undefined => publicBlob(textIfReadable(`${path}.pub`) ?? '')

/** Reads a key file. The public key beside it is looked for only where the file itself is closed or not there. */
export const readKeyFile = async (path: string): Promise<KeyFile> => {
  try {
    const file = parse(path, readControllerFile(path, LONGEST_KEY))
    if (file.is !== 'private' || !file.locked || file.blob) return file
    const blob = besides(path)
    return blob ? { ...file, blob } : file
  } catch (error) {
    // That says nothing of the key: whoever connects tells what it is.
    if (!(error instanceof FileFault) || isOutOfFiles(error)) throw error
    const blob = besides(path)
    if (blob) return { path, is: 'public', blob }
    if (error.code === 'ENOENT') return { path, is: 'missing' }
    return { path, is: 'unusable', why: `it ${error.told}` }
  }
}

/**
 * Keys that were opened, by path and passphrase, with the bytes they were opened from: what a passphrase costs (bcrypt by
 * ssh-keygen's default takes 0.3 s of one core) is paid once for all hosts.
 */
const opened = new Map<string, { bytes: Buffer; key: ParsedKey }>()

/** PKCS#8, which the library does not read: as what it reads. Only RSA and ECDSA keys have another way of being written. */
const rewritten = (bytes: Buffer, passphrase?: string): Buffer => {
  if (!/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(bytes.toString('latin1'))) return bytes
  const key = createPrivateKey({ key: bytes, ...(passphrase === undefined ? {} : { passphrase }) })
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec') return bytes
  return Buffer.from(key.export({ type: key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1', format: 'pem' }))
}

const parsed = (bytes: Buffer, passphrase?: string): ParsedKey | Error => {
  try {
    // An OpenSSH file comes as a list of its one key, whatever the types say.
    return [library().parseKey(rewritten(bytes, passphrase), passphrase)].flat()[0] as ParsedKey | Error
  } catch (error) {
    return error as Error
  }
}

/** Why a key that a token signs with cannot be used. */
export const ON_TOKEN = 'it is a key on a token, which only the ssh program can use'

/** The key of a private key file that was read, or in words why it cannot be used. */
export const openKeyFile = (file: KeyFile & { is: 'private' }, passphrase?: string): ParsedKey | string => {
  const { path, bytes, locked } = file
  if (file.blob && /^sk-/.test(file.blob.toString('latin1', 4, 4 + file.blob.readUInt32BE(0)))) return ON_TOKEN
  if (locked && passphrase === undefined) return 'it is encrypted with a passphrase'
  const place = `${path}\0${locked ? passphrase : ''}`
  const known = opened.get(place)
  if (known?.bytes.equals(bytes)) return known.key
  const key = parsed(bytes, locked ? passphrase : undefined)
  if (key instanceof Error)
    return locked && !/unsupported/i.test(key.message)
      ? 'the passphrase does not open it'
      : 'it holds no private key that is understood'
  opened.set(place, { bytes, key })
  return key
}
