import { createHash, createHmac } from 'node:crypto'
import { isUnknown } from './unknown.ts'
import { SealedText } from './vault-file.ts'

/** JSON as it is read from files and passed between rooms. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null &&
  typeof value === 'object' &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof SealedText) &&
  !isUnknown(value)

/** Equality of data: the order of keys does not count, the order of lists does; contents are equal by digest. */
export const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => same(x, b[i]))
  if (!isRecord(a) || !isRecord(b)) return false
  if (typeof a.digest === 'string' && typeof b.digest === 'string') return a.digest === b.digest
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => key in b && same(a[key], b[key]))
}

/** The member of a tree at `a.b.c`; undefined where the path leaves the tree. */
export const memberAt = (tree: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), tree)

/** A copy of the tree with the member at `a.b.c` set; missing levels are made. */
export const withMember = (tree: unknown, path: string, value: unknown): Record<string, unknown> => {
  const [head, ...rest] = path.split('.') as [string, ...string[]]
  const base = isRecord(tree) ? tree : {}
  return { ...base, [head]: rest.length === 0 ? value : withMember(base[head], rest.join('.'), value) }
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
/** A digest that Ansible tells of files; it proves nothing. */
export const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

/** A digest (HMAC-SHA256, hex) that nobody can make or guess from without the key. */
export const keyedDigest = (key: Buffer, bytes: Uint8Array | string): string =>
  createHmac('sha256', key).update(bytes).digest('hex')

/** A file, on the controller or on the host in question. */
type FilePlace = { side: 'controller' | 'host'; path: string }
/**
 * Bytes with their digest: in plans the digest stands for them, the bytes stay in memory. `at`: the file they were read
 * from, where more can be asked about them.
 */
export type Content = { digest: string; size: number; bytes: Buffer; secret?: true; at?: FilePlace }
export const content = (text: string | Buffer): Content => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return { digest: sha256(bytes), size: bytes.length, bytes }
}
export const secretContent = (text: string): Content => ({ ...content(text), secret: true })
